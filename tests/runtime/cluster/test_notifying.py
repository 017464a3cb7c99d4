"""Notifiers come to what one machine comes to, whenever they are killed."""

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import pytest

from connectors.stores.kafka.topics import (
    Failed,
    Posted,
    Told,
    pack_posted_batch,
    unpack_failures,
    unpack_outcome,
)
from connectors.stores.partition_rows import OrderedMemory
from connectors.stores.partition_stores import open_partition
from pipeline.incidents.audit import verify
from pipeline.model import (
    NANOSECONDS,
    AuditEntry,
    BatchKind,
    Command,
    Notice,
    NoticeState,
    RawBatch,
    to_json,
)
from pipeline.runtime.bootstrap import System
from pipeline.runtime.clocks import StoryClock
from pipeline.runtime.cluster.notifying import NotifierPartition
from pipeline.runtime.cluster.notifying_poison import taken
from tests.runtime.cluster.notified import NoFigures, Notified
from tests.runtime.cluster.played import story_played
from tests.runtime.cluster.simulated import Simulated

FOLDS = 3
SHARE = 0.6  # of the story


@dataclass(repr=False)
class Expected:
    """What one machine made of the story, and what workers say of it, by partition."""

    system: System
    batches: list[RawBatch]
    notices: dict[str, Notice]
    entries: set[str]
    outcomes: dict[int, list[bytes]]


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Expected]:
    """Give the story as one machine makes it, terms included, with nothing delivered."""
    folder = tmp_path_factory.mktemp("standalone")
    with story_played(folder, SHARE, terms=True) as (system, batches, came):
        notices = {one.id: one for one in system.stores.outbox.list()}
        made = Simulated(system.engine.chain, 2, FOLDS, random.Random(3))
        made.journal(batches)
        made.run()
        outcomes = {number: made.logs.get(("outcomes", number), []) for number in range(FOLDS)}
        yield Expected(system, batches, notices, came.drafts, outcomes)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kills", "seeds"), [(0.0, range(1)), (0.004, range(30))], ids=["no kill", "kills"]
)
def test_notifiers_make_what_one_machine_makes(
    expected: Expected, kills: float, seeds: range
) -> None:
    """Notices and reminders are equal, each goes out once by its id, and every chain holds."""
    runs = [played(expected, random.Random(seed), kills) for seed in seeds]
    assert (sum(run.killed for run in runs) > 100) == bool(kills)
    repeated = sum(run.sent.total() - len(run.sent) for run in runs)
    assert (repeated > 0) == bool(kills)


def played(expected: Expected, chance: random.Random, kills: float) -> Notified:
    """Have notifiers take all that workers say, and then deliver all of it."""
    clock = StoryClock(expected.batches[-1].received_at)
    outcomes = {number: list(log) for number, log in expected.outcomes.items()}
    made = Notified(outcomes, expected.system.engine.chain, clock, chance, kills)
    made.take()
    assert sum(one.kind == "reminder" for one in expected.notices.values()) > 5
    same(made.notices, expected.notices)
    entries = {one.entry_id for one in made.audit.values()}
    assert len(expected.entries - entries) == 0
    clock.advance_to(clock.now() + 86_400 * 10**9)
    made.kills *= 4  # there are few deliveries: some end between the sending and its record
    made.take(deliver=True)
    states = Counter(one.state for one in made.notices.values())
    left = [one.id for one in made.notices.values() if one.state is NoticeState.ACKNOWLEDGED]
    assert sorted(left) == sorted(made.sent)
    assert states.keys() <= {NoticeState.ACKNOWLEDGED, NoticeState.HELD}
    trail = sorted(made.audit.values(), key=lambda one: (one.chain, one.number))
    assert verify(trail) == []
    return made


def same(made: Mapping[str, Notice], expected: Mapping[str, Notice]) -> None:
    """Compare notices one by one: what differs is told shortly."""
    assert sorted(made) == sorted(expected)
    differing = [name for name, notice in made.items() if notice != expected[name]]
    assert differing == []


def asked(expected: Expected, made: Notified, *commands: Command) -> list[AuditEntry]:
    """Give what the trail has of commands, after they and time have come to every partition."""
    last = [one for one in expected.batches if one.kind is BatchKind.CLOCK][-1]
    now = made.clock.now()
    batches = [
        replace(
            last,
            id=one.id,
            source_id="commands",
            sequence=number,
            kind=BatchKind.COMMAND,
            records=(to_json(one),),
            received_at=now,
        )
        for number, one in enumerate(commands, 1)
    ]
    for number in (1, 2, 3):
        at = now + number * 100 * NANOSECONDS
        batches.append(replace(last, sequence=last.sequence + number, received_at=at))
    for number, log in made.outcomes.items():
        log += [pack_posted_batch(one, "c1", number) for one in batches]
        log += [pack_posted_batch(one, "c1", number) for one in batches]  # by a worker's repeat
    before = set(made.audit)
    made.take()
    found = sorted(made.audit.items())
    return [one for key, one in found if key not in before and one.chain == "administration"]


