"""Our own outages stand in the audit trail."""

from pathlib import Path

from pipeline.correlate.silence import DEAF
from pipeline.model import NANOSECONDS, instant
from pipeline.runtime.outages import OUTAGE, outages
from tests.runtime.centre import AT, centre

MINUTE = 60 * NANOSECONDS


def test_a_long_time_without_a_tick_is_an_outage_and_a_short_one_none(tmp_path: Path) -> None:
    """Where no tick came for longer than ten minutes nobody was listened to: it is audited."""
    with centre(tmp_path) as made:
        for minutes in (0, 10, 11, 1):
            made.tick(minutes)
        (entry,) = made.audit(OUTAGE)
        begin = AT + 10 * MINUTE
        assert outages([entry], entry.at) == ((begin, begin + 11 * MINUTE),)
        assert outages([entry], entry.at - 1) == ()
        assert (entry.chain, entry.at) == ("administration", begin + 11 * MINUTE)
        assert instant(str(entry.detail["until"])) - instant(str(entry.detail["since"])) > DEAF


def test_the_end_of_a_replay_is_no_outage(tmp_path: Path) -> None:
    """A replay ends by the replayed time, which says nothing of our listening."""
    with centre(tmp_path) as made:
        made.tick()
        made.system.collector.end(AT + 60 * MINUTE)
        made.drain()
        assert made.audit(OUTAGE) == []
