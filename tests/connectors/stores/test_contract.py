"""What every implementation of the stores must do, whatever holds the rows."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.stores.memory import open_memory
from connectors.stores.sqlite import open_sqlite
from pipeline.errors import IntegrityError, StoreError
from pipeline.model import BatchKind, Notice, NoticeState, Receipt, Recipient, Tried, rfc3339
from pipeline.ports import SourceTail, Stores, Turn
from tests.connectors.stores.nouns import (
    at,
    batch,
    entry,
    event,
    failure,
    finding,
    incident,
    notice,
)


@pytest.fixture(params=["memory", "sqlite"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    """Each implementation, empty."""
    opened = open_memory() if request.param == "memory" else open_sqlite(tmp_path / "saqshy.db")
    yield opened
    opened.database.close()


class Abort(Exception):
    """Raised by a test to make a transaction fail."""


def abandon(stores: Stores, *work: Callable[[], object]) -> None:
    """Do the work in a transaction that fails after it."""
    with stores.database.transaction():
        for one in work:
            one()
        raise Abort


def fill(stores: Stores, number: int) -> None:
    """Write one row into every store."""
    stores.journal.append("syslog", [batch(number)])
    stores.journal.commit(number)
    stores.state.save("power-7", {"key": b"%d" % number})
    stores.events.add(batch(number), [event(batch(number), 0, at(number))])
    stores.incidents.put_findings([finding(number)])
    stores.incidents.put_incidents([incident(number)])
    stores.outbox.put([notice(number)])
    stores.audit.append([entry(number)])
    stores.dead_letters.put([failure(number)])
    stores.content.put_bundle("content", f"c{number}", b"%d" % number)


def seen(stores: Stores) -> dict[str, Any]:
    """Read everything that can be listed."""
    return {
        "journal": stores.journal.read(0, 100),
        "tails": [
            stores.journal.tail("syslog", "", ""),
            stores.journal.tail("", "power-7", "dc-1"),
            stores.journal.tail("", "", ""),
        ],
        "committed": stores.journal.committed(),
        "state": {name: dict(stores.state.load(name)) for name in stores.state.objects()},
        "events": list(stores.events.search("power-7", at(0), at(1000), 1000)),
        "event count": stores.events.count(),
        "findings": [stores.incidents.finding(f"finding-{number}") for number in range(5)],
        "incidents": list(stores.incidents.latest()),
        "notices": list(stores.outbox.list()),
        "audit": list(stores.audit.read()),
        "heads": [stores.audit.head("power-7"), stores.audit.known("power-7/2")],
        "failures": (list(stores.dead_letters.list()), stores.dead_letters.count()),
        "bundles": [stores.content.bundle("content", f"c{number}") for number in range(5)],
    }


# --- transactions -----------------------------------------------------------------------------


def test_empty(stores: Stores) -> None:
    """Stores that were just made hold nothing."""
    held = seen(stores)
    assert held.pop("tails") == [None, None, None]
    assert held.pop("heads") == [None, False]
    assert held.pop("failures") == ([], 0)
    assert not any(any(v) if isinstance(v, list) else v for v in held.values())


def test_transaction_commits_all(stores: Stores) -> None:
    """What is written inside a transaction is there after it."""
    with stores.database.transaction():
        fill(stores, 1)
    held = seen(stores)
    assert held["committed"] == 1
    assert held["event count"] == 1
    assert held["journal"] == [(1, batch(1))]


def test_failed_transaction_leaves_nothing(stores: Stores) -> None:
    """An exception inside undoes the writes of every store, and comes out as it was."""
    fill(stores, 1)
    before = seen(stores)
    with pytest.raises(Abort):
        abandon(
            stores,
            lambda: fill(stores, 2),
            lambda: stores.dead_letters.resolve(failure(1).id),
            lambda: stores.state.save("power-7", {"key": None}),
            lambda: stores.events.add(batch(1), []),
        )
    assert seen(stores) == before


def test_transactions_go_on_after_a_failed_one(stores: Stores) -> None:
    """A failed transaction does not stand in the way of the next."""
    with pytest.raises(Abort):
        abandon(stores, lambda: fill(stores, 1))
    fill(stores, 1)
    assert stores.journal.committed() == 1


def test_nested_transactions_commit_with_the_outermost(stores: Stores) -> None:
    """What an inner transaction wrote is undone when the outer one fails after it."""

    def inner() -> None:
        with stores.database.transaction():
            fill(stores, 1)

    with pytest.raises(Abort):
        abandon(stores, inner)
    assert stores.journal.read(0, 10) == []


def test_caught_inner_failure_spoils_the_whole(stores: Stores) -> None:
    """Half an outcome is never committed, also where the inner error was caught."""

    def outer() -> None:
        with stores.database.transaction():
            stores.outbox.put([notice(1)])
            with pytest.raises(Abort):
                abandon(stores, lambda: stores.outbox.put([notice(2)]))

    with pytest.raises(StoreError, match="took nothing"):
        outer()
    assert list(stores.outbox.list()) == []


def test_spoilt_transaction_takes_no_more(stores: Stores) -> None:
    """After a part failed, further writes of the same transaction are refused at once."""
    stores.incidents.put_findings([finding(1)])

    def outer() -> None:
        with stores.database.transaction():
            with pytest.raises(IntegrityError):
                stores.incidents.put_findings([finding(1, event_count=9)])
            stores.outbox.put([notice(1)])

    with pytest.raises(StoreError, match="takes nothing more"):
        outer()
    assert list(stores.outbox.list()) == []


def test_transaction_reads_its_own_writes(stores: Stores) -> None:
    """Inside a transaction every read sees what it wrote."""
    with stores.database.transaction():
        fill(stores, 1)
        inside = seen(stores)
    assert inside == seen(stores)
    assert inside["committed"] == 1


def test_other_threads_see_only_what_is_committed(stores: Stores) -> None:
    """A reader in another thread sees all of a transaction or nothing of it."""
    results: list[tuple[int, int]] = []
    written, asking = threading.Event(), threading.Event()

    def read() -> None:
        assert written.wait(10)
        asking.set()  # the memory store's reader waits for the end of the transaction
        results.append((stores.journal.committed(), len(list(stores.outbox.list()))))

    reader = threading.Thread(target=read)
    reader.start()
    with pytest.raises(Abort):
        abandon(stores, lambda: fill(stores, 1), written.set, lambda: asking.wait(10))
    reader.join(10)
    assert results == [(0, 0)]


EACH, LISTENERS = 30, ("a", "b", "c")
ALL = EACH * len(LISTENERS)


def collect(stores: Stores, name: str) -> None:
    """Append batches, as a collector's thread does."""
    for number in range(1, EACH + 1):
        stores.journal.append(name, [batch(number, source_id=name)])


