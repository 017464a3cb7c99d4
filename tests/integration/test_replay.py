"""`saqshy replay` as people call it: deterministic, idempotent, blind to order in the lateness."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.runtime.configuration import bundled
from pipeline.runtime.story import Step, expand, load_story

AT = "2026-03-02T20:00:00Z"


def saqshy(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command line in a process of its own."""
    command = [sys.executable, "-m", "pipeline.runtime.cli", *arguments]
    return subprocess.run(command, capture_output=True, check=False, env=os.environ | environment)


def ndjson(path: Path) -> list[Any]:
    """Read NDJSON."""
    return [json.loads(line) for line in path.read_bytes().splitlines()]


@pytest.fixture(scope="module")
def steps() -> list[Step]:
    """Give the bundled story's records in order of arrival."""
    return list(expand(load_story(bundled("scenario") / "story.yml")))


def written(folder: Path, steps: list[Step]) -> list[str]:
    """Write the story as two files, syslog and JSON; give their paths."""
    paths = []
    for name, json_ones in (("story.log", False), ("story.ndjson", True)):
        chosen = [one.payload for one in steps if one.payload.startswith(b"{") == json_ones]
        (folder / name).write_bytes(b"\n".join(chosen) + b"\n")
        paths.append(str(folder / name))
    return paths


def replayed(folder: Path, paths: list[str], *more: str, **environment: str) -> Path:
    """Replay files into a folder of results."""
    out = folder / "out"
    done = saqshy("replay", *paths, "--at", AT, "--out", str(out), *more, **environment)
    assert done.returncode == 0, done.stderr.decode()
    return out


def test_any_process_gives_the_same_bytes(tmp_path: Path, steps: list[Step]) -> None:
    """Two processes with other hash seeds write byte-equal results."""
    paths = written(tmp_path, steps)
    results = []
    for seed in ("1", "2"):
        (tmp_path / seed).mkdir()
        out = replayed(tmp_path / seed, paths, PYTHONHASHSEED=seed)
        results.append({file.name: file.read_bytes() for file in sorted(out.iterdir())})
    assert results[0] == results[1]
    assert len(results[0]["incidents.ndjson"].splitlines()) > 3


def test_the_same_file_twice_changes_nothing(tmp_path: Path, steps: list[Step]) -> None:
    """A second replay into the same store gives the same ids and no second incident."""
    paths = written(tmp_path, steps)
    store = ("--store", str(tmp_path / "kept.db"))
    first = {one.name: one.read_bytes() for one in replayed(tmp_path, paths, *store).iterdir()}
    second = {one.name: one.read_bytes() for one in replayed(tmp_path, paths, *store).iterdir()}
    assert first == second


def shape(out: Path) -> tuple[list[Any], int]:
    """Say what the incidents are, without ids, revisions and what follows from them."""
    incidents = [
        (
            one["object_id"],
            one["fold_key"],
            one["state"],
            one["first_event_at"],
            one["last_event_at"],
            one["event_count"],
            len(one["finding_ids"]),
            one["assessment"]["is_incident"],
            one["assessment"]["severity"],
            sorted(one["assessment"]["acts"].items()),
            sorted((leg["role"], leg["party_id"]) for leg in one["assessment"]["route"]),
        )
        for one in ndjson(out / "incidents.ndjson")
        if one["state"] != "merged"
    ]
    return sorted(incidents, key=str), len(ndjson(out / "failures.ndjson"))


def test_a_shuffle_within_the_lateness_gives_the_same_incidents(
    tmp_path: Path, steps: list[Step]
) -> None:
    """Records delayed by up to the allowed lateness give the incidents of sorted input."""
    ordered = sorted(steps, key=lambda one: one.event_at)
    chance = random.Random(418)
    delayed = sorted(ordered, key=lambda one: one.event_at + chance.randrange(299 * 10**9))
    results = []
    for name, chosen in (("ordered", ordered), ("delayed", delayed)):
        (tmp_path / name).mkdir()
        results.append(shape(replayed(tmp_path / name, written(tmp_path / name, chosen))))
    assert results[0] == results[1]


