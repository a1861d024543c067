#!/usr/bin/env bash
# Puts promtool into .venv/bin, out of Debian's package `prometheus`, which is not installed: no Python package has it.
# Where there is no apt, or no network, the tests that need promtool say so and are skipped.
set -euo pipefail
target=$(cd "$(dirname "$0")/../.." && pwd)/.venv/bin/promtool

if [ -x "$target" ] || command -v promtool > /dev/null || ! command -v apt-get > /dev/null; then exit 0; fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
download() { apt-get download -qq prometheus 2> /dev/null; }

download || { [ "$(id -u)" = 0 ] && apt-get update -qq > /dev/null 2>&1 && download; } ||
    { echo "promtool: Debian's package cannot be had here" >&2; exit 0; }
dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x ./usr/bin/promtool
mv usr/bin/promtool "$target"