def process(stores: Stores) -> None:
    """Commit one transaction a batch, as the engine's thread does."""
    done = 0
    while done < ALL:
        for position, taken in stores.journal.read(done, 10):
            with stores.database.transaction():
                stores.events.add(taken, [event(taken, 0, taken.received_at)])
                stores.outbox.put([notice(position)])
                stores.journal.commit(position)
            done = position


def deliver(stores: Stores) -> None:
    """Record receipts, as the notifier's thread does."""
    done = 0
    while done < ALL:
        for due in stores.outbox.due(at(ALL), 7):
            done += stores.outbox.change(
                due, replace(due, state=NoticeState.ACKNOWLEDGED, attempts=1)
            )


def look(stores: Stores) -> None:
    """Read, as the status page does."""
    while stores.journal.committed() < ALL:
        before = stores.journal.committed()
        assert stores.events.count() >= before
        assert len(list(stores.outbox.list())) >= before


def test_threads_work_together(stores: Stores) -> None:
    """Collectors, engine, notifier and reader in threads of their own lose and mix nothing."""
    with ThreadPoolExecutor() as pool:
        works = [pool.submit(collect, stores, name) for name in LISTENERS]
        works += [pool.submit(work, stores) for work in (process, deliver, look)]
        for work in works:
            work.result(60)
    journal = stores.journal.read(0, 1000)
    assert [position for position, _ in journal] == list(range(1, ALL + 1))
    for name in LISTENERS:
        of = [taken.sequence for _, taken in journal if taken.source_id == name]
        assert of == list(range(1, EACH + 1))
        assert stores.journal.tail(name, "", "") == SourceTail(EACH, f"offset {EACH}")
    assert stores.events.count() == ALL
    assert {one.state for one in stores.outbox.list()} == {NoticeState.ACKNOWLEDGED}


