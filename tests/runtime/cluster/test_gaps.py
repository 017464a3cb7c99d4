"""Where too much waits behind a gap nothing is lost, and nothing jumped over."""

import random
from collections.abc import Iterator

import pytest

from connectors.stores.kafka.topics import Posted, unpack_posted
from pipeline.runtime.cluster import arrival
from pipeline.runtime.cluster.arrival import TooEarly
from pipeline.runtime.cluster.fold_partition import FoldPartition
from pipeline.runtime.cluster.gaps import Gaps
from tests.runtime.cluster.night import FOLDS, RAWS, Night, differs, night
from tests.runtime.cluster.simulated import Simulated


@pytest.fixture(scope="module")
def tonight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """Give the night as one machine has it."""
    with night(tmp_path_factory.mktemp("alone")) as made:
        yield made


class Stuck(Simulated):
    """One partition of ``raw`` comes last, so that all others are early."""

    missed = 0
    began_again = 0
    gaps: dict[tuple[str, int], Gaps]

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
        if isinstance(stage, FoldPartition) and not gaps.lets(place, posted, stage.stands):
            task.offset += 1
            return
        try:
            super()._step(name, number)
        except TooEarly:
            stage.forget()
            task.rows.undo()
            assert isinstance(stage, FoldPartition)
            assert posted.observation is not None
            seen = posted.observation
            source = posted.collector, seen.object_id, seen.source_id
            gaps.missed(place, offset, source, stage.stands(source))
            self.missed += 1
            task.offset += 1
        if isinstance(stage, FoldPartition):
            again = gaps.moved(place, stage.stands)
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
    made.gaps = {}
    for phase in tonight.phases():
        made.journal(phase)
        made.run()
    assert differs(tonight, made) == set()
    assert made.missed >= made.began_again > 0


def test_a_gap_is_told() -> None:
    """Of which source too much waits is said, until its partition is another's."""
    gaps = Gaps()
    assert gaps.trouble == ""
    assert gaps.passes("p", 7)
    gaps.missed("p", 7, ("c", "object", "s"), 3)
    gaps.missed("p", 9, ("c", "object", "s"), 3)
    assert "c/object/s" in gaps.trouble
    assert [gaps.passes("p", number) for number in (6, 7, 8)] == [True, False, False]
    assert gaps.passes("another", 8)
    assert gaps.moved("p", lambda _source: 3) is None
    assert gaps.moved("p", lambda _source: 4) == 7
    gaps.forget()
    assert gaps.trouble == ""
    assert gaps.passes("p", 8)
