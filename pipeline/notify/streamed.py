"""A batch of streamed events on the wire, as a closed schema for whoever receives one.

A head in JSON and a line for each event. The sender writes it by ``pipeline/notify/streaming.py``;
which fields may stand in an event is the law pack's, so that here their form alone is held.
"""

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from pipeline.model import Instant
from pipeline.notify.letter import Addressee
from pipeline.notify.payload import Closed, Code, Id, Line, Name, Place

FieldName: TypeAlias = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+){0,7}$")
]
_Single: TypeAlias = str | int | float | bool
MOST_EVENTS = 20_000


class StreamHead(Closed):
    """Which stretch of which stream it is; a place is opaque to a receiver but for equality."""

    format: Literal["saqshy-events-1"]
    id: Id
    stream: Id
    number: Annotated[int, Field(ge=1)]
    begin: Place
    end: Place
    count: Annotated[int, Field(ge=0, le=MOST_EVENTS)]
    recipient: Addressee
    created_at: Instant
    basis: Line
    set_by: Name
    centre: Line


class StreamedEvent(Closed):
    """One event; ``cut``: its fields took more room than a batch has, and stayed."""

    id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}-[0-9]{1,6}$")]
    at: Annotated[Instant, Field(alias="@timestamp")]
    object: Code
    source: Name
    received_at: Instant
    time_confidence: Name
    format: Name
    fields: dict[FieldName, _Single | list[_Single]]
    cut: bool


@dataclass(frozen=True, slots=True)
class StreamedBatch:
    """A batch as read."""

    head: StreamHead
    events: tuple[StreamedEvent, ...]


class NoBatch(ValueError):
    """The bytes are no batch; ``places`` name the keys that do not fit, never their values."""

    def __init__(self, places: list[str]) -> None:
        self.places = places
        super().__init__("no batch of events: " + ", ".join(places))


_EVENT: TypeAdapter[StreamedEvent] = TypeAdapter(StreamedEvent)


def read_batch(content: bytes) -> StreamedBatch:
    """Read a batch by its closed schema; NoBatch where it does not fit."""
    first, _, rest = content.partition(b"\n")
    try:
        head = StreamHead.model_validate_json(first)
        lines = rest.split(b"\n")[:-1] if rest else []
        events = tuple(_EVENT.validate_json(line) for line in lines)
    except ValidationError as error:
        found = {".".join(map(str, item["loc"])) for item in error.errors(include_url=False)}
        raise NoBatch(sorted(place[:100] for place in found)[:20]) from error
    if len(events) != head.count or (rest and not rest.endswith(b"\n")):
        raise NoBatch(["count"])
    return StreamedBatch(head, events)
