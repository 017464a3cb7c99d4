#!/usr/bin/env bash
# Build rsigma, the engine that make proof compares with, into a cache outside the repository, and
# print the program's path. Exits 3 where there is no cargo, 4 where it cannot be built.
# RSIGMA: a program that is there already.
set -euo pipefail

version=0.23.0
if [[ -n ${RSIGMA:-} ]]; then
    echo "$RSIGMA"
    exit 0
fi
root=${XDG_CACHE_HOME:-$HOME/.cache}/saqshy/rsigma-$version
if [[ ! -x $root/bin/rsigma ]]; then
    PATH=$PATH:$HOME/.cargo/bin
    command -v cargo >/dev/null || exit 3
    # Without its default features 0.23.0 does not compile. One job: a machine is often shared.
    nice -n 19 cargo install rsigma --version "=$version" --locked --features daachorse-index \
        -j1 --root "$root" --target-dir "$root/target" >&2 || exit 4
    rm -rf "$root/target"
fi
echo "$root/bin/rsigma"