def test_close_twice(stores: Stores) -> None:
    """Closing again does nothing; work after it is refused with a StoreError."""
    stores.database.close()
    stores.database.close()
    with pytest.raises(StoreError, match="closed"):
        stores.journal.committed()
    with pytest.raises(StoreError, match="closed"):
        stores.journal.commit(1)


# --- journal ----------------------------------------------------------------------------------


def test_journal_gives_back_what_it_took(stores: Stores) -> None:
    """A batch comes back equal, hostile bytes, notes and revisions included."""
    kept = batch(1, records=(b"", b"\x00\xff\n", "қ".encode()), kind=BatchKind.CLOCK)
    assert stores.journal.append("x", [kept]) == 1
    assert stores.journal.read(0, 10) == [(1, kept)]


def test_journal_positions_have_no_gaps(stores: Stores) -> None:
    """Known ids are skipped and take no position, within one append and across two."""
    assert stores.journal.append("a", [batch(1), batch(2), batch(1)]) == 2
    assert stores.journal.append("a", [batch(2), batch(3)]) == 3
    assert stores.journal.append("a", []) == 3
    assert [(p, b.sequence) for p, b in stores.journal.read(0, 10)] == [(1, 1), (2, 2), (3, 3)]


def test_failed_append_takes_no_position(stores: Stores) -> None:
    """A position that a failed transaction took is given again."""
    with pytest.raises(Abort):
        abandon(stores, lambda: stores.journal.append("a", [batch(1)]))
    assert stores.journal.append("a", [batch(2)]) == 1


def test_journal_reads_behind_a_position(stores: Stores) -> None:
    """Reading begins after the position and ends at the limit."""
    stores.journal.append("a", [batch(number) for number in range(1, 6)])
    assert [position for position, _ in stores.journal.read(2, 2)] == [3, 4]
    assert stores.journal.read(5, 2) == []


def test_tails(stores: Stores) -> None:
    """The tail of (object, source) runs through all listeners; a listener has one of its own."""
    stores.journal.append("udp", [batch(1), batch(1, "bank-1", "core")])
    stores.journal.append("tcp", [batch(2)])
    journal = stores.journal
    assert journal.tail("udp", "power-7", "dc-1") == SourceTail(2, "offset 2")
    assert journal.tail("tcp", "power-7", "dc-1") == SourceTail(2, "offset 2")
    assert journal.tail("udp", "bank-1", "core") == SourceTail(1, "offset 1")
    assert journal.tail("udp", "", "") == SourceTail(1, "offset 1")
    assert journal.tail("tcp", "", "") == SourceTail(2, "offset 2")
    assert journal.tail("", "", "") == SourceTail(3, "")
    assert journal.tail("file", "", "") is None
    assert journal.tail("udp", "power-7", "unknown") is None


