"""Reports that people enter by hand."""

import orjson
import pytest

from pipeline.incidents.reports import report_of, report_problems
from pipeline.model import Command, Json, instant

NOW = instant("2026-03-02T12:00:00Z")
DETAIL: Json = {
    "object": "kz-bank",
    "kind": "citizen",
    "what": "The payment desk shows a stranger's account",
    "happened_at": "2026-03-02T16:50:00+05:00",
    "acts": ["leak"],
    "attachments": [{"name": "shot.png", "sha256": "a" * 64, "size": 3}],
}


def command(
    role: str = "operator", reason: str = "the citizens' line", **changes: object
) -> Command:
    return Command("report", role, "a.serik", reason, NOW, {**DETAIL, **changes})


def test_a_report_is_one_line_of_json() -> None:
    """A report's record is one line with its schema, and names who entered it and when."""
    asked = command()
    line = report_of(asked).record()
    assert b"\n" not in line
    assert orjson.loads(line) == {
        **DETAIL,
        "schema": "saqshy.report/1",
        "report": asked.id,
        "entered_at": "2026-03-02T12:00:00Z",
        "entered_by": "operator/a.serik",
        "reporter": "",
        "channel": "",
        "harms": [],
        "failure": "unknown",
        "functioning_threat": "unknown",
    }
    assert list(report_problems(asked)) == []


def test_nobody_enters_in_the_name_of_another() -> None:
    """Who entered it, when, and its id come from the command, whatever its detail claims."""
    claimed = {"entered_by": "duty_lead/boss", "entered_at": "2020-01-01T00:00:00Z", "report": "x"}
    assert report_of(command(**claimed)) == report_of(command())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"role": "viewer"}, "the role 'viewer' may not do this"),
        ({"reason": "short"}, "the reason must say why"),
        ({"kind": "robot"}, "kind: Input should be"),
        ({"what": "short"}, "what: String should have at least 10"),
        ({"acts": ["No Act"]}, "acts.0"),
        ({"failure": "maybe"}, "failure"),
        ({"happened_at": "yesterday"}, "yesterday"),
        ({"happened_at": "2026-03-02T12:00:01Z"}, "lies after the time of entering"),
        ({"attachments": [{"name": "x", "sha256": "zz", "size": 1}]}, "attachments.0.sha256"),
        ({"colour": "red"}, "colour: Extra inputs are not permitted"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_is_wrong_is_told(changes: dict[str, object], words: str) -> None:
    """A wrong role, word, time, hash or key is told by its name."""
    assert words in "; ".join(report_problems(command(**changes)))  # type: ignore[arg-type]
