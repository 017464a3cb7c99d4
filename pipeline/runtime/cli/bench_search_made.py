"""Incidents and events for `saqshy bench search`: many, each different, as pipelines make them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice

from connectors.stores.blocks import Block, PackedEvents
from connectors.stores.compression import expand, squeeze
from connectors.stores.elasticsearch.store import ElasticStore
from connectors.stores.event_terms import terms_of
from pipeline.model import (
    NANOSECONDS,
    Assessment,
    Event,
    Incident,
    IncidentState,
    Instant,
    Leg,
    Limb,
    RawBatch,
    TimeConfidence,
    Tri,
    identity,
)
from pipeline.model.event_lines import event_lines
from pipeline.model.times import rfc3339
from pipeline.ports import IncidentStore, Stores

BEGIN = 1_760_000_000 * NANOSECONDS
DAYS = 30
DAY = 86_400 * NANOSECONDS
OBJECTS = tuple(f"kz-object-{number:03}" for number in range(200))
HOSTS = 2_000
USERS = 5_000
ADDRESSES = 20_000
_STATES = tuple(IncidentState)
_SEVERITIES = ("low", "medium", "high", "critical")
_ACTS = ("unauthorised_access", "leak", "dos", "malware", "phishing")
_CHUNK = 500
_ALIKE = 25  # events of a batch that follow each other and name the same host and user
_A_TRANSACTION = 20
_AHEAD = 10**9  # numbers of batches that are made while somebody reads
_STAMP = '"@timestamp":"%(at)s"'


def make_incidents(store: IncidentStore, count: int, told: Callable[[str], None]) -> None:
    """Keep so many incidents, spread over the days."""
    base = _incident()
    for begin in range(0, count, _CHUNK):
        numbers = range(begin, min(begin + _CHUNK, count))
        store.put_incidents([_made(base, number, count) for number in numbers])
        if begin and begin % 100_000 == 0:
            told(f"{begin} incidents")


def keep_events(stores: Stores, count: int, told: Callable[[str], None]) -> None:
    """Keep so many events, in batches of one source, spread over the days.

    Their blocks are written as matching processes give them over: made, and not yet kept.
    """
    made = blocks(count, told)
    while some := list(islice(made, _A_TRANSACTION)):
        with stores.database.transaction():
            for batch, block in some:
                stores.events.add(batch, PackedEvents(block))


def index_events(store: ElasticStore, count: int, told: Callable[[str], None]) -> None:
    """Index the same events, as the indexer does."""
    for _, block in blocks(count, told):
        store.bulk.strictly(list(store.documents.events(expand(block.data))))


def blocks(count: int, told: Callable[[str], None]) -> Iterator[tuple[RawBatch, Block]]:
    """Give so many events, batch by batch."""
    for begin in range(0, count, _CHUNK):
        batch = batch_of(begin // _CHUNK, _spread(begin, count))
        yield batch, _form(min(_CHUNK, count - begin))(batch)
        if begin and begin % 500_000 == 0:
            told(f"{begin} events")


def more(number: int) -> tuple[RawBatch, Block, Incident]:
    """Give a batch, its events and an incident that come after all that were made before."""
    at = BEGIN + DAYS * DAY + number * NANOSECONDS
    batch = batch_of(_AHEAD + number, at)
    made = replace(_made(_incident(), number % 1_000, 1), id=identity("bench-more", number))
    return batch, _form(_CHUNK)(batch), replace(made, opened_at=at, changed_at=at)


@cache
def _form(size: int) -> "Written":
    return Written.of(size)


def batch_of(number: int, at: Instant) -> RawBatch:
    """Give the batch of a number, received at a time."""
    return RawBatch(
        identity("bench", number), OBJECTS[number % len(OBJECTS)], f"source-{number % 7}",
        number + 1, number, at, at, "json", (),
    )  # fmt: skip


def events_of(batch: RawBatch, size: int) -> list[Event]:
    """Give the events of a batch."""
    return [_event(batch, index, _Said.of(batch, index)) for index in range(size)]


@dataclass(frozen=True, slots=True)
class _Said:
    """What tells one event of a batch from the same place of another batch."""

    host: str
    user: str
    user_id: str
    address: str
    hash: str
    session: str

    @classmethod
    def of(cls, batch: RawBatch, index: int) -> "_Said":
        """Give what an event says; a source speaks of few hosts and users at once."""
        number = batch.sequence
        one = number * 31 + index // _ALIKE
        address = one * 7 % ADDRESSES
        return cls(
            f"host-{one % HOSTS:04}", f"user-{one % USERS:04}", f"S-1-5-21-{one % USERS}",
            f"10.{address >> 8 & 255}.{address & 255}.7", identity("hash", one) * 2, str(number),
        )  # fmt: skip


def _event(batch: RawBatch, index: int, said: _Said) -> Event:
    ecs = {
        "event": {
            "code": str(4600 + index % 90), "dataset": "windows.security",
            "action": "logon-failed" if index % 9 else "logged-in",
            "category": ["authentication"], "outcome": "success" if index % 9 else "failure",
        },
        "host": {"name": said.host, "os": {"type": "windows"}},
        "user": {"name": said.user, "id": said.user_id},
        "source": {"ip": said.address, "port": 1024 + index},
        "process": {
            "name": "lsass.exe", "pid": 400 + index,
            "command_line": f"C:\\Windows\\System32\\lsass.exe -k {index} -s {said.session}",
            "hash": {"sha256": said.hash},
        },
        "related": {"user": [said.user]},
    }  # fmt: skip
    return Event(
        batch.id, index, batch.object_id, batch.source_id, _time(batch, index),
        batch.received_at, TimeConfidence.EXACT, "0" * 64, "json", "windows", ecs,
        {"EventID": 4600 + index % 90, "LogonType": index % 11}, versions={"normalizer": "1"},
    )  # fmt: skip


def _time(batch: RawBatch, index: int) -> int:
    return batch.received_at + index * NANOSECONDS // 50


@dataclass(frozen=True, slots=True)
class Written:
    """A batch's events as text with places for what tells them apart: millions are soon made."""

    size: int
    form: str

    @classmethod
    def of(cls, size: int) -> "Written":
        """Write events with names for places, and put places there."""
        places = _Said(*(f"<{name}>" for name in _Said.__dataclass_fields__))
        batch = RawBatch("<batch>", "<object>", "<source>", 1, 0, 0, 0, "json", ())
        lines = []
        for index in range(size):
            line = event_lines([_event(batch, index, places)]).decode().replace("%", "%%")
            line = line.replace(f'"@timestamp":"{rfc3339(_time(batch, index))}"', _STAMP, 1)
            lines.append(line.replace(rfc3339(0), "%(received)s"))
        form = "\n".join(lines)
        for name in (*_Said.__dataclass_fields__, "batch", "object", "source"):
            form = form.replace(f"<{name}>", f"%({name})s")
        return cls(size, form)

    def __call__(self, batch: RawBatch) -> Block:
        """Give a batch's events as a block, equal to the one of ``events_of``."""
        whole = {"batch": batch.id, "object": batch.object_id, "source": batch.source_id}
        whole["received"] = rfc3339(batch.received_at)
        lines = self.form.split("\n")
        made = []
        for first in range(0, self.size, _ALIKE):
            said = _Said.of(batch, first)
            values = {name: getattr(said, name) for name in _Said.__dataclass_fields__} | whole
            for index in range(first, min(first + _ALIKE, self.size)):
                values["at"] = rfc3339(_time(batch, index))
                made.append(lines[index] % values)
        heads = [_event(batch, one, _Said.of(batch, one)) for one in range(0, self.size, _ALIKE)]
        return Block(
            batch.id, batch.object_id, _time(batch, 0), _time(batch, self.size - 1), self.size,
            squeeze("\n".join(made).encode()), terms_of(heads),
        )  # fmt: skip


