"""Ticks over many open incidents with terms, as `saqshy bench notify` times them."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.errors import StoreError
from pipeline.model import NANOSECONDS, BatchKind, Incident, Notice, RawBatch, identity
from pipeline.ports import Stores
from pipeline.runtime.chainer import audited
from pipeline.runtime.cli.bench_notify_flow import flowing, send
from pipeline.runtime.collect import CLOCK
from pipeline.runtime.term_rows import TermRows, WatchRow
from pipeline.runtime.terms_tick import DAY, TermsTick

TICK_SECONDS = 10
_CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class Sample:
    """One incident as the engine made it, with its notices and the row of its clocks."""

    incident: Incident
    notices: tuple[Notice, ...]
    row: WatchRow

    def another(self, number: int, later: int) -> "Sample":
        """Give the like of it under other ids, with everything so many nanoseconds later."""
        name = identity("bench", number)
        names = {one.id: identity(one.id, number) for one in self.notices}
        incident, row = self.incident, self.row
        return Sample(
            replace(
                incident,
                id=name,
                opened_at=incident.opened_at + later,
                changed_at=incident.changed_at + later,
            ),
            tuple(
                replace(
                    one,
                    id=names[one.id],
                    incident_id=name,
                    created_at=one.created_at + later,
                    due_at=one.due_at + later,
                )
                for one in self.notices
            ),
            replace(
                row,
                incident=name,
                next_at=row.next_at + later,
                until=row.until and row.until + later,
                told=row.told + later,
                waits=[names[one] for one in row.waits],
            ),
        )


def time_ticks(
    folder: Path, incidents: int, ticks: int, told: Callable[[str], None]
) -> list[float]:
    """Give the seconds of each tick's own work, over incidents opened evenly over a day."""
    with flowing(folder, 1, ncc=False) as flow:
        system = flow.system
        send(flow, 1, 1, 1_000.0)
        while system.engine.run_pending():
            pass
        terms = _kept(system.engine.terms)
        answers = system.engine.chain(system.collector.revisions).terms
        sample = _sample(system.stores)
        begin = sample.row.next_at
        _fill(system.stores, sample, incidents, told)
        spent = []
        for number in range(ticks):
            batch = _tick(begin + (number + 1) * TICK_SECONDS * NANOSECONDS)
            with system.stores.database.transaction():
                started = time.perf_counter()
                made = terms.tick(answers, batch)
                system.stores.outbox.put(made.notices)
                audited(system.stores.audit, made.drafts)
                spent.append(time.perf_counter() - started)
            terms.settled()
        return spent


def _kept(terms: TermsTick | None) -> TermsTick:
    if terms is None:
        raise StoreError("this system keeps no clocks")
    return terms


def _sample(stores: Stores) -> Sample:
    [incident] = stores.incidents.latest()
    row = TermRows(stores.state).watch(incident.id)
    if row is None:
        raise StoreError("the made-up incident has no terms: does the pack name any?")
    return Sample(incident, tuple(stores.outbox.list(incident.id)), row)


def _fill(stores: Stores, sample: Sample, incidents: int, told: Callable[[str], None]) -> None:
    for first in range(0, incidents, _CHUNK):
        numbers = range(first, min(first + _CHUNK, incidents))
        made = [sample.another(one, one * DAY // incidents) for one in numbers]
        with stores.database.transaction():
            stores.incidents.put_incidents([one.incident for one in made])
            stores.outbox.put([notice for one in made for notice in one.notices])
            rows = TermRows(stores.state)
            for one in made:
                rows.put(one.row, None)
        told(f"{first + len(made)} incidents with terms")


def _tick(at: int) -> RawBatch:
    return RawBatch(
        id=identity("bench tick", at), object_id="", source_id=CLOCK, sequence=1, previous=0,
        received_at=at, reference_at=at, format="", records=(), kind=BatchKind.CLOCK,
    )  # fmt: skip
