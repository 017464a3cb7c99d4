"""Tests of `saqshy rules trial`: what rules would find in kept events, nothing written or sent."""

import hashlib
import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner, Result

from pipeline.runtime.cli.app import app

AT = "2026-03-02T20:00:00Z"
NEW = """title: Log Cleared By Anybody
id: 00000000-0000-4000-8000-000000000001
status: test
level: high
tags: [attack.defense-evasion, attack.t1070.001]
logsource: {product: windows, service: security}
detection: {s: {EventID: %s}, condition: s}
"""
OVER = """title: Many Failed Logons
id: 00000000-0000-4000-8000-000000000002
status: test
level: high
correlation:
  type: event_count
  rules: [%s]
  group-by: [IpAddress]
  timespan: 5m
  condition: {gte: 3}
"""
FAILED = "6381163e-6fd9-42e6-a335-6c9a9ed8dc55"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Replay five events of the bank into a store: a cleared log, a backup, three failures."""
    folder = tmp_path_factory.mktemp("kept")
    head: dict[str, Any] = {"Channel": "Security", "Computer": "bank-dc01.bank.example"}
    events = [
        {**head, "EventID": 1102, "TimeCreated": "2026-03-02T10:00:00Z"},
        {**head, "EventID": 1105, "TimeCreated": "2026-03-02T11:00:00Z"},
        *(
            {**head, "EventID": 4625, "TimeCreated": f"2026-03-02T12:00:0{second}Z",
             "IpAddress": "198.51.100.7", "TargetUserName": "bob"}
            for second in range(3)
        ),
    ]  # fmt: skip
    source = folder / "events.ndjson"
    source.write_text("".join(f"{json.dumps(event)}\n" for event in events), encoding="utf-8")
    store = folder / "kept.db"
    words = ["replay", str(source), "--object", "kz-bank", "--store", str(store), "--at", AT]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    return store


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, without settings."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(kept: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["rules", "trial", *words, "--store", str(kept)])


def tried(kept: Path, text: str, *words: str) -> dict[str, list[dict[str, Any]]]:
    """Try a rule; give the lines by what they are."""
    Path("r").mkdir(exist_ok=True)
    Path("r/new.yml").write_text(text, encoding="utf-8")
    result = run(kept, "r", *words, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, list[dict[str, Any]]] = {"finding": [], "incident": [], "notice": []}
    for line in map(orjson.loads, result.stdout.splitlines()):
        found.setdefault(line["what"], []).append(line)
    return found


def test_what_a_new_rule_brings_is_told(kept: Path) -> None:
    """A rule on an event that nothing spoke of brings a finding, and an incident with notices."""
    found = tried(kept, NEW % 1105)
    (finding,) = found["finding"]
    assert finding["first_event_at"] == "2026-03-02T11:00:00Z"
    assert finding["also_found_by"] == []
    assert found["incident"]
    assert found["summary"][0]["events"] == 5
    assert found["summary"][0]["hits"] == {finding["rule"]["id"]: 1}
    touched = {incident["id"] for incident in found["incident"]}
    assert {notice["incident_id"] for notice in found["notice"]} <= touched


def test_a_finding_that_is_known_already_is_a_duplicate(kept: Path) -> None:
    """What the rules in force find in the same events is named beside it."""
    found = tried(kept, NEW % 1102)
    assert found["summary"][0]["duplicates"] == 1
    assert found["finding"][0]["also_found_by"] != []
    both = tried(kept, NEW % "[1102, 1105]")
    assert [bool(one["also_found_by"]) for one in both["finding"]] == [True, False]


def test_a_correlation_over_rules_in_force(kept: Path) -> None:
    """A new correlation counts the hits of a rule in force."""
    found = tried(kept, OVER % FAILED)
    (finding,) = found["finding"]
    assert (finding["kind"], finding["event_count"]) == ("correlation", 3)
    assert finding["group"] == {"IpAddress": "198.51.100.7"}


def test_a_rule_in_place_of_one_in_force(kept: Path) -> None:
    """A new version of a rule is tried in its place, beside the old one as what is in force."""
    old = orjson.loads(
        CliRunner().invoke(app, ["rules", "list", "--tag", "attack.t1070.001", "--json"]).stdout
    )
    text = (NEW % "[1102, 1105]").replace("00000000-0000-4000-8000-000000000001", old["id"])
    found = tried(kept, text)
    assert sum(one["event_count"] for one in found["finding"]) == 2


def test_a_correlation_across_objects(tmp_path: Path) -> None:
    """A rule of the centre's scope sees the events of all objects in the order of their times."""
    for name, second in (("kz-bank", 0), ("kz-energy-tec", 1)):
        events = [
            {"Channel": "Security", "Computer": f"dc.{name}", "EventID": 4625,
             "TimeCreated": f"2026-03-02T12:{minute:02}:0{second}Z", "IpAddress": "198.51.100.7",
             "TargetUserName": "bob"}
            for minute in (0, 1, 50)
        ]  # fmt: skip
        source = tmp_path / f"{name}.ndjson"
        source.write_text("".join(f"{json.dumps(one)}\n" for one in events), encoding="utf-8")
        words = ["replay", str(source), "--object", name, "--store", "two.db", "--at", AT]
        done = CliRunner().invoke(app, [*words, "--format", "windows_flat"])
        assert done.exit_code == 0, done.output
    across = f"{OVER % FAILED}custom: {{saqshy.scope: centre}}\n".replace("gte: 3", "gte: 4")
    found = tried(Path("two.db"), across)
    assert {one["object_id"] for one in found["finding"]} == {"kz-bank", "kz-energy-tec"}
    assert tried(Path("two.db"), OVER.replace("gte: 3", "gte: 4") % FAILED)["finding"] == []