def _made(base: Incident, number: int, count: int) -> Incident:
    at = _spread(number, count)
    verdict = replace(
        base.assessment,
        severity=_SEVERITIES[number * 7 % 4],
        priority=f"P{1 + number % 4}",
        acts={_ACTS[number % 5]: Tri.YES},
    )
    return replace(
        base,
        id=identity("bench-incident", number),
        object_id=OBJECTS[number * 13 % len(OBJECTS)],
        state=_STATES[number * 11 % len(_STATES)],
        opened_at=at,
        changed_at=at + number % 1_000 * NANOSECONDS,
        first_event_at=at - NANOSECONDS,
        last_event_at=at,
        event_count=number % 50,
        assessment=verdict,
    )


def _spread(number: int, count: int) -> Instant:
    return BEGIN + number * DAYS * DAY // max(count, 1)


@cache
def _incident() -> Incident:
    leg = Leg("ncc", "ncc", "kz-418-V/7-2(1)(2)", "statute", "connected to the centre")
    limb = Limb(Tri.YES, "a protection was passed", "kz-418-V/1(31)")
    verdict = Assessment(
        is_incident=Tri.YES,
        predicate={"failure": limb, "harms": {"obtain": limb, "copy": limb}},
        occurrence="single",
        acts={},
        intent="unauthorised",
        origin="external",
        reality="real",
        rsit="intrusions",
        attack=("T1078", "T1110.003"),
        impact={"PUB": 2, "cia": {"confidentiality": 3}},
        scope="domestic",
        aims=(),
        severity="",
        priority="",
        route=(leg, replace(leg, role="holder", party_id="holder")),
        basis={"severity": "policy"},
        versions={"pack": "p1"},
        reasons={"severity": "made by the bench"},
    )
    return Incident(
        id="", revision=1, object_id="", fold_key="access", state=IncidentState.NEW, opened_at=0,
        changed_at=0, first_event_at=0, last_event_at=0, event_count=0,
        finding_ids=tuple(identity("finding", one) for one in range(3)), assessment=verdict,
        finding_count=3,
    )  # fmt: skip
