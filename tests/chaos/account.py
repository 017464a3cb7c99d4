"""The account of a town that came to rest: nothing lost, nothing twice, all as on one machine."""

import time
from collections.abc import Sequence

from pipeline.incidents.audit import verify
from pipeline.model import NANOSECONDS, Incident
from tests.chaos.reckoning import (
    Alone,
    Outcome,
    alone,
    read,
    read_raw,
    received,
    stored,
    waiting,
)
from tests.chaos.town import Town
from tests.patience import crowding

PATIENCE = 240.0  # seconds that a town may take until nothing waits any more
DELIVERED = "ncc"


def come_to_rest(city: Town, written: Sequence[bytes], *, strict: bool = True) -> None:
    """End the collector once it took everything, and wait until nothing waits anywhere.

    Not ``strict``: others wrote into ``raw``, too.
    """

    def taken() -> bool:
        found = Outcome()
        read_raw(city, found, strict=strict)
        return len(found.lines) >= len(written)

    city.wait(taken, PATIENCE, "the whole stream in raw")
    collector = city.processes["collector"]
    collector.end(60 * crowding())
    assert collector.ended[0] == 1, collector.last_words
    for _ in range(2):  # a message between two topics is before no group
        city.wait(city.settled, PATIENCE, f"an end of what waits: {city.lags}")


def account(city: Town, written: Sequence[bytes]) -> dict[str, object]:
    """Give the figures; fails where something is lost, twice, or not as one machine has it."""
    found = read(city)
    single = alone(city, found.batches, city.folder / "alone")
    figures = _input(found, written) | _decided(found, single)
    if city.plan.notifies:
        figures |= _notified(city, found, single)
    if city.server is not None:
        figures |= _stored(city, found)
    ended = {name: dict(one.ended) for name, one in city.processes.items() if one.ended}
    return figures | {"ended": ended}


def _input(found: Outcome, written: Sequence[bytes]) -> dict[str, object]:
    lost = set(written) - found.lines.keys()
    twice = [line for line, count in found.lines.items() if count > 1]
    assert not lost, sorted(lost)[:3]
    assert not twice, twice[:3]
    assert found.lines.keys() == set(written)
    return {"records in": len(written), "lost": 0, "twice": 0}


def _decided(found: Outcome, single: Alone) -> dict[str, object]:
    assert not found.failures, found.failures[:3]
    missing = single.events - found.events.keys()
    assert not missing, sorted({found.places[one.rpartition("-")[0]] for one in missing})
    assert found.events.keys() == single.events
    assert found.came.findings == single.came.findings
    assert found.came.incidents == single.came.incidents
    assert found.came.notices == single.came.notices
    assert single.came.drafts <= found.came.drafts
    assert not single.breaks
    return {
        "events out": len(found.events),
        "events sent again": sum(found.events.values()) - len(found.events),
        "findings": len(found.came.findings),
        "revisions of incidents": len(found.came.incidents),
        "revisions sent again": found.repeated,
        "notices of folds": len(found.came.notices),
        "longest gap in raw, s": found.gaps["raw"],
        "longest gap of a fold, s": found.gaps["outcomes"],
    }


def _notified(city: Town, found: Outcome, single: Alone) -> dict[str, object]:
    assert single.came.notices.keys() <= found.notices.keys()
    assert not waiting(found.notices, int(time.time() * NANOSECONDS))
    trail = sorted(found.audit.values(), key=lambda one: (one.chain, one.number))
    assert verify(trail) == []
    assert single.came.drafts <= {one.entry_id for one in trail}
    had, again, conflicts = received(city)
    told = {one.id for one in found.notices.values() if one.receipt and one.channel == DELIVERED}
    assert told == had
    assert not conflicts
    return {
        "notices": len(found.notices),
        "notices at the centre": len(had),
        "notices delivered again": again,
        "audit entries": len(trail),
        "audit chains": len({one.chain for one in trail}),
    }


def _stored(city: Town, found: Outcome) -> dict[str, object]:
    assert stored(city) == found.events.keys()
    assert city.store is not None
    latest: dict[str, Incident] = {}
    for (name, revision), incident in found.came.incidents.items():
        if revision >= latest.get(name, incident).revision:
            latest[name] = incident
    kept = {one.id: one for one in city.store.incidents.latest()}
    assert kept == latest
    return {"events in the store": len(found.events), "incidents in the store": len(kept)}
