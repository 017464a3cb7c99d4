"""ArcSight's Common Event Format beyond the reviewed records."""

import pytest
from hypothesis import given

from pipeline.model import FailureCode
from tests.normalize.mutations import broken, expect_one_outcome
from tests.normalize.reading import at, event_of, failure_of

HEAD = "CEF:0|Example|Gate|7.1|100|probe|"


@pytest.mark.parametrize(
    ("said", "severity"),
    [
        ("0", 0), ("10", 10), ("Unknown", 0), ("Low", 0), ("medium", 4), ("High", 7),
        ("Very-High", 9), ("", None), ("loud", None), ("-1", None), ("99999", None),
    ],
)  # fmt: skip
def test_severities(said: str, severity: int | None) -> None:
    """A number is itself, a word the least number that it stands for, anything else none."""
    assert at(event_of(f"{HEAD}{said}|src=192.0.2.1").ecs, "event.severity") == severity


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"a\=b", "a=b"),
        (r"a\\b", r"a\b"),
        (r"a\nb", "a\nb"),
        (r"a\|b", "a|b"),
        (r"a|b", "a|b"),
        (r"C:\Windows\new", r"C:\Windows\new"),
        (r"C:\Windows\=x", r"C:\Windows=x"),
        (r"\\server\\share", r"\server\share"),
        ("ends with a backslash \\", "ends with a backslash \\"),
        ("a=b", "a=b"),
    ],
)
def test_values_of_the_extension(written: str, read: str) -> None:
    """Escapes are undone where the sender escapes, and a path keeps its backslashes otherwise."""
    assert event_of(f"{HEAD}5|filePath={written} dst=198.51.100.1").native["filePath"] == read


def test_a_key_begins_behind_white_space_only() -> None:
    """An equals sign inside a word of a value begins no key."""
    event = event_of(f"{HEAD}5|request=http://example.org/?src=1&dst=2 dst=198.51.100.1")
    assert event.native["request"] == "http://example.org/?src=1&dst=2"
    assert at(event.ecs, "destination.ip") == "198.51.100.1"


@pytest.mark.parametrize("record", ["CEF:0", "CEF:0|", "CEF:0|vendor"])
def test_what_has_no_product_is_refused(record: str) -> None:
    """What begins as CEF and names no product is a failure that names the way out."""
    failure = failure_of(record)
    assert failure.code is FailureCode.SYNTAX
    assert "format to auto" in failure.detail


def test_another_line_of_a_cef_source_is_an_event_of_its_header() -> None:
    """A source whose format is CEF loses nothing that its device sends otherwise."""
    event = event_of("<13>Mar  2 14:00:00 gw01 gate: restarted", "cef")
    assert (event.format, at(event.ecs, "message")) == ("rfc3164", "restarted")


@given(record=broken("cef"))
def test_broken_records_come_to_an_end(record: bytes) -> None:
    """Whatever is done to a record, it gives an event or a failure."""
    expect_one_outcome(record, "auto")
    expect_one_outcome(record, "cef")
