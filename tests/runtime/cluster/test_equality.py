"""The same input gives the same incidents and notices in either runtime, kills included."""

import random
from collections.abc import Iterator

import pytest

from pipeline.model import RawBatch
from pipeline.runtime.bootstrap import System
from tests.runtime.cluster.played import story_played
from tests.runtime.cluster.simulated import Came, Simulated


@pytest.fixture(scope="module")
def played(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[System, list[RawBatch], Came]]:
    """Give the story as one machine makes it."""
    with story_played(tmp_path_factory.mktemp("standalone")) as made:
        yield made


@pytest.mark.slow
@pytest.mark.parametrize(
    ("raws", "folds", "kills"),
    [(4, 3, 0.0), (3, 2, 0.003)],
    ids=["many partitions", "kills"],
)
def test_the_cluster_finds_what_one_machine_finds(
    played: tuple[System, list[RawBatch], Came], raws: int, folds: int, kills: float
) -> None:
    """Findings, incidents with every revision, and notices are equal, ids included."""
    system, batches, expected = played
    made = Simulated(system.engine.chain, raws, folds, random.Random(7), kills)
    made.journal(batches)
    made.run()
    came = made.outcome()
    assert len(expected.incidents) > 100
    assert came.findings == expected.findings
    assert came.incidents == expected.incidents
    assert came.notices == expected.notices
    assert expected.drafts <= came.drafts
    assert (made.killed > 50) == bool(kills)
