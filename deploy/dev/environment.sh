#!/usr/bin/env bash
# Make a virtual environment with pip in it: venv, else virtualenv from a pinned lock, else Debian's
# package where we are root, else the one command that helps. A working environment is kept.
# Usage: deploy/dev/environment.sh FOLDER        PYTHON=python3.12 chooses the interpreter
set -euo pipefail
folder=$1
here=$(dirname "$0")

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    local name
    for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
        if new_enough "$name"; then
            command -v "$name"
            return
        fi
    done
    {
        echo "Saqshy needs Python 3.11 or newer; found: $(${PYTHON:-python3} --version 2>&1 || true)"
        echo "Install one, or name it: make PYTHON=/path/to/python3.12 ..."
    } >&2
    return 1
}

works() {
    new_enough "$folder/bin/python" && "$folder/bin/python" -m pip --version >/dev/null 2>&1
}

with_venv() {
    "$python" -m venv --clear "$folder" >/dev/null 2>&1
}

with_virtualenv() {
    # pip into a folder of its own touches no system package, so PEP 668 does not forbid it.
    local bootstrap status=0
    "$python" -m pip --version >/dev/null 2>&1 || return 1
    bootstrap=$(mktemp -d)
    "$python" -m pip --disable-pip-version-check --quiet install --target "$bootstrap" \
        --require-hashes -r "$here/virtualenv.lock" &&
        PYTHONPATH=$bootstrap "$python" -m virtualenv --quiet --clear "$folder" || status=1
    rm -rf "$bootstrap"
    return $status
}

with_debian_package() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    echo "installing the Debian package python3-venv" >&2
    apt-get -qq update >&2
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y python3-venv >&2
    with_venv
}

if works; then
    exit 0
fi
python=$(find_python)
echo "making $folder with $("$python" --version)" >&2
for way in with_venv with_virtualenv with_debian_package; do
    if $way && works; then
        exit 0
    fi
done
{
    echo "$python has neither venv nor pip, so no environment can be made. On Debian or Ubuntu:"
    echo "    sudo apt-get install python3-venv"
} >&2
exit 1
