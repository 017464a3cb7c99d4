"""Matching in processes of its own: the same answers, whatever happens to the processes."""

import os
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.resources import files
from pathlib import Path

import pytest

from pipeline.errors import SaqshyError
from pipeline.model import FailureCode, RawBatch, as_document, instant
from pipeline.runtime.bootstrap import System
from pipeline.runtime.cores.child import Child
from pipeline.runtime.cores.pool import Pool
from pipeline.runtime.engine import Outcome
from pipeline.runtime.knowledge import Cause
from pipeline.runtime.reloading import Ask
from tests.integration.traces import everything, forms, found
from tests.runtime.centre import RULE, Centre, centre, entry, failures
from tests.runtime.cluster.played import story_played
from tests.runtime.cores.deadly import DEADLY

SHARE = 0.2  # of the story
DEADLY_PROGRAM = "tests.runtime.cores.deadly"


@dataclass
class Kills:
    """Kills matching processes after some of the commits."""

    pool: Pool
    after: frozenset[int]
    dice: random.Random = field(default_factory=lambda: random.Random(8))
    commits: int = 0
    killed: int = 0

    def __call__(self, _outcome: Outcome) -> None:
        """Kill one of those that live, where it is time."""
        self.commits += 1
        alive = sorted(self.pool.work.figures.alive.values())
        if self.commits in self.after and alive:
            os.kill(self.dice.choice(alive), signal.SIGKILL)
            self.killed += 1


def pool_of(made: Centre, **changes: object) -> Pool:
    pool = made.system.engine.ahead
    assert isinstance(pool, Pool)
    pool.work = replace(pool.work, **changes)  # type: ignore[arg-type]
    return pool


@contextmanager
def pooled(folder: Path, workers: int = 2) -> Iterator[Centre]:
    with centre(folder, workers=workers) as made:
        yield made


def kept(system: System, batches: list[RawBatch]) -> dict[str, object]:
    """Give all that detection has left in a store."""
    stores = system.stores
    return {
        "events": [stores.events.of_batch(batch.id) for batch in batches],
        "found": [as_document(one) for one in stores.dead_letters.list()],
        "incidents": {one.id: as_document(one) for one in stores.incidents.latest()},
        "notices": {one.id: as_document(one) for one in stores.outbox.list()},
        "state": {name: dict(stores.state.load(name)) for name in stores.state.objects()},
        "committed": stores.journal.committed(),
    }


@pytest.fixture(scope="module")
def played(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[list[RawBatch], dict[str, object]]]:
    """Give a part of the story as a journal, and what one process makes of it."""
    folder = tmp_path_factory.mktemp("alone")
    with story_played(folder, SHARE, terms=True) as (system, batches, _):
        yield batches, kept(system, batches)


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "kills"), [(2, 0), (3, 4)], ids=["2 processes", "3, kills"])
def test_processes_find_what_one_finds(
    played: tuple[list[RawBatch], dict[str, object]], tmp_path: Path, workers: int, kills: int
) -> None:
    """Events, findings, incidents, notices and state are equal to the byte, ids included."""
    batches, expected = played
    with pooled(tmp_path, workers) as made:
        pool = pool_of(made)
        after = frozenset(random.Random(workers).sample(range(5, len(batches) - 5), kills))
        killing = Kills(pool, after)
        made.system.engine.watch = killing
        made.system.stores.journal.append("played", batches)
        made.drain()
        assert kept(made.system, batches) == expected
        assert killing.commits == len(batches)
        assert sum(pool.work.figures.lost.values()) >= killing.killed >= bool(kills)
    assert len(batches) > 100


@pytest.mark.proof
def test_a_record_that_kills_its_process_is_a_failure(tmp_path: Path) -> None:
    """The record that costs processes goes to the dead letters, all others become events."""
    with pooled(tmp_path) as made:
        settings = made.system.settings
        begin = partial(Child.begun, settings.log, settings.content.cache, DEADLY_PROGRAM)
        pool = pool_of(made, begin=begin)
        records = failures(41, 2)
        records[1] += b" " + DEADLY
        made.take(records)
        made.take([entry(41)])
        assert [len(one.observed.events) for one in made.outcomes] == [1, 1]
        (letter,) = made.system.stores.dead_letters.list()
        assert (letter.index, letter.code) == (1, FailureCode.POISON)
        assert pool.work.figures.lost["killed"] >= 2