TIMES = [
    (["--from", "2026-03-02T10:30:00Z"], 4),
    (["--to", "2026-03-02T11:00:00Z"], 1),
    (["--from", "2026-03-02T11:00:00Z", "--to", "2026-03-02T11:00:00.000000001Z"], 1),
    (["--object", "kz-bank"], 5),
    (["--object", "kz-energy-tec"], 0),
]


@pytest.mark.parametrize(("words", "events"), TIMES)
def test_only_the_extent_is_read(kept: Path, words: list[str], events: int) -> None:
    """Times are event times, the first inclusive, the last exclusive, of one object or all."""
    assert tried(kept, NEW % 1105, *words)["summary"][0]["events"] == events


def test_nothing_is_written(kept: Path) -> None:
    """The store is the same before and after, and can be in use meanwhile."""
    before = hashlib.sha256(kept.read_bytes()).hexdigest()
    tried(kept, NEW % 1105)
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == before


def test_people_get_tables(kept: Path) -> None:
    """Without --json there is a table of rules, incidents and notices, and a line that sums up."""
    Path("new.yml").write_text(NEW % "[1102, 1105]", encoding="utf-8")
    result = run(kept, "new.yml")
    assert result.exit_code == 0, result.output
    assert "Log Cleared By Anybody" in result.stdout
    assert "incidents to expect" in result.stdout
    assert "5 events: 2 findings" in result.stderr


def test_a_second_run_tells_the_same(kept: Path) -> None:
    """The same rules over the same events give the same bytes."""
    Path("new.yml").write_text(NEW % "[1102, 1105]", encoding="utf-8")
    first, second = (run(kept, "new.yml", "--json") for _ in range(2))
    assert first.stdout == second.stdout


def test_what_cannot_be_tried_is_told(kept: Path) -> None:
    """A broken rule is told and the others are tried; none at all is wrong usage."""
    Path("r").mkdir()
    broken = NEW.replace("EventID", "EventID|sideways").replace("0001", "0003") % 1
    Path("r/bad.yml").write_text(broken, encoding="utf-8")
    assert run(kept, "r").exit_code == 2
    Path("r/new.yml").write_text(NEW % 1105, encoding="utf-8")
    both = run(kept, "r", "--json")
    assert both.exit_code == 1
    assert "not tried: r/bad.yml" in both.stderr


WRONG = [
    (["--object", "nobody"], 2, "no object 'nobody'"),
    (["--from", "yesterday", "--to", "tomorrow"], 2, "--to"),
    (["--config", "nowhere.yml"], 2, "nowhere.yml"),
]


@pytest.mark.parametrize(("words", "code", "told"), WRONG)
def test_wrong_usage(kept: Path, words: list[str], code: int, told: str) -> None:
    """What is wrong is named, all at once, and nothing is printed as data."""
    Path("new.yml").write_text(NEW % 1105, encoding="utf-8")
    result = run(kept, "new.yml", *words)
    assert (result.exit_code, result.stdout) == (code, "")
    assert told in result.stderr


def test_a_store_that_is_not_there_cannot_be_reached() -> None:
    """Without a store there is nothing to try rules on."""
    Path("new.yml").write_text(NEW % 1105, encoding="utf-8")
    result = CliRunner().invoke(app, ["rules", "trial", "new.yml", "--store", "nowhere.db"])
    assert result.exit_code == 3
