"""Tests of `saqshy rules explain`: the verdict, why, and what a rule asks for."""

import json
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from pipeline.runtime.cli.app import app

CREATED = "Windows Account Created"
SPRAYING = "Password Spraying From One Address"
EVENTS = [
    {"EventID": 4720, "Channel": "Security", "Computer": "dc", "TargetUserName": "x\x1b[31m"},
    {"EventID": 4625, "Channel": "Security", "Computer": "dc", "IpAddress": "198.51.100.7"},
    {"EventID": 7045, "Channel": "System", "Computer": "dc"},
]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with a file of three events, without settings."""
    monkeypatch.chdir(tmp_path)
    text = "".join(f"{json.dumps(event)}\n" for event in EVENTS)
    Path("events.ndjson").write_text(text, encoding="utf-8")
    return tmp_path


def run(*words: str, given: str | None = None) -> Result:
    return CliRunner().invoke(app, ["rules", "explain", *words], input=given)


def explained(*words: str) -> dict[str, object]:
    result = run(*words, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, object] = orjson.loads(result.stdout)
    return found


def test_a_rule_that_fires_says_on_what() -> None:
    """The verdict, the log source with its entry, and each test with what was found."""
    result = run(CREATED, "events.ndjson")
    assert result.exit_code == 0, result.output
    for words in (
        "fires on record 0 (windows_flat)",
        "yes service security: Channel: Security (windows_log.yml:",
        "yes EventID: 4720 — EventID is '4720' (vendor)",
        "no  TargetUserName: *$ — TargetUserName is 'x\\x1b[31m' (vendor)",
    ):
        assert words in result.stdout
    assert "\x1b[31m" not in result.stdout


def test_a_rule_that_does_not_fire_says_why() -> None:
    """Of the wrong log source and the wrong value it says which it was."""
    value = explained(CREATED, "events.ndjson", "--index", "1")
    assert (value["fires"], value["source"]["covers"]) == (False, True)  # type: ignore[index]
    source = explained(CREATED, "events.ndjson", "--index", "2")
    assert source["source"]["covers"] is False  # type: ignore[index]
    assert (
        "no  the event is not of the log source"
        in run(CREATED, "events.ndjson", "--index", "2").stdout
    )


def test_standard_input_and_kept_events_are_read() -> None:
    """An event comes from standard input, or as a replay wrote it, and gets the same verdict."""
    record = json.dumps(EVENTS[0])
    assert "fires on record 0" in run(CREATED, "-", given=f"{record}\n").stdout
    document = {
        "@timestamp": "2026-03-02T10:00:00Z",
        "event": {"code": "4720"},
        "saqshy": {
            "object_id": "kz-bank", "source_id": "bank-win", "received_at": "2026-03-02T10:00:01Z",
            "time_confidence": "exact", "original_hash": "00", "batch": "b", "index": 7,
            "trial": False, "format": "windows_flat", "taxonomy": "windows",
            "native": EVENTS[0],
        },
    }  # fmt: skip
    Path("kept.ndjson").write_text(f"{json.dumps(document)}\n", encoding="utf-8")
    assert "fires on event b-7 of kz-bank/bank-win" in run(CREATED, "kept.ndjson").stdout


def test_a_correlation_is_explained_by_its_rules() -> None:
    """Each rule that a correlation counts is explained, with the group that a hit counts in."""
    result = run(SPRAYING, "events.ndjson", "--index", "1")
    assert result.exit_code == 0, result.output
    assert "Failed SSH Password Logon" in result.stdout
    assert "counts in the group IpAddress=198.51.100.7" in result.stdout
    assert "its hits only feed correlations" in result.stdout


def test_without_an_event_a_rule_says_what_it_asks_for() -> None:
    """Form, log source, vocabularies with field names, and what an event must show."""
    result = run(CREATED)
    assert result.exit_code == 0, result.output
    for words in (
        "log source: product windows, service security",
        "EventID: 4720",
        "fields in windows",
    ):
        assert words in result.stdout
    told = explained(CREATED)
    assert told["an_event_must_show_one_of"] == ["EventID: 4720"]
    assert "windows" in told["vocabularies"]  # type: ignore[operator]


def test_without_an_event_a_correlation_says_what_it_counts() -> None:
    """Rules, groups, span and condition of a correlation are told."""
    told = explained(SPRAYING)
    assert told["group_by"] == ["address"]
    assert "Failed Windows Logon" in told["rules"].values()  # type: ignore[attr-defined]
    assert "value_count" in run(SPRAYING).stdout


@pytest.mark.parametrize("wanted", ["f32e6efe", "f32e6efe-123e-4d2a-a7d2-ee086f1b9e7f", CREATED])
def test_a_rule_is_found_by_what_people_say(wanted: str) -> None:
    """An id, its beginning and the title name the same rule."""
    assert explained(wanted)["title"] == CREATED


def test_a_rule_is_found_by_its_file() -> None:
    """The file of one rule names it."""
    rules = explained(CREATED)["file"]
    assert explained(str(rules))["title"] == CREATED


WRONG = [
    (["Windows Acount Created"], "did you mean 'Windows Account Created'"),
    (["Failed"], "no rule 'Failed'"),
    ([CREATED, "events.ndjson", "--index", "3"], "has no record 3"),
    ([CREATED, "events.ndjson", "--index", "-1"], "index"),
]


@pytest.mark.parametrize(("words", "told"), WRONG)
def test_wrong_usage_says_what_there_is(words: list[str], told: str) -> None:
    """An unknown rule or record is wrong usage, told with what is near."""
    result = run(*words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr


def test_a_missing_file_could_not_be_reached() -> None:
    """A file of events that is not there ends with 3."""
    assert run(CREATED, "nowhere.ndjson").exit_code == 3


def test_a_record_that_nobody_reads_is_told() -> None:
    """A record that the normaliser refuses is asked as an event of no known format, and said so."""
    Path("bad.ndjson").write_text('{"message": "only words"}\n', encoding="utf-8")
    result = run(CREATED, "bad.ndjson")
    assert result.exit_code == 0
    assert "record 0 is an event of no known format" in result.stderr


def test_a_rule_in_quarantine_is_told_with_its_reason() -> None:
    """A file whose rule cannot be used is answered with why not."""
    Path("r").mkdir()
    text = (
        "title: T\nlogsource: {product: windows}\ndetection: {s: {a|sideways: 1}, condition: s}\n"
    )
    Path("r/bad.yml").write_text(text, encoding="utf-8")
    result = run("r/bad.yml", "--rules", "r")
    assert result.exit_code == 2
    assert "r/bad.yml:3" in result.stderr


def test_several_rules_with_one_beginning_are_listed() -> None:
    """A beginning that several ids have is not guessed at."""
    text = "title: T%d\nid: 00000000-0000-4000-8000-00000000000%d\nlogsource: {product: windows}\n"
    text += "detection: {s: {a: 1}, condition: s}\n"
    Path("r").mkdir()
    for number in (1, 2):
        Path(f"r/{number}.yml").write_text(text % (number, number), encoding="utf-8")
    result = run("00000000", "--rules", "r")
    assert result.exit_code == 2
    assert "2 rules fit" in result.stderr
