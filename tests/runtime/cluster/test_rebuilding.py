"""A rebuild makes every store again, with the same ids, and sends nothing a second time."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from connectors.stores.partition_seed import Seeds
from pipeline.incidents.audit import verify
from pipeline.model import (
    NANOSECONDS,
    AuditEntry,
    BatchKind,
    Command,
    Incident,
    IncidentState,
    Notice,
    NoticeState,
    RawBatch,
    to_json,
)
from pipeline.runtime.bootstrap import System
from pipeline.runtime.clocks import StoryClock
from pipeline.runtime.cluster.outputs import partition_of
from tests.runtime.cluster.notified import Notified
from tests.runtime.cluster.played import story_played
from tests.runtime.cluster.simulated import Simulated

RAWS, FOLDS = 2, 3
SHARE = 0.5  # of the story
WHY = "seen on the gateway by whoever is on duty"
DAY = 86_400 * NANOSECONDS


@dataclass(repr=False)
class Before:
    """A cluster that worked: its journal with what persons asked, and what it all came to."""

    system: System
    batches: list[RawBatch]
    folded: Simulated
    told: Notified

    @property
    def now(self) -> int:
        """Give the time to which everything was done."""
        return self.told.clock.now()


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Before]:
    """Give half of the story with persons' steps behind it, all of it delivered."""
    with story_played(tmp_path_factory.mktemp("one"), SHARE) as (system, played, came):
        batches = [*played, *asked(played, list(came.incidents.values()))]
        folded = simulated(system, batches, 3)
        told = notified(system, folded, batches[-1].received_at, {})
        yield Before(system, batches, folded, told)


def simulated(system: System, batches: list[RawBatch], seed: int, folds: int = FOLDS) -> Simulated:
    """Fold a journal from its beginning, with no state."""
    made = Simulated(system.engine.chain, RAWS, folds, random.Random(seed))
    made.journal(batches)
    made.run()
    return made


def notified(
    system: System, folded: Simulated, at: int, logs: dict[int, list[tuple[bytes, bytes | None]]]
) -> Notified:
    """Take all that folds say, and deliver it; ``logs`` is the state to begin with."""
    outcomes = {one: list(folded.logs.get(("outcomes", one), [])) for one in range(folded.folds)}
    clock = StoryClock(at)
    made = Notified(outcomes, system.engine.chain, clock, random.Random(5), logs=logs)
    made.take()
    clock.advance_to(at + DAY)
    made.take(deliver=True)
    return made


def asked(batches: list[RawBatch], incidents: list[Incident]) -> Iterator[RawBatch]:
    """Give what persons ask of some incidents, and the ticks behind it."""
    last = [one for one in batches if one.kind is BatchKind.CLOCK][-1]
    now = last.received_at + 100 * NANOSECONDS
    # A person asks about what was there at a tick: what comes between two ticks has no one order.
    yield replace(last, id=f"{last.id}0", sequence=last.sequence + 1, received_at=now)
    newest = {one.id: one for one in sorted(incidents, key=lambda one: one.revision)}
    some = sorted(newest.values(), key=lambda one: (one.state is not IncidentState.NEW, one.id))[:3]
    for number, one in enumerate(some, 1):
        detail = {"object_id": one.object_id, "incident": one.id}
        new = one.state is IncidentState.NEW
        name = "incident_acknowledge" if new else "incident_note"
        more = {} if new else {"text": "its owner knows of it"}
        command = Command(name, "analyst", f"a.{number}", WHY, now, {**detail, **more})
        yield replace(
            last, id=command.id, source_id="commands", kind=BatchKind.COMMAND, sequence=number,
            records=(to_json(command),), received_at=now,
        )  # fmt: skip
    for number in (2, 3):
        at = now + number * 100 * NANOSECONDS
        yield replace(
            last, id=f"{last.id}{number}", sequence=last.sequence + number, received_at=at
        )


