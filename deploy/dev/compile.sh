#!/usr/bin/env bash
# Compile the modules of reading and matching that every event passes, with mypyc, into the folder
# `compiled` of their room. Where no C compiler or no header of Python is there, they run as plain
# Python: the same answers at about two thirds of the speed. A stale result is never used
# (pipeline/compilation.py).
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
python=$root/.venv/bin/python
match=(edges engine fields forms index keywords matcher observing reading recollection scan sieve
    speech values view)
normalize=(completing dataset_plan datasets domain_users dotted ecs_document ecs_schema
    endpoints jsontext keyvalue letters meaning members moments nature nested normalizer parsed pattern
    placing products reshaping shown slot text tree vendor_times formats/auto formats/carried
    formats/cef formats/json_document formats/keyvalue_line formats/leef formats/rfc3164
    formats/rfc5424 formats/signs formats/syslog formats/syslog_header formats/syslog_message
    formats/windows_event formats/windows_flat formats/windows_json formats/windows_renamed
    formats/winlogbeat programs/readers windows/build windows/flatten windows/plans
    windows/values)

missing() {
    echo "reading and matching are not compiled: $1" >&2
    exit 0
}
command -v "${CC:-cc}" >/dev/null || missing "no C compiler"
"$python" - <<'HEADER' || missing "Python's headers are not installed"
import pathlib, sysconfig
raise SystemExit(not pathlib.Path(sysconfig.get_paths()["include"], "Python.h").exists())
HEADER

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

compile() { # ROOM MODULE...: one library of the room's modules, with what it was made from
    local room=$1 place
    shift
    place=$work/$room
    mkdir -p "$place"
    cp -r pipeline "$place/pipeline"
    rm -rf "$place/pipeline/$room/compiled"
    (
        cd "$place"
        MYPYC_OPT_LEVEL=2 "$root/.venv/bin/mypyc" --ignore-missing-imports \
            "${@/#/pipeline/$room/}" 2>&1
    ) >"$place/log" 2>&1 || {
        grep -E "error" "$place/log" | tail -5 >&2
        echo "pipeline/$room is not compiled: mypyc failed" >&2
        return
    }
    "$python" - "$place" "$root/pipeline/$room" "${@%.py}" <<'COLLECT'
import hashlib, json, pathlib, shutil, sys
from importlib.machinery import EXTENSION_SUFFIXES

place, room, *modules = sys.argv[1:]
suffix = EXTENSION_SUFFIXES[0]
room = pathlib.Path(room)
made = pathlib.Path(place, "pipeline", room.name)
(group,) = pathlib.Path(place).glob(f"*__mypyc{suffix}")
folder = room / "compiled.new"
shutil.rmtree(folder, ignore_errors=True)
folder.mkdir()
shutil.copy(group, folder / group.name)
for name in modules:
    (folder / name).parent.mkdir(exist_ok=True)
    shutil.copy(made / f"{name}{suffix}", folder / f"{name}{suffix}")
digests = {n: hashlib.sha256((made / f"{n}.py").read_bytes()).hexdigest() for n in modules}
manifest = {"suffix": suffix, "group": group.name, "modules": digests}
(folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
shutil.rmtree(room / "compiled", ignore_errors=True)
folder.rename(room / "compiled")
COLLECT
}

echo "compiling pipeline/match and pipeline/normalize" >&2
compile match "${match[@]/%/.py}" &
compile normalize "${normalize[@]/%/.py}"
wait
