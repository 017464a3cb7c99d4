#!/usr/bin/env bash
# Compile the modules of matching that every event passes, with mypyc, into pipeline/match/compiled.
# Where no C compiler or no header of Python is there, matching runs as plain Python: the same
# answers at about two thirds of the speed. A stale result is never used (pipeline/match/compilation.py).
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
room=pipeline/match
modules=(edges engine fields forms index keywords matcher observing reading recollection scan sieve
    speech values view)
files=("${modules[@]/#/$room/}")
files=("${files[@]/%/.py}")
python=$root/.venv/bin/python

missing() {
    echo "matching is not compiled: $1" >&2
    exit 0
}
command -v "${CC:-cc}" >/dev/null || missing "no C compiler"
"$python" - <<'HEADER' || missing "Python's headers are not installed"
import pathlib, sysconfig
raise SystemExit(not pathlib.Path(sysconfig.get_paths()["include"], "Python.h").exists())
HEADER

echo "compiling $room" >&2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r pipeline "$work/pipeline"
rm -rf "$work/$room/compiled"
(
    cd "$work"
    "$root/.venv/bin/mypyc" --ignore-missing-imports "${files[@]}" 2>&1
) >"$work/log" 2>&1 || { tail -5 "$work/log" >&2; missing "mypyc failed"; }
"$python" - "$work" "$root/$room" "${modules[@]}" <<'COLLECT'
import hashlib, json, pathlib, shutil, sys
from importlib.machinery import EXTENSION_SUFFIXES

work, room, *modules = sys.argv[1:]
suffix = EXTENSION_SUFFIXES[0]
made, room = pathlib.Path(work, "pipeline/match"), pathlib.Path(room)
(group,) = pathlib.Path(work).glob(f"*__mypyc{suffix}")
folder = room / "compiled.new"
shutil.rmtree(folder, ignore_errors=True)
folder.mkdir()
for file in (group, *(made / f"{name}{suffix}" for name in modules)):
    shutil.copy(file, folder / file.name)
digests = {n: hashlib.sha256((made / f"{n}.py").read_bytes()).hexdigest() for n in modules}
manifest = {"suffix": suffix, "group": group.name, "modules": digests}
(folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
shutil.rmtree(room / "compiled", ignore_errors=True)
folder.rename(room / "compiled")
COLLECT
