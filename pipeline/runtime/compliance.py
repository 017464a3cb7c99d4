"""Compliance with what the law asks of objects: each one's countdowns, and their sum by branch.

For the centre and the supervising bodies (7-1(9), 7(59)); objects are named by id and code alone.
What is not recorded is unknown and is shown so, never as met. Systems under the secrecy regime are
in no figure: the registry has none (37(6)-(7); State Secrets Law 14(16), 14(19)).
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.incidents.statistics import Period, Watched
from pipeline.model import NANOSECONDS, Instant
from pipeline.ports import Stores
from pipeline.registry import ObjectRecord, Registry, Standing, standing
from pipeline.registry.duties import duties
from pipeline.registry.duty import Duty
from pipeline.registry.duty_rows import DutyRow, rows_with
from pipeline.runtime.archive import CLASSES, sector_of
from pipeline.runtime.heard import Heard, heard

GONE = "written_off"
OVERDUE, PENDING = "overdue", "pending"
_DAY = 86_400 * NANOSECONDS


@dataclass(frozen=True, slots=True)
class Countdown:
    """One duty of one object; ``days_left`` are whole days to its term, negative: late."""

    duty: str
    basis: str
    set_by: str
    state: str
    due_at: Instant | None
    met_at: Instant | None
    days_left: int | None
    missing: str


@dataclass(frozen=True, slots=True)
class ObjectCompliance:
    """One object with all its countdowns; ``next_due_at`` is the first that is still ahead."""

    object_id: str
    code: str
    sector: str
    classes: tuple[str, ...]
    attestation: str
    ncc: str
    next_due_at: Instant | None
    overdue: int
    countdowns: tuple[Countdown, ...]


@dataclass(frozen=True, slots=True)
class SectorCompliance:
    """A branch: how many objects, how many are behind, and for each duty how many in each state."""

    sector: str
    objects: int
    behind: int
    states: Mapping[str, Mapping[str, int]]


def compliance(registry: Registry, at: int, sector: str | None = None) -> list[ObjectCompliance]:
    """Give the compliance of each object at an instant (nanoseconds), by id."""
    rows = rows_with(registry.duty_rows)
    return [
        _object(record, at, rows, registry)
        for record in _standing(registry, at)
        if sector is None or (sector_of(record) or "unknown") == sector
    ]


def by_sector(objects: Sequence[ObjectCompliance]) -> list[SectorCompliance]:
    """Sum the compliance of objects up by branch, by name."""
    found: dict[str, list[ObjectCompliance]] = {}
    for one in objects:
        found.setdefault(one.sector, []).append(one)
    return [_sector(name, members) for name, members in sorted(found.items())]


def watched(stores: Stores, registry: Registry, period: Period, known_at: int) -> Iterator[Watched]:
    """Give each object at the end of a period, or now where it is not over, for the coverage."""
    at = min(period.end - 1, known_at)
    rows = rows_with(registry.duty_rows)
    for record in _standing(registry, at):
        told = heard(stores, record, period, known_at) if record.sources else Heard()
        centre = record.operations_centre
        later = centre is not None and (centre.connected_at or 0) > at
        flags = record.flags(at)
        yield Watched(
            sector=sector_of(record) or "unknown",
            classes=tuple(name for name in CLASSES if name in flags),
            connected=bool(record.sources) and not later,
            attested=standing(record, at) is Standing.OPEN,
            ncc=_ncc(record, at) == "connected",
            sources=len(record.sources),
            heard=told.sources,
            unsure=told.unsure,
            overdue=tuple(
                sorted(
                    _kind(one)
                    for one in duties(record, at, rows, registry.is_state)
                    if one.state == OVERDUE
                )
            ),
        )


def _standing(registry: Registry, at: int) -> Iterator[ObjectRecord]:
    for record in registry.objects(at):
        if record.stage != GONE and standing(record, at) is not Standing.SECRET:
            yield record


def _object(
    record: ObjectRecord, at: int, rows: Sequence[DutyRow], registry: Registry
) -> ObjectCompliance:
    found = duties(record, at, rows, registry.is_state)
    flags = record.flags(at)
    ahead = [one.due_at for one in found if one.state == PENDING and one.due_at is not None]
    return ObjectCompliance(
        object_id=record.id,
        code=record.code,
        sector=sector_of(record) or "unknown",
        classes=tuple(name for name in CLASSES if name in flags),
        attestation=standing(record, at).value,
        ncc=_ncc(record, at),
        next_due_at=min(ahead, default=None),
        overdue=sum(one.state == OVERDUE for one in found),
        countdowns=tuple(_countdown(one, at) for one in found),
    )


def _ncc(record: ObjectRecord, at: int) -> str:
    """Give the connection to the coordination centre at an instant (17(2-1)(2))."""
    linked = record.ncc.linked_at
    if record.ncc.link == "connected" and linked is not None and linked > at:
        return "pending"
    return record.ncc.link


def _countdown(duty: Duty, at: int) -> Countdown:
    runs = duty.due_at is not None and duty.state in {PENDING, OVERDUE}
    return Countdown(
        duty=duty.id,
        basis=duty.basis,
        set_by=duty.set_by,
        state=duty.state,
        due_at=duty.due_at,
        met_at=duty.met_at,
        days_left=(duty.due_at - at) // _DAY if runs and duty.due_at is not None else None,
        missing=duty.missing,
    )


def _kind(duty: Duty) -> str:
    """Give a duty's kind: orders of supervising bodies are one, whatever their numbers."""
    return duty.id.partition(":")[0]


def _sector(name: str, members: Sequence[ObjectCompliance]) -> SectorCompliance:
    states: dict[str, Counter[str]] = {}
    for one in members:
        for countdown in one.countdowns:
            kind = countdown.duty.partition(":")[0]
            states.setdefault(kind, Counter())[countdown.state] += 1
    return SectorCompliance(
        sector=name,
        objects=len(members),
        behind=sum(one.overdue > 0 for one in members),
        states={duty: dict(sorted(of.items())) for duty, of in sorted(states.items())},
    )