@pytest.mark.proof
def test_a_process_that_hangs_is_replaced(tmp_path: Path) -> None:
    """A stopped process is killed after its time, and its batches are matched by another."""
    with pooled(tmp_path) as made:
        pool = pool_of(made, hung_seconds=3.0)
        made.take(failures(40))
        for pid in pool.work.figures.alive.values():
            os.kill(pid, signal.SIGSTOP)
        for minute in range(41, 48):
            made.journal(failures(minute))
        made.drain()
        assert made.system.stores.events.count() == 8 * 12
        assert pool.work.figures.lost["hung"] >= 1
        assert not list(made.system.stores.dead_letters.list())


def test_time_zones_of_processes_are_those_of_the_pinned_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine whose own files say another time of a zone changes no event's time."""
    false = tmp_path / "zones" / "Asia" / "Almaty"
    false.parent.mkdir(parents=True)
    false.write_bytes((files("tzdata") / "zoneinfo" / "Etc" / "UTC").read_bytes())
    monkeypatch.setenv("PYTHONTZPATH", str(tmp_path / "zones"))
    record = b"<86>Mar  2 20:41:00 bank-gw01 sshd[9]: Failed password for root from 203.0.113.45"
    with pooled(tmp_path) as made:
        made.take([record])
        (outcome,) = made.outcomes
        (event,) = outcome.observed.events
        assert event.time == instant("2026-03-02T20:41:00+05:00")


def test_changed_rules_reach_the_processes(tmp_path: Path) -> None:
    """What is journalled after a reload is matched by the changed rule, what was before is not."""
    with pooled(tmp_path) as made:
        made.take(failures(41, 1))
        made.journal(failures(42, 1))
        made.edit(RULE, lambda text: text.replace("Failed password", "Accepted password"))
        assert made.system.reloader.reload(Ask(Cause())).outcome == "in_force"
        made.journal([entry(43)])
        made.journal(failures(44, 1))
        made.drain()
        matched = [
            {match.rule_id for match in one.observed.observation.matches} for one in made.outcomes
        ]
        (rule,) = matched[0]
        assert [rule in found for found in matched] == [True, True, True, False]


def test_rules_are_counted_as_in_one_process(tmp_path: Path) -> None:
    """The rules' hits are those of one process, and the same rules tell what they took."""
    shown = []
    for name, workers in (("alone", 1), ("pooled", 2)):
        with pooled(tmp_path / name, workers) as made:
            made.system._gauges().register(made.system.metrics)
            for minute in (41, 42, 43):
                made.take(failures(minute))
            metrics = {one.name: one.samples for one in made.system.metrics.collect()}
        hits, asked, took = (
            {one.labels["rule"]: one.value for one in metrics[f"saqshy_rule_{what}"]}
            for what in ("hits", "tests", "test_seconds")
        )
        assert min(*asked.values(), *took.values()) > 0
        shown.append((hits, sorted(asked), sorted(took)))
    assert shown[0] == shown[1]


def test_what_must_not_be_kept_is_nowhere(tmp_path: Path) -> None:
    """A record that the second guard stops leaves no trace in store, logs or cache."""
    word = "qzword00043zq"
    bank = "<86>1 2026-03-02T20:41:00.000+05:00 bank-gw01 sshd 9 - "
    record = f'{bank}[doc secrecy="секретно"] Failed password for {word}'.encode()
    with pooled(tmp_path) as made:
        made.journal([*failures(41, 3), record])
        made.drain()
        assert [tuple(one.observed.stopped) for one in made.outcomes] == [(3,)]
        assert made.system.stores.events.count() == 3
        traces = found(everything(tmp_path), {word: forms(word, (record,))})
        assert traces == {}


def test_processes_end_with_their_parent(tmp_path: Path) -> None:
    """After the end no process is left; what was not matched is matched by whoever comes next."""
    with pooled(tmp_path) as made:
        pool = pool_of(made)
        made.take(failures(41))
        alive = list(pool.work.figures.alive.values())
        os.kill(alive[0], signal.SIGTERM)  # as a supervisor does to all of a group
        made.take(failures(42))
        assert alive[0] in pool.work.figures.alive.values()
        made.journal(failures(43))
    assert not any(Path(f"/proc/{pid}").exists() for pid in alive)
    with centre(tmp_path) as again:
        again.drain()
        assert again.system.stores.events.count() == 3 * 12


def test_a_process_that_never_starts_ends_the_wait(tmp_path: Path) -> None:
    """Where no process starts at all, the engine is told so instead of waiting for ever."""
    with pooled(tmp_path) as made:
        settings = made.system.settings
        begin = partial(Child.begun, settings.log, settings.content.cache, "antigravity_absent")
        pool_of(made, begin=begin)
        made.journal(failures(41))
        with pytest.raises(SaqshyError, match="no matching process starts"):
            made.drain()
        assert made.system.stores.journal.committed() == 0
