#!/usr/bin/env bash
# Measure the whole pipeline: 40,000 real Windows events against every SigmaHQ rule. Data of others
# are read from beside the project and are not part of it.
# Usage: deploy/dev/bench.sh [OPTIONS of saqshy bench pipeline]
set -euo pipefail
cd "$(dirname "$0")/../.."
data=../shared/data
work=var/bench

if [ ! -f $data/otrf-natural-40k.ndjson.xz ] || [ ! -f $data/sigmahq-rules.tar.xz ]; then
    echo "$data is not on this machine; measure your own events and rules instead:" >&2
    echo "    .venv/bin/saqshy bench pipeline FILE --object ID --rules FOLDER" >&2
    exit 3
fi
if [ ! -d $work ]; then
    mkdir -p $work.new
    .venv/bin/python - $data $work.new <<'UNPACK'
import lzma, shutil, sys, tarfile
data, work = sys.argv[1:]
with tarfile.open(f"{data}/sigmahq-rules.tar.xz") as archive:
    archive.extractall(f"{work}/rules", filter="data")
with lzma.open(f"{data}/otrf-natural-40k.ndjson.xz") as packed, open(f"{work}/events.ndjson", "wb") as out:
    shutil.copyfileobj(packed, out)
UNPACK
    mv $work.new $work
fi
exec .venv/bin/saqshy bench pipeline $work/events.ndjson --object kz-akimat --rules $work/rules "$@"
