"""Where too much waits behind a gap nothing is lost, and nothing jumped over."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest

from connectors.stores.kafka.topics import Posted, unpack_posted
from pipeline.model import BatchKind, Observation, Revisions
from pipeline.runtime.cluster import arrival
from pipeline.runtime.cluster.arrival import TooEarly, TooFull
from pipeline.runtime.cluster.gaps import Gaps, Source
from tests.runtime.cluster.night import FOLDS, RAWS, Night, differs, night
from tests.runtime.cluster.simulated import Simulated


@pytest.fixture(scope="module")
def tonight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """Give the night as one machine has it."""
    with night(tmp_path_factory.mktemp("alone")) as made:
        yield made


@dataclass
class Stuck(Simulated):
    """One partition of ``raw`` comes last, so that all others are early."""

    missed: int = 0
    began_again: int = 0
    gaps: dict[tuple[str, int], Gaps] = field(default_factory=dict)

    def _ready(self) -> Iterator[tuple[str, int]]:
        ready = list(super()._ready())
        others = [one for one in ready if one != ("raw", 0)]
        yield from others or ready

    def _step(self, name: str, number: int) -> None:
        place, task = (name, number), self.tasks[name, number]
        gaps = self.gaps.setdefault(place, Gaps())
        stage, offset = task.stage, task.offset
        posted = unpack_posted(self.logs[place][offset])
        assert isinstance(posted, Posted)
        if not gaps.lets(place, posted, stage):
            task.offset += 1
            return
        try:
            super()._step(name, number)
        except TooEarly as why:
            stage.forget()
            task.rows.undo()
            gaps.missed(place, offset, posted, why, stage)
            self.missed += 1
            task.offset += 1
        again = gaps.moved(place, stage)
        if again is not None:  # as the worker does: it ends, and begins where it acknowledged
            assert not gaps.passes(place, again)
            assert gaps.passes(place, again - 1)
            gaps.forget()
            task.offset = again
            task.start()
            self.began_again += 1


@pytest.mark.parametrize("most", [0, 1, 3])
def test_beyond_the_bound_what_is_early_comes_again(
    tonight: Night, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """However few may wait, everything comes to pass as on one machine, ticks in their place."""
    monkeypatch.setattr(arrival, "MOST_EARLY", most)
    made = Stuck(tonight.system.engine.chain, RAWS, FOLDS, random.Random(most))
    for phase in tonight.phases():
        made.journal(phase)
        made.run()
    assert differs(tonight, made) == set()
    assert made.missed >= made.began_again > 0


@dataclass
class AtTick(Stuck):
    """One partition of ``raw`` stands at its first tick until all others are read to their ends."""

    stands: bool = False

    def _ready(self) -> Iterator[tuple[str, int]]:
        at = self.read[0]
        more = at < len(self.raw[0])
        self.stands = self.stands or (more and self.raw[0][at].kind is BatchKind.CLOCK)
        ready = list(Simulated._ready(self))
        yield from [one for one in ready if one != ("raw", 0) or not self.stands] or ready


@pytest.mark.parametrize("early", [20_000, 2], ids=["all early", "2 early"])
@pytest.mark.parametrize("most", [3, 0])
def test_beyond_the_bound_what_waits_for_ticks_comes_again(
    tonight: Night, monkeypatch: pytest.MonkeyPatch, most: int, early: int
) -> None:
    """However few may be held, and be early behind them, all comes to pass and nothing waits."""
    monkeypatch.setattr(arrival, "MOST_EARLY", early)
    monkeypatch.setattr(arrival, "MOST_HELD", most)
    made = AtTick(tonight.system.engine.chain, RAWS, FOLDS, random.Random(1))
    made.journal([one for one in tonight.batches if one.kind is not BatchKind.COMMAND])
    made.run()
    assert {gaps.trouble for gaps in made.gaps.values()} == {""}
    assert made.outcome().findings == tonight.came.findings
    assert made.missed >= made.began_again > 0


@dataclass
class State:
    """How far a partition's state has come."""

    sequence: int = 3
    tick: int = 5

    def stands(self, _source: Source) -> int:
        """Give where every source stands."""
        return self.sequence

    def passed(self, _clock: str) -> int:
        """Give the last tick of every clock."""
        return self.tick


def seen(sequence: int, via: int, source: str = "s") -> Posted:
    """Give an observation as it comes by a partition of ``raw``."""
    one = Observation(
        f"b{sequence}", BatchKind.RAW, "object", source, sequence, sequence - 1, 5, Revisions()
    )
    return Posted("observation", "c", observation=one, via=via)


def test_only_what_came_by_the_same_way_is_passed_over() -> None:
    """Behind a gap other ways go on, and by its own way what is missing alone."""
    gaps = Gaps()
    gaps.missed("p", 7, seen(9, via=1), TooEarly("s"), State())
    tick = Posted("batch", "c", via=1)
    assert [gaps.lets("p", replace(tick, via=via), State()) for via in (0, 1)] == [True, False]
    assert gaps.lets("p", seen(4, via=1), State())
    assert not gaps.lets("p", seen(5, via=1), State())
    assert not gaps.lets("p", seen(4, via=1, source="another"), State())
    assert gaps.lets("p", seen(5, via=0), State())


def test_a_gap_is_told() -> None:
    """Behind what too much waits is said, until its partition is another's."""
    gaps = Gaps()
    assert gaps.trouble == ""
    assert gaps.passes("p", 7)
    gaps.missed("p", 7, seen(9, via=1), TooEarly("s"), State())
    gaps.missed("p", 9, seen(10, via=1), TooEarly("s"), State())
    assert "c/object/s" in gaps.trouble
    assert [gaps.passes("p", number) for number in (6, 7, 8)] == [True, False, False]
    assert gaps.passes("another", 8)
    assert gaps.moved("p", State()) is None
    assert gaps.moved("p", State(sequence=4)) == 7
    gaps.missed("p", 11, seen(10, via=2), TooFull("c/clock", 8, 3), State())
    assert "tick 8 of c/clock" in gaps.trouble
    assert gaps.moved("p", State(tick=7)) is None
    assert gaps.moved("p", State(tick=8)) == 7
    gaps.forget()
    assert gaps.trouble == ""
    assert gaps.passes("p", 8)