def seeds(told: Notified, folds: int = FOLDS) -> dict[int, list[tuple[bytes, bytes | None]]]:
    """Give what notifiers begin with, by what the topics of notices and of the trail hold."""
    found = Seeds(folds, partition_of)
    for notice in told.notices.values():
        found.note_notice(notice, to_json(notice))
    for entry in told.audit.values():
        found.note_entry(entry)
    return {number: list(found.writes(number)) for number in range(folds)}


def standing(made: Notified) -> dict[str, Notice]:
    """Give all notices as the partitions have them."""
    stores = [task.stage.held.outbox for task in made.tasks]
    return {one.id: one for outbox in stores for one in outbox.list()}


@pytest.mark.slow
@pytest.mark.parametrize("folds", [FOLDS, 5], ids=["same partitions", "more partitions"])
def test_a_rebuild_gives_the_same_and_sends_nothing_again(before: Before, folds: int) -> None:
    """All state lost: findings, incidents, human steps, notices and trail are what they were."""
    again = simulated(before.system, before.batches, 11, folds)
    was, now = before.folded.outcome(), again.outcome()
    assert sum(bool(one.command) for one in was.incidents.values()) > 1
    assert len(was.incidents) > 50
    assert now.findings == was.findings
    assert now.incidents == was.incidents
    assert now.notices == was.notices
    assert now.drafts == was.drafts
    assert before.told.sent.total() > 20
    made = notified(before.system, again, before.now, seeds(before.told, folds))
    assert made.sent.total() == 0
    assert standing(made) == standing(before.told)
    assert made.audit == {}
    assert {one.state for one in made.notices.values()} <= {NoticeState.HELD}


@pytest.mark.slow
def test_what_goes_on_behind_a_rebuild_goes_on_in_the_same_chains(before: Before) -> None:
    """The first entry behind a rebuild bears the next number, and terms stand as they stood."""
    again = simulated(before.system, before.batches, 2)
    made = notified(before.system, again, before.now, seeds(before.told))
    watched = [sorted(_clocks(one)) for one in (made, before.told)]
    assert watched[0] == watched[1]
    assert len(watched[0]) > 5
    chain = max(before.told.audit)[0]
    trail: list[AuditEntry] = list(before.told.audit.values())
    head = made.tasks[partition_of(chain, FOLDS)].stage.held.stores.audit.head(chain)
    assert head == max((one for one in trail if one.chain == chain), key=lambda one: one.number)
    assert verify(sorted(trail, key=lambda one: (one.chain, one.number))) == []


def _clocks(made: Notified) -> Iterator[str]:
    for task in made.tasks:
        for row in task.stage.terms.rows.watched():
            yield f"{row.incident} {row.told} {row.next_at} {row.acknowledged} {row.words}"


@pytest.mark.slow
def test_a_rebuild_goes_on_from_a_snapshot(before: Before) -> None:
    """State of the middle, and raw from a little before it, come to what all of raw comes to."""
    half = len(before.batches) // 2
    made = Simulated(before.system.engine.chain, RAWS, FOLDS, random.Random(4))
    made.journal(before.batches[:half])
    made.run()
    state = {key: list(task.log) for key, task in made.tasks.items()}
    places = [max(0, place - 5) for place in made.read]
    told = {key: list(log) for key, log in made.logs.items() if key[0] == "outcomes"}
    again = Simulated(before.system.engine.chain, RAWS, FOLDS, random.Random(8))
    again.journal(before.batches)
    again.read, again.logs = list(places), told
    for key, task in again.tasks.items():
        task.log = state[key]
        task.start()
    again.run()
    was, now = before.folded.outcome(), again.outcome()
    assert 0 < sum(places) < sum(map(len, again.raw)) // 2 + half
    assert (now.findings, now.notices, now.drafts) == (was.findings, was.notices, was.drafts)
    assert now.incidents == was.incidents
