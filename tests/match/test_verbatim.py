"""The formats whose records are scanned for keywords say every text of their events."""

import json
from collections.abc import Iterator
from datetime import UTC
from typing import Any

import pytest

from pipeline.match.keywords import VERBATIM
from pipeline.match.view import Plans, View
from pipeline.model import Event, RawBatch
from pipeline.normalize import Normalizer, Profile
from tests.match.sigmahq import NATURAL, PROCESS, lines_of
from tests.match.test_shapes import ACTIVITIES


def events_of(records: list[bytes]) -> Iterator[Event]:
    normalize = Normalizer(lambda _object, _source: Profile("auto", UTC))
    for at in range(0, len(records), 500):
        part = tuple(records[at : at + 500])
        batch = RawBatch("b", "o", "s", 1, 0, 2**62, 2**62, "auto", part)
        yield from normalize(batch).events


def told(value: Any) -> Iterator[str]:
    """Give the texts of a decoded document, of the names of its fields too."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from told(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from told(inner)
    else:
        yield value if isinstance(value, str) else json.dumps(value)


def missing(records: list[bytes]) -> list[tuple[str, str]]:
    """Give the texts of events that no string of their records contains, numbers aside."""
    found = []
    for index, event in enumerate(events_of(records)):
        if event.format not in VERBATIM or event.notes:
            continue
        strings = list(told(json.loads(records[index % 500 + index // 500 * 500])))
        for text in View(Plans({}), event.native, event.ecs).originals(None):
            number = text.lstrip("-").replace(".", "", 1).isdigit()
            if not number and not any(text in string for string in strings):
                found.append((event.format, text))
    return found


@pytest.mark.parametrize("stream", [NATURAL, PROCESS], ids=["natural", "process"])
def test_real_records_say_every_text_of_their_events(stream: str) -> None:
    """No text of an event of a verbatim format is made by the normaliser."""
    assert missing(list(lines_of(stream, 7))) == []


def test_every_shape_says_every_text_of_its_event() -> None:
    """The same in each shape of each activity that the suite knows."""
    records = [
        record
        for activity in ACTIVITIES
        for record in activity.shapes.values()
        if record.startswith(b"{")
    ]
    assert missing(records) == []


def test_every_verbatim_format_is_tried() -> None:
    """The real streams and the shapes hold events of every format that is called verbatim."""
    records = [*lines_of(NATURAL, 7), *(r for a in ACTIVITIES for r in a.shapes.values())]
    assert {event.format for event in events_of(records)} >= VERBATIM
