"""The same input gives the same incidents and notices in either runtime, kills included."""

import random
from collections.abc import Iterator

import pytest

from pipeline.incidents.audit import verify
from pipeline.model import RawBatch
from pipeline.runtime.bootstrap import System
from pipeline.runtime.clocks import StoryClock
from tests.runtime.cluster.notified import Notified
from tests.runtime.cluster.played import story_played
from tests.runtime.cluster.simulated import Came, Simulated

SHARE = 0.6  # of the story, where terms run too


@pytest.fixture(scope="module")
def played(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[System, list[RawBatch], Came]]:
    """Give the story as one machine makes it."""
    with story_played(tmp_path_factory.mktemp("standalone")) as made:
        yield made


@pytest.mark.slow
@pytest.mark.parametrize(
    ("workers", "raws", "folds", "kills"),
    [(1, 1, 1, 0.0), (2, 4, 3, 0.0), (4, 3, 8, 0.0), (1, 3, 2, 0.003)],
    ids=["one worker, one partition", "two workers", "four workers, eight partitions", "kills"],
)
def test_the_cluster_finds_what_one_machine_finds(
    played: tuple[System, list[RawBatch], Came], workers: int, raws: int, folds: int, kills: float
) -> None:
    """Findings, incidents with every revision, and notices are equal, ids included."""
    system, batches, expected = played
    made = Simulated(system.engine.chain, raws, folds, random.Random(7), kills, workers)
    made.journal(batches)
    made.run()
    came = made.outcome()
    assert len(expected.incidents) > 100
    assert came.findings == expected.findings
    assert came.incidents == expected.incidents
    assert came.notices == expected.notices
    assert expected.drafts <= came.drafts
    assert (made.killed > 50) == bool(kills)
    assert (made.moved > 10) == (workers > 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    "folds",
    [
        pytest.param(1, id="one partition", marks=pytest.mark.proof),
        pytest.param(4, id="four partitions"),
    ],
)
def test_both_trails_verify_and_tell_the_same(
    tmp_path_factory: pytest.TempPathFactory, folds: int
) -> None:
    """Both audit trails hold, and tell the same of the same affairs, however many write them."""
    folder = tmp_path_factory.mktemp("standalone")
    with story_played(folder, SHARE, terms=True) as (system, batches, _):
        workers = Simulated(system.engine.chain, 2, folds, random.Random(3))
        workers.journal(batches)
        workers.run()
        outcomes = {number: workers.logs.get(("outcomes", number), []) for number in range(folds)}
        clock = StoryClock(batches[-1].received_at)
        made = Notified(outcomes, system.engine.chain, clock, random.Random(3))
        made.take()
        ours = sorted(made.audit.values(), key=lambda one: (one.chain, one.number))
        theirs = list(system.stores.audit.read())
    assert verify(ours) == []
    assert verify(theirs) == []
    # Checkpoints vouch for a trail; what is in force collectors tell, who have no part here.
    affairs = [one for one in theirs if not one.kind.endswith(("checkpoint", "_in_force"))]
    told = {(one.chain, one.entry_id, one.kind, one.subject, one.at) for one in affairs}
    assert len(told) > 100
    assert told <= {(one.chain, one.entry_id, one.kind, one.subject, one.at) for one in ours}
