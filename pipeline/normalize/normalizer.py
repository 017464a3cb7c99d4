"""Batches of raw records to events and failures.

Every record but the collector's stubs gives an event. What no parser takes gives both a failure, to
be reviewed and replayed, and an event of the format ``unknown``, so that rules and people see it; a
record without content gives a failure alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from hashlib import sha256

from pipeline.lookalikes import NOTE as LOOKALIKES
from pipeline.lookalikes import disguised
from pipeline.model import (
    INDICATOR,
    BatchKind,
    Event,
    Failure,
    FailureCode,
    Json,
    RawBatch,
    RecordNote,
    TimeConfidence,
    rfc3339,
)
from pipeline.normalize.formats.names import parser
from pipeline.normalize.jsontext import empty
from pipeline.normalize.letters import is_ascii
from pipeline.normalize.limits import FUTURE_LIMIT
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.unknown import unknown

STAGE = "normalize"

# The collector kept a stub instead of the bytes: there is nothing to read, and nothing failed.
STUBS = frozenset({"withheld", "suspected"})
_BROKEN = {
    "oversized": Refusal(
        FailureCode.OVERSIZED,
        "is longer than a record may be and was cut: raise batch.record_bytes, or make the sender "
        "split it",
    ),
    "truncated": Refusal(
        FailureCode.TRUNCATED,
        "ends before its end: the file or the connection stopped inside it; send it again",
    ),
    "corrupt": Refusal(
        FailureCode.CORRUPT,
        "cannot be read from its file or stream: export or send it again",
    ),
}


@dataclass(frozen=True, slots=True)
class Profile:
    """What the registry says of a source that its records do not.

    ``format`` is a name of ``formats.FORMATS``, ``zone`` reads zone-less times, ``trial`` tags the
    events of an object in trial operation, ``mark_fields`` is the collector's concern, ``columns``
    the header of rows that come without one.
    """

    format: str = "auto"
    zone: tzinfo = UTC
    trial: bool = False
    mark_fields: tuple[str, ...] = ()
    columns: str = ""


@dataclass(frozen=True, slots=True)
class Normalized:
    """What one batch's records became, both in the records' order.

    A record that no parser takes is in both.
    """

    events: list[Event]
    failures: list[Failure]


@dataclass(frozen=True, slots=True)
class Normalizer:
    """Reads each record of a batch in its source's format; ``profile`` is by object and source.

    ``enrich`` adds to a batch's events what others know of their values. ``versions`` are what the
    events name as having made them.
    """

    profile: Callable[[str, str], Profile]
    enrich: Callable[[Sequence[Event]], None] | None = None
    versions: Json = field(default_factory=dict)

    def __call__(self, batch: RawBatch) -> Normalized:
        """Give an Event for each record but the collector's stubs, a Failure for what is unread.

        Raises ConfigurationError where the batch or the profile names an unknown format.
        """
        events: list[Event] = []
        failures: list[Failure] = []
        if batch.kind is not BatchKind.RAW:
            return Normalized(events, failures)
        profile = self.profile(batch.object_id, batch.source_id)
        parse = parser(batch.format or profile.format)
        preamble = batch.preamble or profile.columns.encode()
        context = Context(batch.received_at, batch.reference_at, profile.zone, preamble)
        notes = _by_index(batch.notes)
        for index, record in enumerate(batch.records):
            answer: Parsed | Refusal
            if index in notes:
                kind = notes[index].kind
                if kind in STUBS:
                    continue
                answer = _noted(notes[index]) or parse(record, context)
            else:
                answer = parse(record, context)
            if isinstance(answer, Refusal):
                refused = _failure(batch, index, record, answer)
                failures.append(refused)
                if refused.code is FailureCode.EMPTY or not record:
                    continue
                answer = unknown(record, answer, context)
            events.append(_event(batch, index, record, answer, profile, self.versions))
        if self.enrich is not None:
            self.enrich(events)
        return Normalized(events, failures)


def _by_index(notes: tuple[RecordNote, ...]) -> dict[int, RecordNote]:
    """Give the note of each noted record; what was withheld counts before what was broken."""
    found: dict[int, RecordNote] = {}
    for note in notes:
        if note.index not in found or note.kind in STUBS:
            found[note.index] = note
    return found


def _noted(note: RecordNote) -> Refusal | None:
    broken = _BROKEN.get(note.kind)
    if broken is None or not note.detail:
        return broken
    return Refusal(broken.code, f"{note.detail}: it {broken.detail}")


def _event(
    batch: RawBatch, index: int, record: bytes, answer: Parsed, profile: Profile, versions: Json
) -> Event:
    time, confidence, notes = answer.time, answer.confidence, answer.notes
    if _is_disguised(answer):
        notes = (*notes, LOOKALIKES)
    if "threat" in answer.ecs and "enrichments" in answer.ecs["threat"]:
        notes = (*notes, INDICATOR)
    received_at = batch.received_at
    if time is None:
        time, confidence = received_at, TimeConfidence.RECEIVED
    elif time > received_at + FUTURE_LIMIT:
        notes = (*notes, f"clamped:{_shown(time)}")
        time, confidence = received_at, TimeConfidence.CLAMPED
    return Event(
        batch.id,
        index,
        batch.object_id,
        batch.source_id,
        time,
        received_at,
        confidence,
        sha256(record).hexdigest(),
        answer.format,
        answer.taxonomy,
        answer.ecs,
        answer.native,
        profile.trial,
        notes,
        versions,
    )


def _is_disguised(answer: Parsed) -> bool:
    """Tell whether rules see more when look-alike letters are folded."""
    if not is_ascii(answer.native) and disguised(answer.native):
        return True
    if answer.taxonomy == "windows":  # there ECS repeats the native
        return False
    return not is_ascii(answer.ecs) and disguised(answer.ecs)


def _shown(time: int) -> str:
    try:
        return rfc3339(time)
    except (OverflowError, ValueError):
        return str(time)


def _failure(batch: RawBatch, index: int, record: bytes, refusal: Refusal) -> Failure:
    if refusal.code not in (FailureCode.CORRUPT, FailureCode.TRUNCATED) and not record.strip(
        b" \t\r\n\x00"
    ):
        refusal = empty()
    return Failure(
        batch.id,
        index,
        batch.object_id,
        batch.source_id,
        STAGE,
        refusal.code,
        refusal.detail,
        batch.received_at,
    )
