#!/usr/bin/env bash
# Makes .venv from the compiled requirement files: with uv, or with pip where uv can't reach the index.
set -euo pipefail
cd "$(dirname "$0")/../.."

files=()
for name in runtime embedded dev; do files+=(-r "deploy/requirements/$name.txt"); done

[ -x .venv/bin/python ] || "${PYTHON:-python3}" -m venv .venv
python=.venv/bin/python

# uv doesn't read pip's settings: hand on those that this machine has, at run time only.
[ -z "${PIP_INDEX_URL:-}" ] || export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$PIP_INDEX_URL}"
[ -z "${PIP_EXTRA_INDEX_URL:-}" ] || export UV_INDEX="${UV_INDEX:-$PIP_EXTRA_INDEX_URL}"
[ -z "${PIP_FIND_LINKS:-}" ] || export UV_FIND_LINKS="${UV_FIND_LINKS:-${PIP_FIND_LINKS// /,}}"
[ -z "${PIP_CERT:-}" ] || export SSL_CERT_FILE="${SSL_CERT_FILE:-$PIP_CERT}"
export PIP_DISABLE_PIP_VERSION_CHECK=1

with_uv() {
    $python -m pip install --quiet --require-hashes -r deploy/requirements/uv.txt &&
        .venv/bin/uv pip install --quiet --python $python --require-hashes --link-mode copy "${files[@]}"
}

with_uv || {
    echo "setup: uv did not manage, falling back to pip" >&2
    $python -m pip install --quiet --require-hashes "${files[@]}"
}
