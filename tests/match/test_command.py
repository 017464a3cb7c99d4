"""`saqshy match`: what goes in, what comes out, and with which exit code."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from pipeline.runtime.cli.app import app
from pipeline.runtime.configuration import bundled

RULES = """title: Seven
id: 00000000-0000-4000-8000-000000000001
name: seven
level: high
logsource: {product: windows}
detection: {s: {EventID: 7}, condition: s}
---
title: Eight
id: 00000000-0000-4000-8000-000000000002
level: low
logsource: {product: windows, service: system}
detection: {s: {EventID: 8, Data|contains: needle}, condition: s}
"""
CORRELATION = """---
title: Sevens
id: 00000000-0000-4000-8000-000000000003
level: critical
correlation:
  type: event_count
  rules: [seven]
  group-by: [Computer]
  timespan: 1m
  condition: {gte: 2}
"""


def record(code: int, second: int = 0, **more: Any) -> str:
    time = f"2026-03-02T10:00:{second:02}Z"
    base = {"EventID": code, "Channel": "System", "Computer": "PC1", "TimeCreated": time}
    return json.dumps({**base, **more})


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """Make a folder with two rules."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "two.yml").write_text(RULES, encoding="utf-8")
    return tmp_path / "rules"


def run(*arguments: object, given: str | bytes | None = None) -> tuple[Result, list[Any]]:
    result = CliRunner().invoke(app, ["match", *map(str, arguments)], input=given)
    return result, [json.loads(line) for line in result.stdout.splitlines()]


def test_findings_name_record_and_rule(rules: Path) -> None:
    """Each finding has the record's index and the rule's id, title and level."""
    given = "\n".join([record(9), record(7), record(8, Data="a needle"), record(8)])
    result, lines = run("--rules", rules, given=given)
    assert result.exit_code == 0
    assert [(line["index"], line["rule"]) for line in lines] == [
        (1, {"id": "00000000-0000-4000-8000-000000000001", "title": "Seven", "level": "high"}),
        (2, {"id": "00000000-0000-4000-8000-000000000002", "title": "Eight", "level": "low"}),
    ]
    assert lines[1]["fields"] == {"EventID": 8, "Data": "a needle"}
    assert "4 records, 2 findings, 0 failures" in result.stderr


def test_files_are_named_and_counted_each(rules: Path, tmp_path: Path) -> None:
    """Of several files each finding names its own, with indexes from nought."""
    (tmp_path / "a.ndjson").write_text(f"{record(7)}\n{record(7)}\n", encoding="utf-8")
    (tmp_path / "b.json").write_text(f"[{record(9)}, {record(7)}]", encoding="utf-8")
    result, lines = run("--rules", rules, tmp_path / "a.ndjson", tmp_path / "b.json")
    assert result.exit_code == 0
    assert [(Path(line["file"]).name, line["index"]) for line in lines] == [
        ("a.ndjson", 0),
        ("a.ndjson", 1),
        ("b.json", 1),
    ]


def test_correlations_come_at_the_end(rules: Path) -> None:
    """A correlation's findings follow, and the rule under it is quiet."""
    (rules / "two.yml").write_text(RULES + CORRELATION, encoding="utf-8")
    given = "\n".join(record(7, second) for second in (1, 2, 3))
    result, lines = run("--rules", rules, given=given)
    assert result.exit_code == 0
    assert [(line["kind"], line["rule"]["title"], line["indexes"]) for line in lines] == [
        ("correlation", "Sevens", [0, 1, 2])
    ]
    assert lines[0]["index"] == 2
    assert lines[0]["group"] == {"Computer": "PC1"}


def test_many_records_keep_their_places(rules: Path) -> None:
    """Indexes go on over batches."""
    given = "\n".join(record(7 if number % 400 == 399 else 9) for number in range(1_300))
    _, lines = run("--rules", rules, given=given)
    assert [line["index"] for line in lines] == [399, 799, 1199]


def test_ecs_records_are_matched(rules: Path) -> None:
    """Records in ECS names are matched by the same rules."""
    document = {
        "event": {"code": "8", "kind": "event"},
        "winlog": {"channel": "System", "event_data": {"Data": "needle"}},
    }
    for shape in ("auto", "ecs", "native"):
        _, lines = run("--rules", rules, "--shape", shape, given=json.dumps(document))
        assert [line["rule"]["title"] for line in lines] == ["Eight"], shape


