"""Incidents and events for `saqshy bench search`: many, each different, as pipelines make them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice

from pipeline.model import (
    NANOSECONDS,
    Assessment,
    Event,
    Incident,
    IncidentState,
    Leg,
    Limb,
    RawBatch,
    TimeConfidence,
    Tri,
    identity,
)
from pipeline.ports import Stores

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
_A_TRANSACTION = 20


def make_incidents(stores: Stores, count: int, told: Callable[[str], None]) -> None:
    """Keep so many incidents, spread over the days."""
    base = _incident()
    for begin in range(0, count, _CHUNK):
        numbers = range(begin, min(begin + _CHUNK, count))
        stores.incidents.put_incidents([_made(base, number, count) for number in numbers])
        if begin and begin % 100_000 == 0:
            told(f"{begin} incidents")


def make_events(stores: Stores, count: int, told: Callable[[str], None]) -> None:
    """Keep so many events, in batches of one source, spread over the days."""
    batches = iter(range(0, count, _CHUNK))
    while some := list(islice(batches, _A_TRANSACTION)):
        with stores.database.transaction():
            for begin in some:
                batch, events = _batch(begin, min(_CHUNK, count - begin), count)
                stores.events.add(batch, events)
        if some[0] and some[0] % 500_000 == 0:
            told(f"{some[0]} events")


def _batch(begin: int, size: int, count: int) -> tuple[RawBatch, list[Event]]:
    number = begin // _CHUNK
    at = BEGIN + begin * DAYS * DAY // max(count, 1)
    batch = RawBatch(
        identity("bench", number), OBJECTS[number % len(OBJECTS)], f"source-{number % 7}",
        number + 1, number, at, at, "json", (),
    )  # fmt: skip
    return batch, list(_events(batch, number, size, at))


def _events(batch: RawBatch, number: int, size: int, at: int) -> Iterator[Event]:
    for index in range(size):
        one = number * 31 + index // 25  # a source speaks of few hosts and users at once
        address = one * 7 % ADDRESSES
        ecs = {
            "event": {
                "code": str(4600 + index % 90), "dataset": "windows.security",
                "action": "logon-failed" if index % 9 else "logged-in",
                "category": ["authentication"], "outcome": "success" if index % 9 else "failure",
            },
            "host": {"name": f"host-{one % HOSTS:04}", "os": {"type": "windows"}},
            "user": {"name": f"user-{one % USERS:04}", "id": f"S-1-5-21-{one % USERS}"},
            "source": {"ip": f"10.{address >> 8 & 255}.{address & 255}.7", "port": 1024 + index},
            "process": {
                "name": "lsass.exe", "pid": 400 + index,
                "command_line": f"C:\\Windows\\System32\\lsass.exe -k {index} --session {number}",
                "hash": {"sha256": identity("hash", one) * 2},
            },
            "related": {"user": [f"user-{one % USERS:04}"]},
        }  # fmt: skip
        yield Event(
            batch.id, index, batch.object_id, batch.source_id, at + index * NANOSECONDS // 50,
            batch.received_at, TimeConfidence.EXACT, "0" * 64, "json", "windows", ecs,
            {"EventID": 4600 + index % 90, "LogonType": index % 11}, versions={"normalizer": "1"},
        )  # fmt: skip


def _made(base: Incident, number: int, count: int) -> Incident:
    at = BEGIN + number * DAYS * DAY // max(count, 1)
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
