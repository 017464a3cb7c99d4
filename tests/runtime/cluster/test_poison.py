"""A message that breaks the fold does not stand in everybody's way."""

from dataclasses import replace

import pytest

from connectors.stores.kafka.topics import Failed, Posted, Unread, unpack_failures
from pipeline.errors import StoreError
from pipeline.model import BatchKind, FailureCode, Observation, Revisions
from pipeline.runtime.cluster.outputs import Output
from pipeline.runtime.cluster.poison import folded
from pipeline.runtime.cluster.unread import unread_failure

SEEN = Observation(
    "batch", BatchKind.RAW, "object", "s", 4, 3, 5, Revisions(),
    withheld=(("batch-7", 5, "mark"),),
)  # fmt: skip


def failures(output: Output) -> Failed:
    read = unpack_failures(output.value)
    assert isinstance(read, Failed)
    return read


def test_what_breaks_the_fold_is_left_out_and_told() -> None:
    """After three attempts the observation keeps its place without what rules found."""
    tried: list[Posted] = []
    undone: list[int] = []

    def fold(posted: Posted) -> list[Output]:
        tried.append(posted)
        if posted.observation is not None and posted.observation.withheld:
            raise ZeroDivisionError
        return []

    posted = Posted("observation", "c", observation=SEEN)
    [found] = folded(fold, lambda: undone.append(1), posted, "observations/1/2")
    assert len(tried) == 4
    assert len(undone) == 3
    assert tried[-1].observation == replace(SEEN, withheld=(), matches=())
    failed = failures(found)
    assert failed.place == "observations/1/2"
    [failure] = failed.failures
    assert (failure.batch_id, failure.index, failure.code) == ("batch", 7, FailureCode.POISON)


def test_what_is_no_observation_is_left_out_whole() -> None:
    """A tick or command that breaks the fold is a failure, and nothing is folded of it."""

    def fold(_: Posted) -> list[Output]:
        raise ZeroDivisionError

    [found] = folded(fold, lambda: None, Posted("batch", "c"), "observations/1/2")
    assert [one.code for one in failures(found).failures] == [FailureCode.POISON]


def test_what_breaks_the_fold_stripped_too_is_passed_over() -> None:
    """All its records are failures, its source goes on, and the worker with it."""
    passed: list[Posted] = []

    def fold(_: Posted) -> list[Output]:
        raise ZeroDivisionError

    def pass_over(posted: Posted) -> list[Output]:
        passed.append(posted)
        return []

    posted = Posted("observation", "c", observation=replace(SEEN, records=9))
    [found] = folded(fold, lambda: None, posted, "observations/1/2", pass_over)
    assert passed == [posted]
    assert [one.index for one in failures(found).failures] == list(range(9))
    [found] = folded(fold, lambda: None, posted, "observations/1/2", fold)
    assert len(failures(found).failures) == 9


def test_a_store_that_does_not_take_it_is_no_poison() -> None:
    """Errors of ours are raised: what was folded is undone, and nothing is given up."""
    undone: list[int] = []

    def fold(_: Posted) -> list[Output]:
        raise StoreError("gone")

    with pytest.raises(StoreError):
        folded(fold, lambda: undone.append(1), Posted("batch", "c"), "observations/1/2")
    assert undone == [1]


def test_what_no_process_can_read_is_a_dead_letter() -> None:
    """It names its place and what it is instead; the same message gives the same failure."""
    code: list[Unread] = [Unread("broken", "is empty"), Unread("oversized", "has too much")]
    found = [failures(unread_failure("raw/0/7", one, 9)) for one in code]
    assert [one.failures[0].code for one in found] == [FailureCode.CORRUPT, FailureCode.OVERSIZED]
    assert found[0].failures[0].id == found[1].failures[0].id
    assert found[0].place == "raw/0/7"
