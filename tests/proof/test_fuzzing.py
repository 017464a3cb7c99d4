"""Coverage-guided fuzzing with atheris: any bytes give Events or Failures, in bounded time."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.normalize import FORMATS
from tests.normalize.golden_rows import FILES, rows_of
from tests.normalize.windows_shapes import SHAPES

pytestmark = pytest.mark.proof

ROOT = Path(__file__).parents[2]
SECONDS = int(os.environ.get("SAQSHY_FUZZ_SECONDS", "3600"))
NAMES = sorted(FORMATS)
Record = Callable[[str, object], None]


@pytest.fixture(scope="module")
def atheris() -> Path:
    """Give the folder of the fuzzer, installed where needed; skips where there is none."""
    script = ROOT / "deploy" / "dev" / "fuzz.sh"
    environment = {**os.environ, "PYTHON": sys.executable}
    done = subprocess.run([script], stdout=subprocess.PIPE, text=True, env=environment, check=False)
    if done.returncode == 3:
        pytest.skip("atheris cannot be installed on this machine")
    assert done.returncode == 0
    return Path(done.stdout.strip())


def seeds() -> Iterator[bytes]:
    """Give every golden record in its own format and told by its content, as record and file."""
    for name in [*FILES, *SHAPES]:
        for row in rows_of(name):
            for form in {row.format, "auto"}:
                head = bytes((NAMES.index(form), 0))
                whole = row.preamble + b"\n" + row.record if row.preamble else row.record
                yield head + row.record
                yield bytes((head[0], 2)) + whole


def test_fuzzing_finds_nothing(atheris: Path, tmp_path: Path, record_property: Record) -> None:
    """No input of an hour's search breaks a promise; what does is named with its input."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(seeds()):
        (corpus / f"seed{number:05d}").write_bytes(seed)
    count = len(list(corpus.iterdir()))
    path = os.pathsep.join((str(ROOT), str(atheris)))
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "proof" / "fuzz_normalize.py", str(SECONDS), tmp_path],
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": "0"},
        check=False,
        timeout=SECONDS + 1200,
    )
    told = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    lines = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", done.stderr)
    final = re.search(r"stat::number_of_executed_units: (\d+)", done.stderr)
    record_property("seeds", count)
    record_property("seconds", SECONDS)
    record_property("executions", int(final[1]) if final else told["executions"])
    record_property("coverage (edges)", int(lines[-1][0]) if lines else 0)
    record_property("corpus", int(lines[-1][2]) if lines else 0)
    record_property("findings", len(told["found"]))
    assert told["found"] == {}
    assert done.returncode == 0, done.stderr[-3000:]
