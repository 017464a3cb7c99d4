"""The auditor beside a system: what it looks at, what it remembers, what it tells, and to whom."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import orjson
import pytest
from prometheus_client import generate_latest

from connectors.sinks.heartbeat_file import HeartbeatFolder
from connectors.sinks.pages_folder import PagesFolder
from pipeline.runtime.auditor import Auditor
from pipeline.runtime.auditor_owed import owed_notices
from pipeline.runtime.auditor_process import AuditorProcess
from tests.audit.runs import (
    DAY,
    MINUTE,
    SECOND,
    UNKNOWN,
    WORSE,
    YES,
    Run,
    auditor,
    copied,
    found,
    night,
    run,
)
from tests.runtime.centre import centre, entry, failures
from tests.runtime.stories import TICK
from tests.runtime.stories import told as story


@contextmanager
def watching(store: Path, state: Path | None = None, **changes: object) -> Iterator[Auditor]:
    """Watch a store for as long as the block runs."""
    one = auditor(store, state, **changes)
    try:
        yield one
    finally:
        one.close()


def said(one: Auditor) -> list[tuple[str, str]]:
    """Give kind and what of every alarm that stands."""
    return sorted((alarm.kind, alarm.what) for alarm in one.state.alarms())


@pytest.mark.slow
def test_the_bundled_story_is_clean(tmp_path: Path) -> None:
    """A whole night through every stage owes nothing that was not told, to the right ones."""
    with story(tmp_path) as made:
        store = tmp_path / "saqshy.db"
        assert found(store, made.clock.now(), at_once=TICK) == []
        with watching(store, at_once=TICK) as one:
            look = one.look(made.clock.now())
            assert look.incidents == len(list(made.system.stores.incidents.latest()))
            owed = [notice for notice in made.notices() if notice.kind not in ("reminder", "page")]
            assert look.owed == len(owed) > 20


def test_a_real_run_stays_clean_look_by_look(tmp_path: Path) -> None:
    """Looks between the batches of a running system find nothing, and each only what is new."""
    with centre(tmp_path) as made:
        made.tick()
        with watching(tmp_path / "saqshy.db") as one:
            for minute in range(45, 49):
                made.take([*failures(minute), entry(minute)])
                one.look(made.clock.now())
                made.system.dispatcher.run_due()
                made.tick(1)
                look = one.look(made.clock.now())
                assert look.standing == 0
                assert look.entries < 12
            assert look.incidents == 1


def test_a_look_examines_what_was_touched(tmp_path: Path) -> None:
    """After the first look only what has changed since is read, and in turn a few others."""
    with run(tmp_path) as one:
        night(one)
        with watching(one.store) as mine:
            assert mine.look(one.now).everything
            mine._in_turn = 0
            assert mine.look(one.now).examined == 0
            one.find("kz-bank", "entry", YES)
            look = mine.look(one.now)
            assert (look.everything, look.examined, look.entries) == (False, 1, 4)
            mine._in_turn = 3
            assert mine.look(one.now).examined == 3


def test_time_alone_makes_a_notice_overdue(tmp_path: Path) -> None:
    """Nothing is written any more, and what has not left is overdue once its term is over."""
    with run(tmp_path) as one:
        one.find("kz-energy-tec", "entry-tec", UNKNOWN)
        with watching(one.store) as mine:
            mine._in_turn = 0
            assert mine.look(one.now + 59 * SECOND).standing == 0
            mine.look(one.now + 61 * SECOND)
            assert said(mine) == [("late", "overdue")]
            one.deliver()
            mine.look(one.now + 62 * SECOND)
            assert said(mine) == []


@pytest.mark.parametrize("jump", [DAY, -DAY], ids=["a day on", "a day back"])
def test_a_jump_of_the_clock_changes_what_is_overdue_and_nothing_else(
    tmp_path: Path, jump: int
) -> None:
    """Terms follow from history: a clock that jumps and comes back leaves no alarm behind."""
    with run(tmp_path) as one:
        night(one)
        one.find("kz-bank", "entry", YES)
        with watching(one.store) as mine:
            mine.look(one.now)
            assert said(mine) == []
            mine.look(one.now + jump)
            expected = [("late", "overdue")] * 3 if jump > 0 else []
            assert said(mine) == expected
            mine.look(one.now, everything=True)
            assert said(mine) == []


def test_a_restart_goes_on_where_it_was(tmp_path: Path) -> None:
    """What was followed and paged is remembered; without that memory all is found again."""
    with run(tmp_path) as one:
        one.find("kz-energy-tec", "entry-tec", UNKNOWN)
        late = one.now + 10 * MINUTE
        with watching(one.store) as first:
            first.look(late)
            alarms = [alarm.id for alarm in first.state.alarms()]
        with watching(one.store) as again:
            look = again.look(late)
            assert (look.everything, look.entries, look.standing) == (False, 0, 1)
        with watching(one.store, tmp_path / "another.db") as other:
            assert other.look(late).everything
            assert [alarm.id for alarm in other.state.alarms()] == alarms


def test_a_trail_that_moved_is_followed_anew(tmp_path: Path) -> None:
    """Where the entry seen last stands elsewhere, every chain is followed from its beginning."""
    with run(tmp_path) as one:
        night(one)
        path = copied(one.store, tmp_path / "copy")
    with watching(path) as mine:
        mine.look(one.now)
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("DROP TRIGGER audit_unchanged")
            db.execute("UPDATE audit SET rowid = rowid + 1000000")
        look = mine.look(one.now)
        assert look.everything
        assert look.standing == 0


def test_it_reads_beside_a_writer(tmp_path: Path) -> None:
    """While a system writes, each look sees one instant of it: nothing is half there."""
    with run(tmp_path) as one:
        one.find("kz-bank", "entry", YES)
        one.deliver()
        ended = threading.Event()
        looks: list[int] = []

        def watch() -> None:
            with watching(one.store) as mine:
                while not ended.is_set():
                    looks.append(mine.look(one.now).standing)

        thread = threading.Thread(target=watch)
        thread.start()
        for turn in range(12):
            one.find("kz-bank", "entry", WORSE if turn % 2 else YES, after=SECOND)
            one.deliver()
        ended.set()
        thread.join()
    assert len(looks) > 1
    assert set(looks) == {0}


def test_what_one_incident_owes_can_be_read(tmp_path: Path) -> None:
    """Every notice that is owed stands there with its term, its ground and its state."""
    with run(tmp_path) as one:
        one.find("kz-bank", "entry", YES)
        one.deliver()
        with watching(one.store) as mine:
            owed = owed_notices(mine, one.incident("kz-bank").id)
            assert owed_notices(mine, "0" * 32) == []
    assert [(item.role, item.state, item.basis) for item in owed] == [
        ("holder", "sent", "kz-418-V/7-2(1)(2)"),
        ("ncc", "sent", "kz-418-V/7-2(1)(2)"),
        ("sectoral_centre", "sent", "kz-418-V/7-2(1)(2)"),
    ]


@contextmanager
def process(one: Run, folder: Path) -> Iterator[AuditorProcess]:
    """Give the whole process over a run, which pages and beats into folders."""
    made = AuditorProcess(
        auditor=auditor(one.store),
        pages=PagesFolder(folder / "pages", "OCIB"),
        heart=HeartbeatFolder(folder / "beats"),
        clock=one.made.clock,
        centre="OCIB",
        every_seconds=1,
        beat_seconds=60,
        full_seconds=3600,
        wait=lambda _: None,
    )
    try:
        yield made
    finally:
        made.close()


def files(folder: Path) -> list[dict[str, object]]:
    """Read what was written into a folder, in its order."""
    return [orjson.loads(path.read_bytes()) for path in sorted(folder.glob("*.json"))]


def test_an_alarm_is_paged_once(tmp_path: Path) -> None:
    """What is new is paged into a folder of its own, and told no second time while it stands."""
    with run(tmp_path) as one, process(one, tmp_path) as made:
        one.find("kz-energy-tec", "entry-tec", UNKNOWN)
        made.once()
        assert files(tmp_path / "pages") == []
        one.made.clock.advance_to(one.now + 10 * MINUTE)
        made.once()
        made.once(everything=True)
        (page,) = files(tmp_path / "pages")
        assert page["to"] == "duty_officer"
        assert page["count"] == 1
        assert page["alarms"][0]["what"] == "overdue"  # type: ignore[index]


def test_it_gives_signs_of_life(tmp_path: Path) -> None:
    """A heartbeat says what stands and where the trail ends, without naming any object."""
    with run(tmp_path) as one, process(one, tmp_path) as made:
        night(one)
        made.once()
        made.once()
        (beat,) = files(tmp_path / "beats")
        one.made.clock.advance_to(one.now + 2 * MINUTE)
        made.once()
        assert len(files(tmp_path / "beats")) == 2
        entries = len(list(one.made.system.stores.audit.read()))
    assert beat["format"] == "saqshy-heartbeat-1"
    assert beat["alarms"] == {"missing": 0, "late": 0, "duplicate": 0, "wrong": 0, "broken": 0}
    assert beat["trail"]["entries"] == entries  # type: ignore[index]
    assert b"kz-" not in orjson.dumps(beat)


def test_the_gauges_tell_what_stands(tmp_path: Path) -> None:
    """Alarms by kind, the last look and failures are gauges of the auditor's own process."""
    with run(tmp_path) as one, process(one, tmp_path) as made:
        one.find("kz-energy-tec", "entry-tec", UNKNOWN)
        one.made.clock.advance_to(one.now + 10 * MINUTE)
        turns = iter([False, True])
        made.run(lambda: next(turns))
        text = generate_latest(made.metrics).decode()
    assert 'saqshy_auditor_alarms{kind="late"} 1.0' in text
    assert 'saqshy_auditor_alarms{kind="missing"} 0.0' in text
    assert "saqshy_auditor_failing 0.0" in text
    assert "saqshy_auditor_incidents 1.0" in text


def test_a_store_that_cannot_be_read_is_told_and_tried_again(tmp_path: Path) -> None:
    """Blindness is counted and ends nothing; signs of life go on and say when it looked last."""
    with run(tmp_path) as one, process(one, tmp_path) as made:
        one.find("kz-bank", "entry", YES)
        made.auditor._trace.close()
        made.once()
        assert made.failing == 1
        assert made.last is None
        (beat,) = files(tmp_path / "beats")
        assert beat["looked_at"] is None
