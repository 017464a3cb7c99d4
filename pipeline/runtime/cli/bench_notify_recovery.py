"""A restart over many pending notices, as `saqshy bench notify` times it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from connectors.sinks.letter import letter, sha256
from connectors.stores.sqlite import open_sqlite
from pipeline.model import (
    NANOSECONDS,
    GuardDecision,
    Json,
    Notice,
    Receipt,
    Recipient,
    identity,
    notice_id,
    rfc3339,
)
from pipeline.notify import Backoff, Courier
from pipeline.runtime.cli.bench_notify_flow import Timed
from pipeline.runtime.clocks import SystemClock
from pipeline.runtime.dispatch import Dispatcher
from pipeline.runtime.telemetry import Silent

_CHUNK = 2_000
_OBJECTS = 500
_CHANNEL = "memory"
_TOLD = 10_000


@dataclass(frozen=True, slots=True)
class Recovery:
    """Seconds from opening the store: to the first hand-over, to the last, to the last record.

    ``cpu`` are the processor's seconds of all that.
    """

    first: float
    handed: float
    recorded: float
    cpu: float


class Taker:
    """A channel that takes every letter at once and keeps none, so that memory is the outbox's."""

    channel = _CHANNEL

    def deliver(self, notice: Notice, now: int) -> Receipt:
        """Answer with a receipt."""
        kept = {"kind": "receipt", "sha256": sha256(letter(notice))}
        return Receipt(notice.id, notice.recipient.party_id, now, kept)

    def close(self) -> None:
        """Have nothing to let go of."""


def time_recovery(folder: Path, pending: int, told: Callable[[str], None]) -> Recovery:
    """Leave so many pending notices in a store, open it again, deliver them all into memory."""
    path = folder / "pending.db"
    _leave(path, pending, told)
    started, cpu = time.perf_counter(), time.process_time()
    stores = open_sqlite(path)
    sink = Timed(_CHANNEL, Taker())
    courier = Courier({_CHANNEL: sink}, Backoff())
    lane = Dispatcher(stores, courier, SystemClock(), Silent(), owner="bench").lane(_CHANNEL)
    done = 0
    try:
        while done < pending:
            more = lane.step(lambda: False)
            if done // _TOLD != (done + more) // _TOLD:
                told(f"{done + more} of {pending} delivered")
            done += more
        recorded, spent = time.perf_counter(), time.process_time()
    finally:
        lane.close()
        stores.database.close()
    handed = sink.handed.values()
    return Recovery(min(handed) - started, max(handed) - started, recorded - started, spent - cpu)


def _leave(path: Path, pending: int, told: Callable[[str], None]) -> None:
    stores = open_sqlite(path)
    try:
        for first in range(0, pending, _CHUNK):
            numbers = range(first, min(first + _CHUNK, pending))
            stores.outbox.put([_notice(number) for number in numbers])
        told(f"{pending} notices wait")
    finally:
        stores.database.close()


def _notice(number: int) -> Notice:
    at = 1_772_424_000 * NANOSECONDS + number
    incident = identity("bench", number)
    to = Recipient("ncc", "ncc")
    payload: Json = {
        "incident_id": incident,
        "object": f"BENCH-{number % _OBJECTS}",
        "class": {"acts": ["blocking"], "rsit": ""},
        "time": rfc3339(at),
        "severity": "high",
        "details_available": False,
    }
    return Notice(
        id=notice_id(incident, "first", 1, to), incident_id=incident, revision=1, leg="first",
        ordinal=1, recipient=to, channel=_CHANNEL, language="kk", created_at=at,
        due_at=at + 60 * NANOSECONDS, basis="bench", set_by="policy",
        guard=GuardDecision("stub", "bench"), payload=payload, kind="first",
        object_id=f"bench-{number % _OBJECTS}",
    )  # fmt: skip
