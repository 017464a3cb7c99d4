#!/usr/bin/env bash
# Resolve pyproject.toml into hash-pinned lock files for every platform. They name no registry host.
set -euo pipefail
cd "$(dirname "$0")/../.."
compile=(.venv/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11
    --no-emit-index-url --no-annotate --no-header)

"${compile[@]}" "$@" pyproject.toml --group build --group dev --extra fast --extra kafka -o requirements-dev.lock
"${compile[@]}" pyproject.toml --group build -c requirements-dev.lock -o requirements.lock
"${compile[@]}" - -c requirements-dev.lock -o deploy/dev/virtualenv.lock <<<virtualenv
echo "requirements.lock, requirements-dev.lock and deploy/dev/virtualenv.lock are resolved anew"
