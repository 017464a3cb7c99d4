#!/usr/bin/env bash
# Measure matching, on 40,000 real Windows events and on the 5,524 hardest, and the whole pipeline on
# the first, against every SigmaHQ rule. Data of others are read from beside the project and are not
# part of it.
# Usage: deploy/dev/bench.sh [match|pipeline] [OPTIONS of saqshy bench match or pipeline]
set -euo pipefail
cd "$(dirname "$0")/../.."
data=../shared/data
work=var/bench

if [ ! -f $data/otrf-natural-40k.ndjson.xz ] || [ ! -f $data/sigmahq-rules.tar.xz ]; then
    echo "$data is not on this machine; measure your own events and rules instead:" >&2
    echo "    .venv/bin/saqshy bench match FILE --rules FOLDER" >&2
    echo "    .venv/bin/saqshy bench pipeline FILE --object ID --rules FOLDER" >&2
    exit 3
fi
if [ ! -f $work/otrf-process-5k.ndjson ]; then
    rm -rf $work $work.new
    mkdir -p $work.new
    .venv/bin/python - $data $work.new <<'UNPACK'
import lzma, shutil, sys, tarfile
data, work = sys.argv[1:]
with tarfile.open(f"{data}/sigmahq-rules.tar.xz") as archive:
    archive.extractall(f"{work}/rules", filter="data")
for name in ("otrf-natural-40k", "otrf-process-5k"):
    with lzma.open(f"{data}/{name}.ndjson.xz") as packed, open(f"{work}/{name}.ndjson", "wb") as out:
        shutil.copyfileobj(packed, out)
UNPACK
    mv $work.new $work
fi
what=both
case "${1:-}" in
    match | pipeline) what=$1; shift ;;
esac
if [ "$what" != pipeline ]; then
    .venv/bin/saqshy bench match $work/otrf-natural-40k.ndjson $work/otrf-process-5k.ndjson \
        --rules $work/rules "$@"
fi
if [ "$what" != match ]; then
    .venv/bin/saqshy bench pipeline $work/otrf-natural-40k.ndjson --object kz-akimat \
        --rules $work/rules "$@"
fi
