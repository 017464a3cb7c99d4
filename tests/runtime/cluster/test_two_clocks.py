"""Collectors whose machines disagree about the time, in one cluster."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.model import NANOSECONDS, BatchKind, RawBatch
from tests.runtime.acts import PATHS
from tests.runtime.centre import centre
from tests.runtime.cluster.night import FOLDS, RAWS, Night, night
from tests.runtime.cluster.simulated import Came, Simulated

HOUR = 3600 * NANOSECONDS


@pytest.fixture(scope="module")
def tonight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """Give the night as one machine has it."""
    with night(tmp_path_factory.mktemp("alone")) as made:
        yield made


@pytest.mark.parametrize("off", [-2 * HOUR, 2 * HOUR], ids=["behind", "ahead"])
def test_a_clock_that_is_hours_off_changes_no_answer(
    tonight: Night, tmp_path: Path, off: int
) -> None:
    """One object's batches come from a machine hours off: both runtimes still agree in all."""
    journal = [_skewed(one, off) for one in tonight.batches if one.kind is not BatchKind.COMMAND]
    content = {"paths": PATHS, "taxonomy": "taxonomies/sigma", "cache": "cache"}
    alone = Came()
    with centre(tmp_path, content=content) as here:
        here.system.engine.terms = None
        here.system.engine.chain = tonight.system.engine.chain
        here.system.stores.journal.append("wire", journal)
        here.drain()
        for outcome in here.outcomes:
            for part in outcome.folded:
                alone.take(tuple(part.findings), tuple(part.incidents), tuple(part.notices))
    for seed in range(3):
        made = Simulated(tonight.system.engine.chain, RAWS, FOLDS, random.Random(seed))
        made.journal(journal)
        made.run()
        came = made.outcome()
        assert came.findings == alone.findings
        assert came.incidents == alone.incidents
        assert came.notices == alone.notices
    objects = {one.object_id for one in alone.incidents.values()}
    assert objects == {one.object_id for one in tonight.came.incidents.values()}


def _skewed(batch: RawBatch, off: int) -> RawBatch:
    if batch.object_id != "kz-egov-portal":
        return batch
    return replace(batch, received_at=batch.received_at + off)