def test_skipped_batch_moves_no_tail(stores: Stores) -> None:
    """A batch that is sent again after newer ones does not take its source back."""
    stores.journal.append("a", [batch(1), batch(2)])
    stores.journal.append("a", [batch(1)])
    assert stores.journal.tail("a", "", "") == SourceTail(2, "offset 2")
    assert stores.journal.tail("a", "power-7", "dc-1") == SourceTail(2, "offset 2")


# --- state ------------------------------------------------------------------------------------


def test_state_rows(stores: Stores) -> None:
    """Rows are written, changed and removed by key, and objects do not touch each other."""
    stores.state.save("a", {"z": b"1", "b": b"\x00\xff", "c": b""})
    stores.state.save("b", {"z": b"3"})
    stores.state.save("a", {"z": b"2", "b": None, "none": None})
    assert list(stores.state.load("a").items()) == [("c", b""), ("z", b"2")]
    assert stores.state.load("b") == {"z": b"3"}
    assert stores.state.load("c") == {}
    assert stores.state.objects() == ["a", "b"]
    stores.state.save("b", {"z": None})
    assert stores.state.objects() == ["a"]


def test_state_rows_between_keys(stores: Stores) -> None:
    """Rows of a stretch of keys come in order, its end outside, no more than asked for."""
    stores.state.save("a", {f"k{n}": bytes([n]) for n in range(9)})
    stores.state.save("b", {"k3": b"other"})
    assert stores.state.between("a", "k2", "k5", 10) == [
        ("k2", b"\x02"), ("k3", b"\x03"), ("k4", b"\x04"),
    ]  # fmt: skip
    assert [key for key, _ in stores.state.between("a", "k", "l", 2)] == ["k0", "k1"]
    assert stores.state.between("c", "", "z", 5) == []


# --- events -----------------------------------------------------------------------------------


def test_events_by_id(stores: Stores) -> None:
    """Events are found by id wherever they stand in their block; unknown ids are absent."""
    kept = batch(1, object_id="a-1")  # an id with dashes of its own
    events = [event(kept, index, at(index)) for index in (12, 0, 5, 1)]
    stores.events.add(kept, events)
    asked = [events[0].id, events[1].id, f"{kept.id}-2", f"{kept.id}-05", f"{kept.id}-x", "q-1", ""]
    found = stores.events.get(asked)
    assert set(found) == {events[0].id, events[1].id}
    assert orjson.loads(found[events[0].id]) == events[0].document()


def test_events_by_batch(stores: Stores) -> None:
    """A batch's events come in the order of their records, and an unknown batch has none."""
    kept = batch(1)
    stores.events.add(kept, [event(kept, index, at(index)) for index in (2, 0, 1)])
    found = [orjson.loads(line)["saqshy"]["index"] for line in stores.events.of_batch(kept.id)]
    assert found == [0, 1, 2]
    assert list(stores.events.of_batch("0" * 32)) == []


def test_events_of_the_same_batch_overwrite(stores: Stores) -> None:
    """A batch that is processed again replaces its events, also by none."""
    kept = batch(1)
    stores.events.add(kept, [event(kept, 0, at(0)), event(kept, 1, at(1))])
    stores.events.add(kept, [event(kept, 0, at(5))])
    assert stores.events.count() == 1
    (document,) = stores.events.search("power-7", at(0), at(9), 10)
    assert orjson.loads(document)["@timestamp"] == rfc3339(at(5))
    stores.events.add(kept, [])
    assert stores.events.count() == 0
    assert list(stores.events.search("power-7", at(0), at(9), 10)) == []


