"""The benchmark of matching tells ratios, losses and the dearest rules."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.runtime.cli.app import app

RULE = """
title: Needle
id: 00000000-0000-4000-8000-000000000001
logsource: {product: windows}
detection:
  selection: {Image|endswith: '\\\\needle.exe'}
  condition: selection
"""


@pytest.fixture
def stream(tmp_path: Path) -> Path:
    lines = [
        json.dumps({"Channel": "Security", "EventID": 4688, "Image": f"C:\\{name}.exe", "N": n})
        for n, name in enumerate(["needle", "hay", "hay", "needle", "straw"])
    ]
    path = tmp_path / "stream.ndjson"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "rule.yml").write_text(RULE, encoding="utf-8")
    return path


def run(stream: Path, *more: str) -> dict[str, object]:
    given = ["bench", "match", str(stream), "--rules", str(stream.parent / "rule.yml"), *more]
    answer = CliRunner().invoke(app, [*given, "--rounds", "2", "--json"])
    assert answer.exit_code == 0, answer.output
    found = json.loads(answer.stdout.splitlines()[-1])
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("more", [(), ("--portable",), ("--unremembered",)], ids=str)
def test_matching_is_measured(stream: Path, more: tuple[str, ...]) -> None:
    """Every event of a stream is matched, whatever matches it, and the ratio is one."""
    found = run(stream, *more)
    measured = found["streams"]["stream"]  # type: ignore[index]
    assert (measured["events"], measured["matches"], measured["failures"]) == (5, 2, 0)
    assert 0 < measured["R"] < 1
    assert measured["R_spread"][0] <= measured["R"] <= measured["R_spread"][1]
    assert found["rules"] == 1


def test_the_dearest_rules_are_told(stream: Path) -> None:
    """With a number of rules to show, each is told with how often it was asked."""
    found = run(stream, "--costs", "3", "--unremembered")
    dearest = found["dearest_rules"][0]  # type: ignore[index]
    assert dearest["title"] == "Needle"
    assert dearest["asked"] == 2 * 3
