#!/usr/bin/env bash
# Install atheris, the fuzzer of make proof, into a cache outside the repository and the environment,
# and print the folder to put on PYTHONPATH. Exits 3 where there is none for this machine.
# PYTHON: the interpreter that it is for.
set -euo pipefail
cd "$(dirname "$0")"

python=${PYTHON:-../../.venv/bin/python}
lock=$(sha256sum fuzz.lock | cut -c1-16)
root=${XDG_CACHE_HOME:-$HOME/.cache}/saqshy/fuzz-$lock
if [[ ! -f $root/.done ]]; then
    rm -rf "$root"
    "$python" -m pip install --quiet --only-binary :all: --require-hashes --target "$root" \
        -r fuzz.lock >&2 || exit 3
    touch "$root/.done"
fi
echo "$root"
