"""Real events through the whole pipeline with every SigmaHQ rule: nothing is lost."""

import json
import lzma
import shutil
import subprocess
import sys
import tarfile
from collections import Counter
from pathlib import Path

import pytest

DATA = Path(__file__).parents[3] / "shared" / "data"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not on this machine"),
]


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SigmaHQ's rules, unpacked."""
    folder = tmp_path_factory.mktemp("sigmahq")
    with tarfile.open(DATA / "sigmahq-rules.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory, rules: Path) -> Path:
    """Give settings over SigmaHQ's rules with one cache for all tests here."""
    from pipeline.runtime.configuration import bundled

    folder = tmp_path_factory.mktemp("config")
    path = folder / "saqshy.yml"
    path.write_text(
        json.dumps(
            {
                "registry": [str(bundled("objects"))],
                "content": {"paths": [str(rules)], "cache": "cache"},
                "law": {"pack": str(bundled("law") / "kz")},
            }
        ),
        encoding="utf-8",
    )
    return path


def replay(config: Path, out: Path, files: list[Path]) -> dict[str, list[bytes]]:
    """Replay files as events of one object; give the lines of each result."""
    command = [sys.executable, "-m", "pipeline.runtime.cli", "replay", *map(str, files)]
    command += ["--config", str(config), "--object", "kz-bank/bank-win", "--out", str(out)]
    done = subprocess.run(
        [*command, "--at", "2026-11-01T00:00:00Z"], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return {file.stem: file.read_bytes().splitlines() for file in out.iterdir()}


@pytest.mark.parametrize(
    ("name", "records"),
    [("otrf-natural-40k.ndjson.xz", 40_000), ("otrf-process-5k.ndjson.xz", 5_524)],
    ids=["natural", "process"],
)
def test_real_windows_events_lose_nothing(
    name: str, records: int, config: Path, tmp_path: Path
) -> None:
    """Every real record becomes an event with its required fields, or an explained failure."""
    lines = lzma.decompress((DATA / name).read_bytes()).splitlines()
    assert len(lines) == records
    results = replay(config, tmp_path / "out", [DATA / name])
    events = [json.loads(line) for line in results["events"]]
    assert len(events) + len(results["failures"]) == records
    assert results["failures"] == []
    assert all(event["event"]["code"] and event["host"]["name"] for event in events)
    assert len({event["saqshy"]["original_hash"] for event in events}) <= len(set(lines))
    assert results["incidents"]
    assert results["findings"]


def test_real_event_logs_lose_nothing(config: Path, tmp_path: Path) -> None:
    """Every EVTX file of two corpora goes through: records are events or explained failures."""
    for archive in ("evtx-cc0.tar.xz", "sigmahq-regression.tar.xz"):
        with tarfile.open(DATA / archive) as packed:
            packed.extractall(tmp_path / "evtx", filter="data")
    files = sorted((tmp_path / "evtx").rglob("*.evtx"))
    assert len(files) > 200
    results = replay(config, tmp_path / "out", files)
    failures = [json.loads(line) for line in results["failures"]]
    assert all(failure["detail"] for failure in failures)
    counted = Counter(json.loads(line)["event"]["provider"] for line in results["events"])
    assert counted["Microsoft-Windows-Sysmon"] > 100
    assert counted.total() + len(failures) == records_in(files)
    shutil.rmtree(tmp_path / "evtx")


def records_in(files: list[Path]) -> int:
    """Count the records of event log files with the parser alone; equal files count once."""
    from evtx import PyEvtxParser

    seen = {file.read_bytes(): file for file in files}
    return sum(1 for file in seen.values() for _ in PyEvtxParser(str(file)).records())
