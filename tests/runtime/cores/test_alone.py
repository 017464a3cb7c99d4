"""One batch that a process died over: what kills is found in processes that may die."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from pipeline.errors import SaqshyError, StoreCorrupt
from pipeline.model import FailureCode, RawBatch
from pipeline.runtime.chain import Observed
from pipeline.runtime.cores.alone import Alone, make_alone
from pipeline.runtime.cores.child import Child
from pipeline.runtime.cores.single import Single
from pipeline.runtime.observing import ATTEMPTS, observe
from tests.runtime.centre import Centre, centre, entry, failures
from tests.runtime.cluster.test_preparing import BATCH
from tests.runtime.cores.deadly import DEADLY

DEADLY_PROGRAM = "tests.runtime.cores.deadly"


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Centre]:
    """Give a system of one process."""
    with centre(tmp_path) as found:
        yield found


def deadly(made: Centre, program: str = DEADLY_PROGRAM) -> Alone:
    """Make the matching apart of a system, by a program of the tests."""
    settings = made.system.settings
    begin = partial(Child.begun, settings.log, settings.content.cache, program)
    return Alone(begin, made.system.stores.content.bundle)


def journalled(made: Centre, records: list[bytes]) -> RawBatch:
    """Journal records; give their batch."""
    made.journal(records)
    ((_, batch),) = made.system.stores.journal.read(made.system.stores.journal.committed(), 1)
    return batch


def died_over(made: Centre, alone: Alone, batch: RawBatch) -> Single:
    """Make the engine one whose process died over a batch before."""
    single = made.system.engine.ahead
    assert isinstance(single, Single)
    single.begun.died_over.append(batch.id)
    made.system.engine.ahead = Single(single.begun, alone)
    return single


def test_a_batch_that_kills_nobody_comes_to_the_same(made: Centre) -> None:
    """Who was killed by another hand loses nothing; where memory runs out, the child goes first."""
    batch = journalled(made, failures(41, 3))
    alone = make_alone(made.system.settings, made.system.stores.content)
    begun: list[Child] = []
    score: list[str] = []

    def begin() -> Child:
        begun.append(alone.begin())
        return begun[-1]

    def bundle(kind: str, revision: str) -> bytes | None:
        score.append(Path(f"/proc/{begun[-1].process.pid}/oom_score_adj").read_text().strip())
        return alone.bundle(kind, revision)

    died_over(made, Alone(begin, bundle), batch)
    made.drain()
    (outcome,) = made.outcomes
    assert len(outcome.observed.events) == 3
    assert {match.rule_id for match in outcome.observed.observation.matches}
    assert not list(made.system.stores.dead_letters.list())
    assert len(begun) == 1
    assert set(score) == {"1000"}


@pytest.mark.proof
def test_the_record_that_kills_becomes_a_failure(made: Centre) -> None:
    """It goes to the dead letters, the others become events, and the journal goes on behind."""
    records = failures(41, 2)
    records[1] += b" " + DEADLY
    died_over(made, deadly(made), journalled(made, records))
    made.journal([entry(41)])
    made.drain()
    assert [len(one.observed.events) for one in made.outcomes] == [1, 1]
    (letter,) = made.system.stores.dead_letters.list()
    assert (letter.index, letter.code) == (1, FailureCode.POISON)


def test_where_no_process_starts_no_record_is_blamed(made: Centre) -> None:
    """Nothing goes to the dead letters that was never tried: the batch stays where it is."""
    batch = journalled(made, failures(41, 2))
    died_over(made, deadly(made, "antigravity_absent"), batch)
    with pytest.raises(SaqshyError, match="matching process"):
        made.drain()
    assert made.system.stores.journal.committed() == 0
    assert not list(made.system.stores.dead_letters.list())


def test_an_error_that_is_no_records_fault_blames_none() -> None:
    """What breaks the search for the record itself ends it, and nothing is set aside for that."""
    asked = 0

    class Chain:
        """Stages that break on the whole batch, and then have no rules for a part."""

        def observe(self, _batch: RawBatch) -> Observed:
            """Match a batch."""
            nonlocal asked
            asked += 1
            raise RuntimeError if asked <= ATTEMPTS + 1 else StoreCorrupt("no such bundle")

    with pytest.raises(StoreCorrupt):
        observe(Chain(), replace(BATCH, records=(b"x", b"y")))
    assert asked == ATTEMPTS + 2
