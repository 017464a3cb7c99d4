"""SigmaHQ's rules and regression cases, and real events, from the shared data."""

import lzma
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

DATA = Path(__file__).parents[3] / "shared" / "data"
RULES = "sigmahq-rules.tar.xz"
CASES = "sigmahq-regression.tar.xz"
NATURAL = "otrf-natural-40k.ndjson.xz"
PROCESS = "otrf-process-5k.ndjson.xz"
RULE_FOLDERS = ("rules", "rules-compliance", "rules-emerging-threats", "rules-threat-hunting")


def need(name: str) -> Path:
    """Give a file of the shared data, or skip with the reason."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"the shared data file {name} is absent")
    return path


def unpack(name: str, folder: Path) -> Path:
    """Unpack an archive of the shared data into a folder."""
    with tarfile.open(need(name)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def rule_files(folder: Path) -> list[Path]:
    """Give every rule file of the unpacked archive."""
    return [path for name in RULE_FOLDERS for path in sorted((folder / name).rglob("*.yml"))]


def lines_of(name: str, every: int) -> Iterator[bytes]:
    """Give every n-th line of a packed NDJSON file."""
    with lzma.open(need(name)) as stream:
        for number, line in enumerate(stream):
            if number % every == 0:
                yield line.rstrip(b"\n")
