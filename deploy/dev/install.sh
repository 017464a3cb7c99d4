#!/usr/bin/env bash
# Install a hash-pinned lock file and the project itself into .venv, which is made where it is absent.
# Usage: deploy/dev/install.sh LOCK
set -euo pipefail
cd "$(dirname "$0")/../.."
lock=$1

deploy/dev/environment.sh .venv
echo "installing $lock into .venv" >&2
pip=(.venv/bin/python -m pip --disable-pip-version-check --quiet)
"${pip[@]}" install --require-hashes -r "$lock"
# The build backend stands in the lock, so nothing is fetched without a hash.
"${pip[@]}" install --no-deps --no-build-isolation --editable .