def test_search_merges_blocks_by_time(stores: Stores) -> None:
    """Events of overlapping blocks come oldest first, of the asked object and time only."""
    times = {1: (9, 1, 5), 2: (2, 8), 3: (5, 6), 4: (20,), 5: (3,)}
    for number, seconds in times.items():
        kept = batch(number, object_id="other" if number == 5 else "power-7")
        stores.events.add(kept, [event(kept, i, at(s)) for i, s in enumerate(seconds)])
    found = [orjson.loads(one) for one in stores.events.search("power-7", at(2), at(20), 100)]
    stamps = [one["@timestamp"] for one in found]
    assert stamps == [rfc3339(at(second)) for second in (2, 5, 5, 6, 8, 9)]
    equal = [one["saqshy"]["batch"] for one in found if one["@timestamp"] == rfc3339(at(5))]
    assert equal == sorted(equal)
    some = list(stores.events.search("power-7", at(2), at(20), 2))
    assert [orjson.loads(one)["@timestamp"] for one in some] == stamps[:2]


@pytest.mark.parametrize(
    "seconds",
    [
        pytest.param(-11_644_473_600, id="1601, a Windows file time of zero"),
        pytest.param(253_402_300_799, id="9999, a vendor's never"),
    ],
)
def test_events_outside_the_range_of_a_store_integer(stores: Stores, seconds: int) -> None:
    """An event of an absurd year is kept and found."""
    kept = batch(1)
    time = seconds * 1_000_000_000
    stores.events.add(kept, [event(kept, 0, time)])
    assert len(list(stores.events.search("power-7", time - 1, time + 1, 10))) == 1


def test_abandoned_search_holds_nothing(stores: Stores) -> None:
    """A search that is not read to its end does not stand in the way of later work."""
    for number in range(1, 4):
        kept = batch(number)
        stores.events.add(kept, [event(kept, 0, at(number))])
    assert next(stores.events.search("power-7", at(0), at(9), 10))
    fill(stores, 4)
    assert stores.events.count() == 4


# --- findings and incidents -------------------------------------------------------------------


def test_finding_latest_revision(stores: Stores) -> None:
    """A finding comes back equal, in its latest revision, in whatever order they came."""
    stores.incidents.put_findings([finding(1, 1), finding(1, 3, retracted=True), finding(2)])
    stores.incidents.put_findings([finding(1, 2)])
    assert stores.incidents.finding("finding-1") == finding(1, 3, retracted=True)
    assert stores.incidents.finding("finding-2") == finding(2)
    assert stores.incidents.finding("finding-9") is None


def test_equal_revision_again(stores: Stores) -> None:
    """The same content again is taken; key order is no content."""
    stores.incidents.put_findings([finding(1, fields={"a": 1, "b": 2}), finding(2)])
    stores.incidents.put_findings([finding(1, fields={"b": 2, "a": 1}), finding(3), finding(3)])
    stores.incidents.put_incidents([incident(1)])
    stores.incidents.put_incidents([incident(1), incident(2)])
    assert stores.incidents.finding("finding-3") == finding(3)
    assert [one.id for one in stores.incidents.latest()] == ["incident-1", "incident-2"]


def test_equal_revision_with_other_content(stores: Stores) -> None:
    """Another content under a known (id, revision) is refused, and nothing of that call stays."""
    stores.incidents.put_findings([finding(1)])
    stores.incidents.put_incidents([incident(1)])
    with pytest.raises(IntegrityError, match=r"revision 1 of .*finding-1"):
        stores.incidents.put_findings([finding(2), finding(1, event_count=9)])
    with pytest.raises(IntegrityError, match=r"revision 1 of .*incident-1"):
        stores.incidents.put_incidents([incident(2), incident(1, event_count=9)])
    assert stores.incidents.finding("finding-1") == finding(1)
    assert stores.incidents.finding("finding-2") is None
    assert [one.id for one in stores.incidents.latest()] == ["incident-1"]


