"""Which sources were heard in a period."""

from collections.abc import Iterator

import pytest

from pipeline.incidents.statistics import Period
from pipeline.model import NANOSECONDS
from pipeline.registry import ObjectRecord
from pipeline.runtime import heard as room
from pipeline.runtime.heard import Heard, heard
from tests.runtime.centre import AT, Centre, centre, failures

HOUR = 3600 * NANOSECONDS
NOW = AT + HOUR
AROUND = Period(AT - HOUR, AT + HOUR)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    with centre(tmp_path_factory.mktemp("heard")) as one:
        one.take(failures(44))
        yield one


def bank(made: Centre) -> ObjectRecord:
    record = made.system.registry.object("kz-bank", AT)
    assert record is not None
    assert len(record.sources) == 2
    return record


def of(made: Centre, period: Period = AROUND, known_at: int = NOW) -> Heard:
    return heard(made.system.stores, bank(made), period, known_at)


def test_of_two_sources_the_one_that_sent_was_heard(made: Centre) -> None:
    """The gateway sent and was heard; the Windows source never did, and that is known."""
    assert of(made) == Heard(1, 0)


@pytest.mark.parametrize(
    ("period", "known_at"),
    [
        (Period(AT + HOUR, AT + 2 * HOUR), AT + 3 * HOUR),
        (Period(AT - 3 * HOUR, AT - 2 * HOUR), NOW),
        (AROUND, AT - 1),
    ],
    ids=["heard last before the period", "only after it", "not known yet"],
)
def test_what_lies_outside_is_not_heard(made: Centre, period: Period, known_at: int) -> None:
    """Events of another time, and those that had not come yet, make no source heard."""
    assert of(made, period, known_at) == Heard(0, 0)


def test_where_the_reading_ends_nobody_knows(made: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    """A source that is not among the events that are read at most is unknown, and not silent."""
    monkeypatch.setattr(room, "MOST_READ", 3)
    assert of(made, AROUND, AT - 1) == Heard(0, 1)
