"""Real Windows events in XML: the event is the one that the EVTX record gives."""

import io
import re
import tarfile
from collections.abc import Iterator
from typing import Any

import pytest
from evtx import PyEvtxParser

from pipeline.model import Event
from pipeline.normalize import read_stream
from tests.normalize.reading import batch_of, normalized
from tests.normalize.shared import shared

# What XML cannot write: the library puts such characters down as they are.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffd]")


def logs(name: str) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(shared(name)) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.name.endswith(".evtx") else None
            if content is not None:
                yield member.name, content.read()


def events_of(records: list[bytes]) -> list[Event]:
    found = normalized(batch_of(*records))
    assert [item for item in found if not isinstance(item, Event)] == []
    return [item for item in found if isinstance(item, Event)]


def told(event: Event) -> Any:
    """Give what an event says; XML writes every value as text and an absent one as an empty one."""
    return event.time, plain(event.ecs), plain(event.native)


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: said for name, one in value.items() if (said := plain(one)) != ""}
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else _UNWRITABLE.sub("?", str(value)).rstrip()


@pytest.mark.parametrize(
    ("name", "records"), [("evtx-cc0.tar.xz", 4_345), ("sigmahq-regression.tar.xz", 133)]
)
def test_an_event_in_xml_is_the_evtx_record_s(name: str, records: int) -> None:
    """Each record's XML, alone and as a file of all, gives what its EVTX record gives."""
    compared = 0
    for path, content in logs(name):
        ours = [one.data for one in read_stream(io.BytesIO(content), "evtx")]
        parser: Any = PyEvtxParser(io.BytesIO(content))
        theirs = [one["data"].encode() for one in parser.records()]
        cut = [one.data for one in read_stream(io.BytesIO(b"\n".join(theirs)))]
        assert [one.rpartition(b"?>\n")[2].strip() for one in theirs] == cut, path
        pairs = zip(events_of(ours), events_of(cut), strict=True)
        for number, (wanted, found) in enumerate(pairs):
            assert told(found) == told(wanted), (path, number)
            assert found.format == "windows_xml"
            compared += 1
    assert compared == records