def test_incident_history_and_latest(stores: Stores) -> None:
    """Every revision stays; the latest of each comes by opening and id, for all or one object."""
    stores.incidents.put_incidents(
        [
            incident(2, 1),
            incident(1, 2, opened_at=at(50)),
            incident(1, 1),
            incident(4, opened_at=at(2)),
            incident(3, object_id="bank-1"),
        ]
    )
    latest = stores.incidents.latest
    assert [one.revision for one in stores.incidents.history("incident-1")] == [1, 2]
    assert stores.incidents.history("incident-9") == []
    assert [one.id[-1] for one in latest()] == ["2", "4", "3", "1"]
    assert next(one for one in latest() if one.id == "incident-1").revision == 2
    assert [one.id[-1] for one in latest("power-7")] == ["2", "4", "1"]
    assert [one.id[-1] for one in latest(last=2)] == ["3", "1"]
    assert [one.id[-1] for one in latest("power-7", last=2)] == ["4", "1"]
    assert list(latest(last=0)) == []
    assert len(list(latest(last=99))) == 4
    assert next(latest(last=1)) == incident(1, 2, opened_at=at(50))


# --- outbox -----------------------------------------------------------------------------------


def alone(number: int, **over: Any) -> Notice:
    """Make a notice of an incident of its own, so that none stands before another."""
    return notice(number, **{"incident_id": f"incident-{number}", **over})


def test_outbox_order(stores: Stores) -> None:
    """First legs come first, then by due time, creation and id; what waits longer is left out."""
    stores.outbox.put(
        [
            alone(1, leg="update", due_at=at(0)),
            alone(2, due_at=at(9)),
            alone(3, due_at=at(5), created_at=at(8)),
            alone(5, due_at=at(5), created_at=at(7)),
            alone(4, due_at=at(5), created_at=at(7)),
            alone(6, due_at=at(0), next_attempt_at=at(101)),
            alone(7, state=NoticeState.HELD),
            alone(8, state=NoticeState.ACKNOWLEDGED),
            alone(9, leg="final", due_at=at(-1), next_attempt_at=at(100)),
        ]
    )
    assert ids(stores.outbox.due(at(100), 99)) == list("453291")
    assert ids(stores.outbox.due(at(100), 2)) == list("45")
    assert ids(stores.outbox.due(at(101), 99)) == list("6453291")


def ids(notices: Iterable[Notice]) -> list[str]:
    return [one.id.removeprefix("notice-") for one in notices]


def test_outbox_gives_what_failed_again_and_each_channel_its_own(stores: Stores) -> None:
    """A refused notice is due again at its time; a channel is given only what goes through it."""
    failed = alone(1, state=NoticeState.FAILED, next_attempt_at=at(50), channel="ncc")
    stores.outbox.put([failed, alone(2, channel="folder"), alone(3, channel="ncc")])
    assert ids(stores.outbox.due(at(49), 9, "ncc")) == ["3"]
    assert set(ids(stores.outbox.due(at(50), 9, "ncc"))) == {"1", "3"}
    assert ids(stores.outbox.due(at(50), 9, "folder")) == ["2"]
    assert len(stores.outbox.due(at(50), 9)) == 3


def test_outbox_gives_each_lane_its_own(stores: Stores) -> None:
    """First notices are told by what our protocol calls them, whatever the law calls the leg."""
    stores.outbox.put(
        [alone(1, leg="early_warning", kind="first"), alone(2, leg="update"), alone(3)]
    )
    assert ids(stores.outbox.due(at(9), 9, "ncc", Turn(urgent=True))) == ["1", "3"]
    assert ids(stores.outbox.due(at(9), 9, "ncc", Turn(urgent=False))) == ["2"]
    assert ids(stores.outbox.due(at(9), 9, None, Turn(urgent=False))) == ["2"]


def test_outbox_passes_over_barred_parties(stores: Stores) -> None:
    """Who gets nothing now holds up nobody else."""
    bank = Recipient("holder", "bank")
    stores.outbox.put([alone(1), alone(2, recipient=bank)])
    assert ids(stores.outbox.due(at(9), 1, None, Turn(barred=("ncc",)))) == ["2"]
    assert ids(stores.outbox.due(at(9), 9, None, Turn(barred=("ncc", "bank")))) == []


