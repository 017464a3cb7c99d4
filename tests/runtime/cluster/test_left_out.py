"""What breaks the fold of one object is left out of it alone: on one machine and in a cluster."""

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from connectors.stores.kafka.topics import Failed, unpack_failures
from pipeline.incidents import Silence
from pipeline.model import BatchKind, Failure, FailureCode, Observation, Revisions
from pipeline.model.rows import Rows
from pipeline.runtime.chain import Chain
from pipeline.runtime.folded import Folded
from tests.runtime.acts import PATHS
from tests.runtime.centre import centre
from tests.runtime.cluster.night import FOLDS, RAWS, Night, night
from tests.runtime.cluster.simulated import Came, Simulated

BROKEN, OTHER = "kz-egov-portal", "kz-bank"


@pytest.fixture(scope="module")
def tonight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """Give the night as one machine has it."""
    with night(tmp_path_factory.mktemp("alone")) as made:
        yield made


class Breaking:
    """A chain that breaks one object's rows half, and then raises, where it is asked to."""

    def __init__(self, chain: Chain, breaks: Callable[[Observation], bool]) -> None:
        self._chain, self._breaks = chain, breaks

    def __getattr__(self, name: str) -> Any:
        return getattr(self._chain, name)

    def step(
        self, state: Rows, observation: Observation, silences: Sequence[Silence] = ()
    ) -> Folded:
        """Step, and raise behind it."""
        folded = self._chain.step(state, observation, silences)
        if observation.object_id == BROKEN and self._breaks(observation):
            raise ZeroDivisionError
        return folded


def _ticks(seen: Observation) -> bool:
    return seen.kind is BatchKind.CLOCK


def _batches(seen: Observation) -> bool:
    return seen.kind is not BatchKind.CLOCK and seen.sequence % 3 == 1


def _found(seen: Observation) -> bool:
    return bool(seen.matches) and seen.sequence % 3 == 1


@pytest.mark.parametrize(
    "breaks",
    [_ticks, _batches, _found],
    ids=["its ticks", "batches, without what rules found too", "what rules found"],
)
def test_one_object_alone_is_the_worse_for_it(
    tonight: Night, tmp_path: Path, breaks: Callable[[Observation], bool]
) -> None:
    """The others find all they find, nobody stands still, and both runtimes agree in all."""

    def chains(stamp: Revisions) -> Chain:
        return Breaking(tonight.system.engine.chain(stamp), breaks)  # type: ignore[return-value]

    journal = [one for one in tonight.batches if one.kind is not BatchKind.COMMAND]
    alone, dead = Came(), set[Failure]()
    with centre(tmp_path, content={"paths": PATHS, "cache": "cache"}) as here:
        here.system.engine.terms = None
        here.system.engine.chain = chains
        here.system.stores.journal.append("wire", journal)
        here.drain()
        for outcome in here.outcomes:
            for part in outcome.folded:
                alone.take(tuple(part.findings), tuple(part.incidents), tuple(part.notices))
        dead = set(here.system.stores.dead_letters.list())
    made = Simulated(chains, RAWS, FOLDS, random.Random(1))
    made.journal(journal)
    made.run()
    came = made.outcome()
    assert (came.findings, came.incidents) == (alone.findings, alone.incidents)
    assert came.notices == alone.notices
    assert _of(came, OTHER) == _of(tonight.came, OTHER)
    mine = {one for one in dead if one.code is FailureCode.POISON}
    assert {one for one in _failures(made) if one.code is FailureCode.POISON} == mine
    assert {one.object_id for one in mine} == {BROKEN}
    for task in made.tasks.values():
        assert task.stage.folding.rows("").count("held") == 0


def _of(came: Came, object_id: str) -> dict[Any, Any]:
    return {key: one for key, one in came.findings.items() if one.object_id == object_id}


def _failures(made: Simulated) -> Iterator[Failure]:
    for (name, _), log in made.logs.items():
        for value in log if name == "failures" else ():
            failed = unpack_failures(value)
            assert isinstance(failed, Failed)
            yield from failed.failures
