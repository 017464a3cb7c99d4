"""What goes through the pipes of a matching process: tagged frames, and their bodies.

To the process: ``SETUP``, ``BATCH``, ``WARM``, ``BUNDLE``. From it: ``OBSERVED``, ``BROKE``,
``WARMED``, ``WANTED``. Bodies are JSON and bytes, never code: a process that reads what strangers
send must not be able to make the other do anything.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import orjson

from connectors.stores.blocks import Block, PackedEvents, pack_events
from pipeline.model import (
    Event,
    Failure,
    Observation,
    RawBatch,
    Revisions,
    batch_parts,
    from_json,
    to_json,
    unpack_batch,
)
from pipeline.normalize.clock_skew import ClockSkew
from pipeline.runtime.chain import Observed

SETUP, BATCH, WARM, BUNDLE = b"S", b"B", b"W", b"K"
OBSERVED, BROKE, WARMED, WANTED = b"O", b"E", b"D", b"N"
HEAD = struct.Struct("<cQ")  # a frame's tag, and how many bytes follow
_NUMBER = struct.Struct("<Q")


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage's work on one batch, as it is counted; ``gave`` what came of it."""

    name: str
    items: int
    seconds: float
    gave: int = 0


@dataclass(frozen=True, slots=True)
class Use:
    """What a process has used since it began: seconds of its core, bytes of memory at most."""

    cpu_seconds: float
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class Spent:
    """How often a rule was asked about an event, and the seconds of a core that it took."""

    asked: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Counts:
    """What is counted beside a batch, since this was told last: stages, and rules by their id."""

    stages: tuple[Stage, ...] = ()
    rule_errors: dict[str, int] = field(default_factory=dict)
    rule_costs: dict[str, Spent] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """What a batch came to; ``block`` is that of its events without their data, None of none."""

    observation: Observation
    failures: tuple[Failure, ...]
    stopped: tuple[int, ...]
    indexes: tuple[int, ...]
    delays: tuple[tuple[str, str, ClockSkew], ...]
    block: Block | None
    counts: Counts
    use: Use


def frame(tag: bytes, body: bytes) -> bytes:
    """Write a frame."""
    return HEAD.pack(tag, len(body)) + body


def numbered(number: int, body: bytes) -> bytes:
    """Write a body that says which batch it is about."""
    return _NUMBER.pack(number) + body


def unnumbered(body: bytes) -> tuple[int, bytes]:
    """Read what ``numbered`` wrote."""
    return _NUMBER.unpack_from(body)[0], body[_NUMBER.size :]


def pack_warm(stamp: Revisions, parts: Sequence[bytes]) -> bytes:
    """Write the revisions to make ready, and packed batches to try them on."""
    head = {"sizes": [len(part) for part in parts], "stamp": to_json(stamp).decode()}
    return orjson.dumps(head) + b"\n" + b"".join(parts)


def unpack_warm(body: bytes) -> tuple[Revisions, list[RawBatch]]:
    """Read what ``pack_warm`` wrote."""
    line, _, data = body.partition(b"\n")
    head = orjson.loads(line)
    parts, at = [], 0
    for size in head["sizes"]:
        parts.append(unpack_batch(data[at : at + size]))
        at += size
    return from_json(Revisions, head["stamp"]), parts


def pack_batch_frame(number: int, batch: RawBatch) -> bytes:
    """Write a batch for a matching process."""
    parts = (_NUMBER.pack(number), *batch_parts(batch))
    return b"".join((HEAD.pack(BATCH, sum(map(len, parts))), *parts))


def pack_observed(batch: RawBatch, observed: Observed, counts: Counts, use: Use) -> bytes:
    """Write what a batch came to, its events as the block that a store keeps."""
    events = observed.events
    block = pack_events(batch.id, batch.object_id, events) if events else None
    told = Told(
        observation=observed.observation,
        failures=tuple(observed.failures),
        stopped=tuple(observed.stopped),
        indexes=tuple(observed.indexes),
        delays=tuple((*names, skew) for names, skew in observed.delays.items()),
        block=replace(block, data=b"") if block else None,
        counts=counts,
        use=use,
    )
    return to_json(told) + b"\n" + (block.data if block else b"")


def unpack_observed(body: bytes) -> tuple[Told, Observed]:
    """Read what ``pack_observed`` wrote of a batch; ValueError where the bytes are not that."""
    line, _, data = body.partition(b"\n")
    told = from_json(Told, line)
    events: Sequence[Event] = ()
    if told.block is not None:
        events = PackedEvents(replace(told.block, data=data))
    delays = {(object_id, source_id): skew for object_id, source_id, skew in told.delays}
    return told, Observed(
        events, told.failures, told.observation, told.stopped, told.indexes, delays
    )