@pytest.mark.parametrize(
    ("state", "given"),
    [
        pytest.param(NoticeState.PENDING, ["1"], id="the earlier goes first"),
        pytest.param(NoticeState.FAILED, ["1"], id="a refused one is waited for"),
        pytest.param(NoticeState.HELD, ["2"], id="what a person must free holds up nothing"),
        pytest.param(NoticeState.SENT, ["2"], id="sent"),
        pytest.param(NoticeState.ACKNOWLEDGED, ["2"], id="acknowledged"),
        pytest.param(NoticeState.DEAD, ["2"], id="dead"),
    ],
)
def test_outbox_keeps_the_order_of_a_line(
    stores: Stores, state: NoticeState, given: list[str]
) -> None:
    """Of one incident and recipient a later leg waits until an earlier one is done or dead."""
    waits = notice(1, state=state, next_attempt_at=at(5))
    later = notice(2, leg="update", revision=2, created_at=at(0))
    stores.outbox.put([later, waits])
    assert ids(stores.outbox.due(at(9), 9)) == given
    if given == ["1"]:
        assert stores.outbox.due(at(4), 9) == []


def test_outbox_lines_do_not_touch(stores: Stores) -> None:
    """Another incident, role or party is another line."""
    poison = notice(1, state=NoticeState.FAILED, next_attempt_at=at(99))
    others = [
        notice(2, incident_id="incident-2", revision=2),
        notice(3, recipient=Recipient("ncc", "other"), revision=2),
        notice(4, recipient=Recipient("holder", "ncc"), revision=2),
        notice(5, revision=2),
    ]
    stores.outbox.put([poison, *others])
    assert ids(stores.outbox.due(at(9), 9)) == ["2", "3", "4"]


def test_outbox_claims(stores: Stores) -> None:
    """What one notifier took another is not given, until its lease or its claim ends."""
    stores.outbox.put([alone(1), alone(2)])
    mine, other = Turn(owner="a", lease=at(30) - at(0)), Turn(owner="b", lease=at(30) - at(0))
    assert ids(stores.outbox.due(at(10), 1, None, mine)) == ["1"]
    assert ids(stores.outbox.due(at(10), 9, None, other)) == ["2"]
    assert stores.outbox.due(at(39), 9, None, mine) == []
    first = stores.outbox.get("notice-1")
    assert first is not None
    assert stores.outbox.change(first, first)  # put back unsent
    assert [one.tried.unrecorded for one in stores.outbox.due(at(11), 9, None, mine)] == [0]
    taken_over = stores.outbox.due(at(41), 9, None, mine)
    assert [(one.id, one.tried.unrecorded) for one in taken_over] == [
        ("notice-1", 1),
        ("notice-2", 1),
    ]


def test_outbox_claims_do_not_outlive_a_clock_put_back(stores: Stores) -> None:
    """A claim that reaches further than any lease holds nobody up; nor does such a retry."""
    mine = Turn(owner="a", lease=at(30) - at(0), longest_wait=at(300) - at(0))
    retried = alone(2, attempts=3, next_attempt_at=at(80_000))
    planned = alone(3, next_attempt_at=at(80_000))
    stores.outbox.put([alone(1, created_at=at(0)), retried, planned])
    assert ids(stores.outbox.due(at(80_000), 1, None, mine)) == ["1"]
    assert ids(stores.outbox.due(at(10), 9, None, mine)) == ["1", "2"]


def test_outbox_changes_only_what_still_stands(stores: Stores) -> None:
    """Of two that change one notice the first wins, and a notice made again undoes nothing."""
    made = notice(1)
    stores.outbox.put([made])
    done = replace(made, state=NoticeState.ACKNOWLEDGED, attempts=1)
    assert stores.outbox.change(made, done)
    assert not stores.outbox.change(made, replace(made, attempts=1, last_error="was down"))
    assert not stores.outbox.change(notice(9), notice(9))
    stores.outbox.put([made])
    assert stores.outbox.get("notice-1") == done


