#!/usr/bin/env bash
# Resolve pyproject.toml into hash-pinned lock files for every platform. They name no registry host.
set -euo pipefail
cd "$(dirname "$0")/../.."
compile=(.venv/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11
    --no-emit-index-url --no-annotate --no-header)

"${compile[@]}" "$@" pyproject.toml --group build --group dev --extra fast --extra cluster -o requirements-dev.lock
"${compile[@]}" pyproject.toml --group build -c requirements-dev.lock -o requirements.lock
"${compile[@]}" pyproject.toml --group build --extra fast --extra cluster -c requirements-dev.lock -o requirements-cluster.lock
"${compile[@]}" - -c requirements-dev.lock -o deploy/dev/virtualenv.lock <<<virtualenv
.venv/bin/uv pip compile --quiet --generate-hashes --python-version 3.11 --only-binary :all: \
    --no-emit-index-url --no-annotate --no-header - -o deploy/dev/fuzz.lock <<<"atheris>=3.0,<3.1"
echo "requirements.lock, requirements-cluster.lock, requirements-dev.lock and deploy/dev/{virtualenv,fuzz}.lock are resolved anew"
