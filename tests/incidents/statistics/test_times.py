"""Times from history: known, unknown and still open."""

from pipeline.incidents.statistics import Spread, known
from pipeline.incidents.statistics.times import TimesTally
from pipeline.model import Incident, IncidentState
from tests.incidents.statistics.made import OVER, SECOND, incident, lived, notice

S = IncidentState


def times(*histories: list[Incident], known_at: int = OVER) -> dict[str, Spread]:
    tally = TimesTally(known_at)
    for history in histories:
        item = known(history, known_at)
        assert item is not None
        tally.add(item, [])
    return tally.times()


def test_each_state_is_measured_from_the_opening() -> None:
    """Detection runs from the first event to the opening, all else from the opening on."""
    history = lived(
        incident(), (S.ACKNOWLEDGED, 30), (S.CONTAINED, 90), (S.RESTORED, 200), (S.CLOSED, 500)
    )
    found = times(history)
    assert {name: spread.max_seconds for name, spread in found.items()} == {
        "acknowledge": 30.0, "close": 500.0, "contain": 90.0, "detect": 10.0, "restore": 200.0,
    }  # fmt: skip


def test_a_state_passed_by_is_unknown_and_one_ahead_is_open() -> None:
    """Of what was closed without being contained nobody knows when; what stands open runs on."""
    closed = lived(incident("a"), (S.CLOSED, 60))
    fresh = [incident("b")]
    found = times(closed, fresh)
    run = (OVER - fresh[0].opened_at) / SECOND
    assert found["contain"] == Spread(unknown=1, open=1, open_longest_seconds=run)
    assert (found["close"].count, found["close"].open) == (1, 1)


def test_an_event_of_the_future_is_no_negative_time() -> None:
    """Where a sender's clock is ahead of ours the time to detect is unknown."""
    one = incident()
    ahead = incident(first_event_at=one.opened_at + SECOND)
    assert times([ahead])["detect"] == Spread(unknown=1)


def test_telling_is_measured_by_role() -> None:
    """Each role has its own time; who has not been told yet runs on."""
    one = incident()
    item = known([one], OVER)
    assert item is not None
    tally = TimesTally(OVER)
    tally.add(item, [notice(one, 4), notice(one, role="holder")])
    found = tally.times()
    assert found["notify.ncc"].p50_seconds == 4.0
    assert (found["notify.holder"].count, found["notify.holder"].open) == (0, 1)
