#!/usr/bin/env bash
# Measure matching and the whole pipeline, on 40,000 real Windows events and on the 5,524 hardest,
# against every SigmaHQ rule, and the reading of each format on the records of its golden file. Data
# of others are read from beside the project and are not part of it.
# Usage: deploy/dev/bench.sh [match|pipeline|ingest] [OPTIONS of saqshy bench match or pipeline]
set -euo pipefail
cd "$(dirname "$0")/../.."
data=../shared/data
work=var/bench

what=all
case "${1:-}" in
    match | pipeline | ingest) what=$1; shift ;;
esac
if [ "$what" = all ] || [ "$what" = ingest ]; then
    rm -rf $work/formats
    mkdir -p $work/formats
    .venv/bin/python - tests/golden/normalize $work/formats <<'FORMATS'
import pathlib, re, sys, yaml
golden, out = map(pathlib.Path, sys.argv[1:])
digits = re.compile(rb"\d{5,}")
for path in sorted(golden.glob("*.yml")):
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    whole = found if isinstance(found, dict) else {"rows": found}
    rows = [{**whole, **row} for row in whole["rows"] if "record" in row]
    records = [row["record"] for row in rows if not row.get("preamble")]
    records = [one.encode() if isinstance(one, str) else one for one in records]
    records = [one for one in records if b"\n" not in one and one.strip()]
    with (out / f"{path.stem}.log").open("wb") as file:
        for turn in range(20_000 // max(len(records), 1)):
            last = b"%03d" % (turn % 1000)
            for one in records:
                file.write(digits.sub(lambda run: run[0][:-3] + last, one) + b"\n")
FORMATS
    .venv/bin/saqshy bench pipeline --stage ingest $(find $work/formats -type f -size +0 | sort) "$@"
fi
if [ "$what" = ingest ]; then
    exit
fi
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
if [ "$what" = all ] || [ "$what" = match ]; then
    .venv/bin/saqshy bench match $work/otrf-natural-40k.ndjson $work/otrf-process-5k.ndjson \
        --rules $work/rules "$@"
fi
if [ "$what" = all ] || [ "$what" = pipeline ]; then
    .venv/bin/saqshy bench pipeline $work/otrf-natural-40k.ndjson $work/otrf-process-5k.ndjson \
        --object kz-akimat --rules $work/rules "$@"
fi
