"""The fields that an event of each format must fill."""

import pytest

from pipeline.normalize import missing_fields, required_fields
from tests.normalize.reading import event_of

WINDOWS = (
    '{"EventID": 4624, "Channel": "Security", "Hostname": "dc", '
    '"@timestamp": "2026-03-02T09:00:00Z"}'
)


@pytest.mark.parametrize(
    ("record", "missing"),
    [
        (WINDOWS, ()),
        (WINDOWS.replace('"Hostname": "dc", ', ""), ("host.name", "native.Computer")),
        (WINDOWS.replace(', "@timestamp": "2026-03-02T09:00:00Z"', ""), ("time",)),
        ("<13>text", ()),
        ("<13>1 - - - - - -", ()),
        ('{"a": 1}', ()),
    ],
)
def test_what_is_missing_is_named(record: str, missing: tuple[str, ...]) -> None:
    """An event's missing fields are those of its format's list that it leaves empty."""
    assert missing_fields(event_of(record)) == missing


def test_a_format_without_a_list_is_told() -> None:
    """An event of a format without a list does not pass in silence."""
    event = event_of("<13>text")
    event.format = "other"
    assert missing_fields(event) == ("a list of required fields for other",)


def test_every_requirement_asks_for_more_than_a_message() -> None:
    """No format is content with an event that holds its message only."""
    for name, wanted in required_fields().items():
        assert set(wanted) - {"event.kind", "event.dataset", "time", "message"}, name