def in_short(entry: AuditEntry) -> str:
    """Say what became of a command: its kind, or how the reason of its refusal begins."""
    if entry.kind == "command_refused":
        return str(entry.detail["problems"][0])[:12]
    return entry.kind


@pytest.mark.slow
def test_commands_are_obeyed_where_they_belong_and_told_once(expected: Expected) -> None:
    """Of all partitions one obeys; what nobody can is refused once all have said so."""
    clock = StoryClock(expected.batches[-1].received_at)
    outcomes = {number: list(log) for number, log in expected.outcomes.items()}
    made = Notified(outcomes, expected.system.engine.chain, clock, random.Random(1))
    made.take()
    watched = [row for task in made.tasks for row in task.stage.terms.rows.watched()]
    some = next(iter(made.notices.values()))

    def command(name: str, role: str, **detail: object) -> Command:
        return Command(name, role, "a.one", "as the test has it", clock.now(), detail)

    entries = asked(
        expected,
        made,
        command("duty_ack", "analyst", incident=watched[0].incident, clock=""),
        command("duty_ack", "analyst-", incident=watched[0].incident, clock=""),
        command("term_met", "analyst", incident="unknown", clock="any"),
        command("notices_replay", "administrator", notices=["unknown"]),
        command("notices_replay", "duty_lead", notices=[some.id, "unknown"]),
        command("notices_replay", "duty_lead-", notices=[]),
    )
    said = Counter(map(in_short, entries))
    assert said == {
        "duty_acknowledged": 1,
        "the role 'an": 1,
        "no such inci": 1,
        "no such noti": 1,
        some.id[:12]: 1,
        "the role 'du": 1,
    }
    trail = sorted(made.audit.values(), key=lambda one: (one.chain, one.number))
    assert verify(trail) == []


@pytest.mark.slow
def test_what_says_otherwise_of_what_is_known_is_left_out_and_told(expected: Expected) -> None:
    """A revision with another content changes nothing, and what comes beside it is taken."""
    told = [one for log in expected.outcomes.values() for one in map(unpack_outcome, log)]
    first, second = [one for one in told if isinstance(one, Told) and one.incidents][:2]
    stage = alone(expected)
    held = stage.held
    assert taken(stage, [("outcomes/0/0", first)]) == []
    other = replace(first, incidents=(replace(first.incidents[0], object_id="another"),))
    found = taken(stage, [("outcomes/0/1", other), ("outcomes/0/2", second)])
    failed = [unpack_failures(one.value) for one in found]
    assert [one.place for one in failed if isinstance(one, Failed)] == ["outcomes/0/1"]
    assert held.incidents.history(first.incidents[0].id)[0] == first.incidents[0]
    assert held.incidents.history(second.incidents[0].id)


def alone(expected: Expected) -> NotifierPartition:
    """Make a notifier of the one partition that there is."""
    held = open_partition(OrderedMemory(), lambda _writes: None)
    return NotifierPartition(
        0, 1, held, expected.system.engine.chain, NoFigures(), 60 * NANOSECONDS
    )


@pytest.mark.slow
def test_what_came_before_anything_named_the_law_is_followed_then(expected: Expected) -> None:
    """A term runs too for what was told before the first tick said which law is in force."""
    read = [one for log in expected.outcomes.values() for one in map(unpack_outcome, log)]
    told = [one for one in read if isinstance(one, Told)]
    tick = next(one for one in read if isinstance(one, Posted))
    early, late = alone(expected), alone(expected)
    early(tick, *told)
    late(*told)
    assert list(late.terms.rows.watched()) == []
    late(tick)
    watched = [row.incident for row in early.terms.rows.watched()]
    assert len(watched) > 5
    assert [row.incident for row in late.terms.rows.watched()] == watched


@pytest.mark.slow
def test_a_command_that_comes_again_is_not_obeyed_again(expected: Expected) -> None:
    """What a worker sends twice is obeyed once, whatever has happened in between."""
    stage = alone(expected)
    dead = replace(next(iter(expected.notices.values())), state=NoticeState.DEAD)
    stage.held.outbox.put([dead])
    at = expected.batches[-1].received_at
    command = Command(
        "notices_replay", "duty_lead", "a.one", "it was down", at, {"notices": [dead.id]}
    )
    batch = replace(
        next(one for one in expected.batches if one.kind is BatchKind.CLOCK),
        kind=BatchKind.COMMAND,
        source_id="commands",
        records=(to_json(command),),
    )
    posted = Posted("batch", "c1", batch=batch)
    stage(posted)
    again = stage.held.outbox.get(dead.id)
    assert again is not None
    assert again.state is NoticeState.PENDING
    assert stage.held.outbox.change(again, dead)
    stage(posted)
    assert stage.held.outbox.get(dead.id) == dead
