"""What arrives: batches of raw records, and the failures among them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

import orjson

from pipeline.model.times import Instant
from pipeline.model.wire import identity

ENDING = "end-of-replay"  # the source of the tick that ends a replay


class BatchKind(StrEnum):
    """What a batch carries: records of a source, the time, what was refused, a person's command."""

    RAW = "raw"
    CLOCK = "clock"
    REFUSED = "refused"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Revisions:
    """The content, registry and law pack in force where a batch was made: short hashes."""

    content: str = ""
    registry: str = ""
    pack: str = ""


@dataclass(frozen=True, slots=True)
class RecordNote:
    """What the collector says of one record of a batch.

    ``withheld``: a valid secrecy mark stood in a declared field; the bytes were not kept.
    ``suspected``: a mark stood elsewhere; the bytes were not kept. ``oversized``, ``truncated``,
    ``corrupt``: framing could not give the whole record; its bytes are what could be read.
    """

    index: int
    kind: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class RawBatch:
    """Many records of one source of one object: the unit that crosses a queue.

    ``records`` holds each record's bytes exactly as framed, without the frame. ``sequence`` counts
    from 1 within (object, source); ``previous`` is the sequence before it, 0 for the first.
    ``resume`` is where the source continues after this batch (opaque, "" where it cannot).
    ``format`` is "" where the registry's source says it, ``auto`` where each record's content does.
    ``reference_at`` resolves times without year or zone: the receive time, or a file's own date.
    ``preamble`` is what a file says once for all records behind it (column names): bytes of its
    own, as the framing found them, b"" where there are none.
    A clock batch is one record, the RFC 3339 time. A refused batch holds reasons as records and
    nothing of what was refused. A command batch holds one ``Command`` as JSON.
    """

    id: str
    object_id: str
    source_id: str
    sequence: int
    previous: int
    received_at: Instant
    reference_at: Instant
    format: str
    records: tuple[bytes, ...]
    notes: tuple[RecordNote, ...] = ()
    kind: BatchKind = BatchKind.RAW
    resume: str = ""
    revisions: Revisions = Revisions()
    preamble: bytes = b""


def pack_batch(batch: RawBatch) -> bytes:
    """Write a batch as one JSON line (all but the bytes, with their lengths) and the bytes."""
    return b"".join(batch_parts(batch))


def batch_parts(batch: RawBatch) -> Sequence[bytes]:
    """Give what ``pack_batch`` writes in parts, for who joins them with more."""
    head = asdict(replace(batch, records=()))  # else every record is copied on its own
    head["records"] = [len(record) for record in batch.records]
    head["preamble"] = len(batch.preamble)
    return (orjson.dumps(head) + b"\n", batch.preamble, *batch.records)


def unpack_batch(data: bytes) -> RawBatch:
    """Read what ``pack_batch`` wrote; raises ValueError where the bytes are not that."""
    line, _, body = data.partition(b"\n")
    head = orjson.loads(line)
    at = head.get("preamble", 0)
    head["preamble"] = body[:at]
    records = []
    for length in head["records"]:
        records.append(body[at : at + length])
        at += length
    if at != len(body):
        raise ValueError(f"a batch of {at} bytes carries {len(body)}")
    head["records"] = tuple(records)
    head["notes"] = tuple(RecordNote(**note) for note in head["notes"])
    head["kind"] = BatchKind(head["kind"])
    head["revisions"] = Revisions(**head["revisions"])
    return RawBatch(**head)


class FailureCode(StrEnum):
    """Why a record could not be processed: the bounded set behind metrics and dead letters."""

    EMPTY = "empty"
    OVERSIZED = "oversized"
    TRUNCATED = "truncated"
    CORRUPT = "corrupt"
    BINARY = "binary"
    ENCODING = "encoding"
    SYNTAX = "syntax"
    UNKNOWN_FORMAT = "unknown_format"
    MISSING_FIELD = "missing_field"
    TOO_DEEP = "too_deep"
    RULE_ERROR = "rule_error"
    POISON = "poison"
    UNINDEXED = "unindexed"  # the store keeps it, and finds it by object, time and place only


@dataclass(frozen=True, slots=True)
class Failure:
    """One record that a stage could not process: a value, kept in the dead letters, replayable.

    ``raw`` refers to the bytes: batch id and record index in the journal.
    """

    batch_id: str
    index: int
    object_id: str
    source_id: str
    stage: str
    code: FailureCode
    detail: str
    received_at: Instant

    @property
    def id(self) -> str:
        """Deterministic: batch, record and stage."""
        return identity("failure", self.batch_id, self.index, self.stage)
