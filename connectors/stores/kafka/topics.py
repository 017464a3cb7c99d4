"""The cluster's topics: their names, and what a message of each holds.

    raw           a batch, to any partition; its headers say whose it is
    events        the events of one batch, in one message or several
    failures      what could not be read, by batch
    observations  by object: an observation, a batch for every fold, or findings from the centre
    outcomes      by object: what one step of a fold came to; ticks and commands for the notifier
    commands, notices   JSON as it is        audit   entries, chained
    asked         commands of processes that only look, until a collector journals them
    checkpoints   signed statements over all chains
    tails, bundles      see the modules of these names

Every ``unpack_*`` gives ``Unread`` instead of raising; every ``pack_*`` gives what fits a message,
or what ``frames.MOST_MESSAGE`` lets a sender refuse.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import orjson

from connectors.stores.kafka.frames import (
    HEAD,
    MOST_MESSAGE,
    MOST_UNPACKED,
    VERSION,
    Unread,
    document_framed,
    document_unframed,
    framed,
    unframed,
)
from pipeline.model import (
    AuditEntry,
    Command,
    Failure,
    Finding,
    Incident,
    Json,
    Notice,
    Observation,
    RawBatch,
    from_json,
    pack_batch,
    to_json,
    unpack_batch,
)
from pipeline.model.checkpoint import Checkpoint

__all__ = [
    "CENTRE_KEY",
    "MOST_MESSAGE",
    "MOST_UNPACKED",
    "TOPICS",
    "VERSION",
    "Across",
    "Failed",
    "Posted",
    "Told",
    "Topics",
    "Unread",
    "pack_across",
    "pack_audit",
    "pack_checkpoint",
    "pack_command",
    "pack_events",
    "pack_failures",
    "pack_notice",
    "pack_observation",
    "pack_outcome",
    "pack_posted_batch",
    "pack_raw",
    "raw_headers",
    "unpack_audit",
    "unpack_checkpoint",
    "unpack_command",
    "unpack_events",
    "unpack_failures",
    "unpack_notice",
    "unpack_outcome",
    "unpack_posted",
    "unpack_raw",
]

TOPICS = (
    "raw",
    "tails",
    "bundles",
    "asked",
    "commands",
    "events",
    "failures",
    "observations",
    "centre",
    "outcomes",
    "notices",
    "audit",
    "checkpoints",
)
CENTRE_KEY = b"@centre"
MOST_LINES = 4 * 1024 * 1024  # bytes of documents in one message, unless one alone has more


@dataclass(frozen=True, slots=True)
class Topics:
    """The full names of the topics under a prefix, as ``topics("raw")``."""

    prefix: str = "saqshy."

    def __call__(self, name: str) -> str:
        """Give a topic's full name; KeyError where there is no such topic."""
        if name not in TOPICS:
            raise KeyError(name)
        return self.prefix + name


@dataclass(frozen=True, slots=True)
class Failed:
    """What a batch could not give; ``place`` is where it stands: ``raw/<partition>/<offset>``."""

    place: str
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class Across:
    """What the centre found of one object, and the observation by which it did (no matches)."""

    observation: Observation
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Posted:
    """One message of ``observations`` or ``centre``: of its three contents the one of its kind.

    ``collector`` made the batch: a source's sequence counts within (collector, object, source).
    ``via`` is the partition through which it came: a tick holds behind all that lies before it
    there, and before all that lies behind it, and comes to pass once it came through all.
    """

    kind: Literal["observation", "batch", "findings"]
    collector: str
    observation: Observation | None = None
    batch: RawBatch | None = None
    across: Across | None = None
    via: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """What one step of a fold came to; ``drafts`` are entries of the audit trail, not chained yet.

    ``cause`` is the id of the batch that was folded, ``at`` its receive time in nanoseconds.
    """

    object_id: str
    cause: str
    at: int
    findings: tuple[Finding, ...] = ()
    incidents: tuple[Incident, ...] = ()
    notices: tuple[Notice, ...] = ()
    drafts: tuple[Json, ...] = field(default=())


def raw_headers(
    batch: RawBatch, collector: str, listener: str, position: int = 0
) -> list[tuple[str, bytes]]:
    """Give a raw message's headers: what a collector needs of it to know where it stands.

    ``position`` counts all batches of the collector.
    """
    return [
        ("collector", collector.encode()),
        ("position", b"%d" % position),
        ("listener", listener.encode()),
        ("object", batch.object_id.encode()),
        ("source", batch.source_id.encode()),
        ("sequence", b"%d" % batch.sequence),
        ("batch", batch.id.encode()),
        ("kind", batch.kind.value.encode()),
        ("resume", batch.resume.encode()),
    ]


def pack_raw(batch: RawBatch) -> bytes:
    """Write a message of ``raw``."""
    return framed(pack_batch(batch))


def unpack_raw(value: bytes | None) -> RawBatch | Unread:
    """Read a message of ``raw``."""
    return unframed(value, unpack_batch)


