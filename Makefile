# Every target sets up what is missing first; `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

READY := .venv/.ready
PY := .venv/bin/python
REQUIREMENTS := $(wildcard deploy/requirements/*.txt) deploy/requirements/install.sh

# make demo DATA=a.ndjson.gz,b.ndjson.gz DEPLOYMENT=cloud|cloud-scoped|datacenter ISSUES=2000 LATENCY_MS=30
DEPLOYMENT ?= cloud
ISSUES ?= 500
PROJECTS ?= 2
LATENCY_MS ?= 0
WITH_SIMULATOR ?= 1
# make chaos ROUNDS=200 SEED=7 FIRST=41 ISSUES=3000
ROUNDS ?= 20
SEED ?=
FIRST ?= 0
# Test processes side by side, each with servers of its own: half of a test's time is waiting, on two cores.
WORKERS ?= 2
# Modules are compiled once and not at every start of a process, whatever this machine says.
PYTHONDONTWRITEBYTECODE :=
export DATA DEPLOYMENT ISSUES PROJECTS LATENCY_MS ATTACHMENT_MAX_BYTES WITH_SIMULATOR ROUNDS SEED FIRST ONLY WORKERS PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo up test check unit chaos bench docs lock format clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

setup: $(READY) ## virtual environment with the pinned dependencies

$(READY): $(REQUIREMENTS)
	@bash deploy/requirements/install.sh
	@touch $@

demo: $(READY) ## one import of generated or real issues, end to end, with a closing account
	@$(PY) -m deploy.embedded demo

up: $(READY) ## the same stack, kept running until Ctrl-C; its addresses are in .run/stack.json
	@$(PY) -m deploy.embedded up

test: check ## everything: format, lint, types, import rules, and every test
	@bash deploy/prometheus/promtool.sh
	@$(PY) -m pytest -n $(WORKERS) --dist loadfile --maxfail 10

check: $(READY) ## format, lint, types and import rules; needs no server
	@.venv/bin/ruff format --check --quiet --output-format concise .
	@.venv/bin/ruff check --quiet .
	@$(PY) -m mypy
	@.venv/bin/lint-imports
	@.venv/bin/deptry .

unit: $(READY) ## the tests that need no server
	@$(PY) -m pytest tests/unit tests/contract

chaos: ISSUES = 3000
chaos: $(READY) ## imports amid kills, pauses and cut networks; compares each with an undisturbed one
	@$(PY) -m tests.chaos

bench: $(READY) ## measures; prints ratios and fails on nothing; ONLY="huge" or "cloud ac": these only
	@$(PY) -m tests.bench $(ONLY)

docs: $(READY) ## writes OpenAPI, AsyncAPI and the README's table of settings anew
	@$(PY) -m deploy.api
	@$(PY) -m deploy.docs

lock: $(READY) ## compiles deploy/requirements/*.in anew
	@cd deploy/requirements && compile() { ../../.venv/bin/uv pip compile --quiet --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
		--custom-compile-command 'make lock' $$1.in -o $$1.txt "$${@:2}"; } && \
	compile uv && compile runtime && compile embedded -c runtime.txt && compile dev -c runtime.txt -c embedded.txt

format: $(READY) ## puts the sources into the one format
	@.venv/bin/ruff check --quiet --fix-only . ; .venv/bin/ruff format --quiet .

clean: ## removes the virtual environment, logs and caches of this checkout
	@rm -rf .venv .run .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