FAILED = (
    '{"Channel": "Security", "Computer": "bank-dc01.bank.example", "EventID": 4625, '
    '"TimeCreated": "2026-03-02T12:00:00Z", "IpAddress": "198.51.100.7"}'
)
WAITING = """title: Failed Logon
id: 00000000-0000-4000-8000-000000000001
name: failed
status: test
level: medium
logsource: {product: windows, service: security}
detection: {s: {EventID: 4625}, condition: s}
---
title: A Single Failed Logon
id: 00000000-0000-4000-8000-000000000002
status: test
level: high
tags: [attack.credential-access, attack.t1110]
correlation:
  type: event_count
  rules: [failed]
  group-by: [IpAddress]
  timespan: 5m
  condition: {lte: 1}
"""


def test_the_end_of_a_replay_decides_what_waits(tmp_path: Path) -> None:
    """A rule that waits for the watermark is decided where the files end; nobody falls silent."""
    (tmp_path / "rules.yml").write_text(WAITING, encoding="utf-8")
    (tmp_path / "events.ndjson").write_text(FAILED, encoding="utf-8")
    wanted = ("--object", "kz-bank", "--rules", str(tmp_path / "rules.yml"))
    kept = ("--store", str(tmp_path / "kept.db"))
    for _ in range(2):  # the second time nothing is new
        out = replayed(tmp_path, [str(tmp_path / "events.ndjson")], *wanted, *kept)
        (finding,) = ndjson(out / "findings.ndjson")
        assert finding["rule"]["title"] == "A Single Failed Logon"
        (incident,) = ndjson(out / "incidents.ndjson")
        assert AT < incident["opened_at"] < "2026-03-02T21:00:00Z"
        assert incident["revision"] == 1


def test_every_record_is_accounted_for(tmp_path: Path, steps: list[Step]) -> None:
    """Events, failures, stubs and refusals together are the records, and the table says so."""
    paths = written(tmp_path, steps)
    done = saqshy("replay", *paths, "--at", AT)
    counts = {
        cells[1].strip(): int(cells[2])
        for line in done.stdout.decode().splitlines()
        if len(cells := line.replace("│", "|").split("|")) == 4 and cells[2].strip().isdigit()
    }
    parts = ("events", "failures", "withheld", "refused (unknown or not admitted)")
    assert counts["records"] == sum(counts[name] for name in parts) == len(steps)
    assert counts["refused (unknown or not admitted)"] > 0
    assert counts["withheld"] > 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("missing.ndjson",), 3, ("missing.ndjson", "No such file")),
        (("here.ndjson", "--object", "nobody"), 2, ("nobody", "kz-bank")),
        (("here.ndjson", "--at", "yesterday"), 2, ("--at", "yesterday")),
        (("here.ndjson", "--format", "klingon"), 2, ("klingon",)),
        (("here.ndjson", "--rules", "nowhere"), 2, ("nowhere",)),
        (("here.ndjson", "--config", "nowhere.yml"), 2, ("nowhere.yml",)),
    ],
    ids=["no-file", "no-object", "no-time", "no-format", "no-rules", "no-settings"],
)
def test_wrong_usage_names_thing_and_way_out(
    tmp_path: Path, arguments: tuple[str, ...], code: int, words: tuple[str, ...]
) -> None:
    """A wrong argument ends with the code that the interface gives it, and says what is wrong."""
    (tmp_path / "here.ndjson").write_bytes(b"{}\n")
    command = [sys.executable, "-m", "pipeline.runtime.cli", "replay", *arguments]
    done = subprocess.run(
        command,
        capture_output=True,
        check=False,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.returncode == code, done.stderr.decode()
    assert b"Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr.decode()