def test_a_record_that_cannot_be_read_is_told(rules: Path) -> None:
    """A broken record is told with its place, the others are matched, and the exit code is 1."""
    result, lines = run("--rules", rules, given=f"{record(7)}\n{{broken\n{record(7)}\n")
    assert result.exit_code == 1
    assert [line["index"] for line in lines] == [0, 2]
    assert "standard input: record 1: syntax" in result.stderr


def test_a_broken_rule_is_told_and_left_out(rules: Path) -> None:
    """A rule that cannot be used is told with file and line; the others are used."""
    (rules / "bad.yml").write_text("title: x\nlogsource: [\n", encoding="utf-8")
    result, lines = run("--rules", rules, given=record(7))
    assert result.exit_code == 0
    assert len(lines) == 1
    assert "bad.yml:" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--rules", "/gone"], 2, "/gone: does not exist"),
        (["--rules", "{empty}"], 2, "no rule can be used"),
        (["--rules", "{rules}", "/gone.ndjson"], 3, "/gone.ndjson cannot be read"),
        (["--rules", "{rules}", "--shape", "round"], 2, "round"),
    ],
    ids=["no such rules", "no rules", "no such file", "no such shape"],
)
def test_wrong_usage_is_told(
    rules: Path, tmp_path: Path, arguments: list[str], code: int, told: str
) -> None:
    """What cannot be done is told in words, with the exit code of its kind."""
    (tmp_path / "empty").mkdir()
    filled = [text.format(rules=rules, empty=tmp_path / "empty") for text in arguments]
    result, lines = run(*filled, given="")
    assert result.exit_code == code
    assert lines == []
    assert told in " ".join(result.stderr.split())


def test_rules_and_field_names_are_the_settings_ones(tmp_path: Path, rules: Path) -> None:
    """With --config the settings' rules are used, under the field names of its taxonomy."""
    shutil.copytree(bundled("taxonomies") / "sigma", tmp_path / "names")
    windows = tmp_path / "names" / "windows.yml"
    names = yaml.safe_load(windows.read_text(encoding="utf-8"))
    names.setdefault("fields", {})["Payload"] = ["Data"]
    windows.write_text(yaml.safe_dump(names), encoding="utf-8")
    own = RULES.replace("Data|contains", "Payload|contains")
    (rules / "two.yml").write_text(own, encoding="utf-8")
    settings = {"content": {"paths": ["rules"], "taxonomy": "names"}}
    (tmp_path / "own.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    given = record(8, Data="a needle")
    assert run("--rules", rules, given=given)[1] == []
    result, lines = run("--config", tmp_path / "own.yml", given=given)
    assert result.exit_code == 0
    assert [line["rule"]["title"] for line in lines] == ["Eight"]


def test_without_rules_ours_are_used() -> None:
    """Without --rules the bundled rules and correlations are used."""
    told = "u : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/virsh destroy app01"
    line = f"<85>1 2026-03-02T22:13:20+05:00 hv01 sudo 720 - - {told}"
    result, lines = run(given=line)
    assert result.exit_code == 0
    assert [line["rule"]["title"] for line in lines] == ["Virtual Machine Switched Off on Its Host"]


def test_rows_are_matched_under_their_header(rules: Path, tmp_path: Path) -> None:
    """Rows of a file are named by the header before them, and counted through all headers."""
    (rules / "web.yml").write_text(
        "title: Missing\nid: 00000000-0000-4000-8000-000000000009\nlevel: low\n"
        "logsource: {category: webserver}\ndetection: {s: {sc-status: 404}, condition: s}\n"
    )
    path = tmp_path / "ex.log"
    path.write_text(
        "#Fields: date time cs-uri-stem s-port sc-status\n2026-03-02 09:00:00 /a 80 200\n"
        "#Fields: date time sc-status s-port cs-uri-stem\n2026-03-02 09:00:01 404 80 /b\n"
    )
    result = CliRunner().invoke(app, ["match", "--rules", str(rules), str(path)])
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(line["index"], line["rule"]["title"]) for line in found] == [(1, "Missing")]