def test_outbox_keeps_new_states(stores: Stores) -> None:
    """A known notice takes its new state, comes back equal, and is due no more."""
    receipt = Receipt("notice-1", "ncc", at(3), {"status": "taken", "номер": 7}, duplicate=True)
    tried = Tried(first_at=at(1), why=("slow",), proof="ab")
    done = notice(
        1, state=NoticeState.ACKNOWLEDGED, attempts=2, receipt=receipt, tried=tried, kind="first"
    )
    stores.outbox.put([notice(1)])
    assert stores.outbox.change(notice(1), done)
    assert stores.outbox.get("notice-1") == done
    assert stores.outbox.get("notice-9") is None
    assert stores.outbox.due(at(99), 10) == []


def test_outbox_list(stores: Stores) -> None:
    """Notices are listed by creation and id, for all or one incident, whole or from the end."""
    stores.outbox.put([notice(3), notice(2, created_at=at(3)), notice(1)])
    stores.outbox.put([notice(4, incident_id="incident-2", created_at=at(0))])
    assert [one.id[-1] for one in stores.outbox.list()] == list("4123")
    assert [one.id[-1] for one in stores.outbox.list("incident-1")] == list("123")
    assert [one.id[-1] for one in stores.outbox.list(last=2)] == list("23")
    assert [one.id[-1] for one in stores.outbox.list("incident-2", last=2)] == list("4")
    assert list(stores.outbox.list("incident-3")) == []


# --- audit, dead letters, bundles -------------------------------------------------------------


def test_audit_chains(stores: Stores) -> None:
    """Entries come back equal, by chain and number; each chain has its head."""
    stores.audit.append([entry(1), entry(2), entry(1, "administration")])
    stores.audit.append([entry(number) for number in range(3, 12)])
    assert stores.audit.head("power-7") == entry(11)
    assert stores.audit.head("none") is None
    assert [one.number for one in stores.audit.read("power-7")] == list(range(1, 12))
    assert [one.chain for one in stores.audit.read()][:2] == ["administration", "power-7"]
    assert stores.audit.known("power-7/2")
    assert not stores.audit.known("power-7/99")


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(entry(1, entry_id="new", hash="11"), id="number taken"),
        pytest.param(entry(1), id="equal"),
        pytest.param(entry(5, entry_id="power-7/1"), id="entry id known"),
    ],
)
def test_audit_is_create_only(stores: Stores, second: Any) -> None:
    """A taken number or a known entry id is refused, and nothing of that call stays."""
    stores.audit.append([entry(1)])
    with pytest.raises(IntegrityError, match="append-only"):
        stores.audit.append([entry(2), second])
    assert list(stores.audit.read()) == [entry(1)]


def test_dead_letters(stores: Stores) -> None:
    """Failures are kept once by id, listed by receive time, and leave when they are resolved."""
    stores.dead_letters.put([failure(3), failure(1), failure(2, received_at=at(3))])
    stores.dead_letters.put([failure(1, detail="again")])
    assert stores.dead_letters.count() == 3
    listed = list(stores.dead_letters.list())
    assert listed[0] == failure(1, detail="again")
    assert [one.id for one in listed[1:]] == sorted(one.id for one in listed[1:])
    stores.dead_letters.resolve(failure(1).id)
    stores.dead_letters.resolve("unknown")
    assert stores.dead_letters.count() == 2


def test_bundles(stores: Stores) -> None:
    """A bundle comes back by kind and revision; a known revision stays as it was."""
    stores.content.put_bundle("content", "1", b"\x00rules")
    stores.content.put_bundle("content", "1", b"others")
    stores.content.put_bundle("pack", "1", b"")
    assert stores.content.bundle("content", "1") == b"\x00rules"
    assert stores.content.bundle("pack", "1") == b""
    assert stores.content.bundle("pack", "2") is None