def pack_events(lines: bytes) -> Iterator[bytes]:
    """Write the messages of ``events`` from one batch's NDJSON, none where there are no events."""
    begin = 0
    while begin < len(lines):
        end = len(lines)
        if end - begin > MOST_LINES:
            at = lines.rfind(b"\n", begin, begin + MOST_LINES + 1)
            at = at if at > begin else lines.find(b"\n", begin)
            end = at if at > 0 else end
        yield framed(lines[begin:end])
        begin = end + 1


def unpack_events(value: bytes | None) -> bytes | Unread:
    """Read a message of ``events``: NDJSON without a last line end."""
    return unframed(value, bytes)


def pack_failures(failed: Failed) -> bytes:
    """Write a message of ``failures``."""
    return framed(to_json(failed))


def unpack_failures(value: bytes | None) -> Failed | Unread:
    """Read a message of ``failures``."""
    return unframed(value, lambda data: from_json(Failed, data))


def pack_observation(observation: Observation, collector: str, via: int = 0) -> bytes:
    """Write an observation for the fold of its object, or for the centre."""
    return framed(_named(collector, via) + to_json(observation), b"O")


def pack_posted_batch(batch: RawBatch, collector: str, via: int = 0) -> bytes:
    """Write a batch that folds read by themselves: a tick, or what a person asked."""
    return framed(_named(collector, via) + pack_batch(batch), b"B")


def pack_across(across: Across, collector: str) -> bytes:
    """Write what the centre found of one object."""
    return framed(_named(collector) + to_json(across), b"F")


def unpack_posted(value: bytes | None) -> Posted | Unread:
    """Read a message of ``observations`` or ``centre``."""
    tag = (value or b"")[HEAD : HEAD + 1]
    if tag == b"O":
        return unframed(value, _observation, 1)
    if tag == b"B":
        return unframed(value, _batch, 1)
    if tag == b"F":
        return unframed(value, _across, 1)
    other = unframed(value, bytes, 1)
    return other if isinstance(other, Unread) else Unread("broken", "bears no tag that is known")


def pack_outcome(told: Told) -> bytes:
    """Write a message of ``outcomes``."""
    return framed(to_json(told))


def unpack_outcome(value: bytes | None) -> Told | Posted | Unread:
    """Read a message of ``outcomes``: what a step came to, or a batch for the notifier."""
    if (value or b"")[HEAD : HEAD + 1] == b"B":
        return unframed(value, _batch, 1)
    return unframed(value, lambda data: from_json(Told, data))


def pack_command(command: Command) -> bytes:
    """Write a message of ``commands``: JSON as it is, with its version."""
    return document_framed(to_json(command))


def unpack_command(value: bytes | None) -> Command | Unread:
    """Read a message of ``commands``."""
    return document_unframed(value, lambda data: from_json(Command, data))


def pack_notice(notice: Notice) -> bytes:
    """Write a message of ``notices``: JSON as it is, with its version."""
    return document_framed(to_json(notice))


def unpack_notice(value: bytes | None) -> Notice | Unread:
    """Read a message of ``notices``."""
    return document_unframed(value, lambda data: from_json(Notice, data))


def pack_audit(entries: Sequence[AuditEntry]) -> bytes:
    """Write a message of ``audit``: entries of one chain, in their order."""
    return framed(b"[" + b",".join(map(to_json, entries)) + b"]")


def unpack_audit(value: bytes | None) -> tuple[AuditEntry, ...] | Unread:
    """Read a message of ``audit``."""
    return unframed(value, lambda data: from_json(_Entries, b'{"entries":%b}' % data).entries)


def pack_checkpoint(checkpoint: Checkpoint) -> bytes:
    """Write a message of ``checkpoints``."""
    return framed(to_json(checkpoint))


def unpack_checkpoint(value: bytes | None) -> Checkpoint | Unread:
    """Read a message of ``checkpoints``."""
    return unframed(value, lambda data: from_json(Checkpoint, data))


@dataclass(frozen=True, slots=True)
class _Entries:
    entries: tuple[AuditEntry, ...]


def _named(collector: str, via: int = 0) -> bytes:
    return orjson.dumps([collector, via]) + b"\n"


def _unnamed(data: bytes) -> tuple[str, int, bytes]:
    line, _, rest = data.partition(b"\n")
    collector, via = orjson.loads(line)
    if not isinstance(collector, str) or not isinstance(via, int):
        raise TypeError("a message names its collector and a partition")
    return collector, via, rest


def _observation(data: bytes) -> Posted:
    collector, via, rest = _unnamed(data)
    return Posted("observation", collector, observation=from_json(Observation, rest), via=via)


def _batch(data: bytes) -> Posted:
    collector, via, rest = _unnamed(data)
    return Posted("batch", collector, batch=unpack_batch(rest), via=via)


def _across(data: bytes) -> Posted:
    collector, _, rest = _unnamed(data)
    return Posted("findings", collector, across=from_json(Across, rest))
