# Every target sets up what is missing first; `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

REQUIREMENTS := $(wildcard deploy/requirements/*.txt) deploy/requirements/install.sh
READY := .venv/.ready
PY := .venv/bin/python

.PHONY: setup
setup: $(READY)  ## virtual environment with the pinned dependencies
$(READY): $(REQUIREMENTS)
	@bash deploy/requirements/install.sh
	@touch $@
