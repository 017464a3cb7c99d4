"""The stores of a partition: the contract of all stores, over a log that may be cut anywhere."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from connectors.stores import partition_log
from connectors.stores.partition_log import PartitionLog
from connectors.stores.partition_rows import OrderedMemory, Write
from connectors.stores.partition_stores import open_partition
from pipeline.errors import StoreError
from pipeline.ports import Stores, Turn
from tests.connectors.stores.nouns import at, entry, notice
from tests.connectors.stores.test_contract import (  # noqa: F401 (run here, over these stores)
    Abort,
    abandon,
    test_audit_chains,
    test_audit_is_create_only,
    test_equal_revision_again,
    test_equal_revision_with_other_content,
    test_finding_latest_revision,
    test_incident_history_and_latest,
    test_outbox_changes_only_what_still_stands,
    test_outbox_claims,
    test_outbox_claims_do_not_outlive_a_clock_put_back,
    test_outbox_gives_each_lane_its_own,
    test_outbox_gives_what_failed_again_and_each_channel_its_own,
    test_outbox_keeps_new_states,
    test_outbox_keeps_the_order_of_a_line,
    test_outbox_lines_do_not_touch,
    test_outbox_list,
    test_outbox_order,
    test_outbox_passes_over_barred_parties,
    test_state_rows,
    test_state_rows_between_keys,
)


@pytest.fixture
def stores() -> Iterator[Stores]:
    """Give a partition's stores, empty."""
    opened = open_partition(OrderedMemory(), lambda _writes: None).stores
    yield opened
    opened.database.close()


def stood(log: Sequence[Write]) -> bytes:
    """Give all rows that a beginning of a log stands for."""
    disk = OrderedMemory()
    for write in log:
        disk.write([write])
    rows = PartitionLog(disk)
    return repr(list(rows.items(b"", b"\xff"))).encode()


def numbers(count: int, chance: random.Random) -> Iterator[dict[bytes, bytes | None]]:
    """Give changes of as many transactions, removals among them."""
    for number in range(count):
        names = chance.sample(range(12), chance.randint(1, 5))
        yield {b"%d" % one: None if chance.random() < 0.2 else b"%d" % number for one in names}


@pytest.mark.parametrize("size", [1, 40], ids=["one message", "several messages"])
def test_any_beginning_of_the_log_holds_whole_transactions(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the log is cut, what stands is what some whole number of transactions left."""
    monkeypatch.setattr(partition_log, "PART_BYTES", 10_000 if size == 1 else 40)
    monkeypatch.setattr(partition_log, "ENTRIES", 7)
    log: list[Write] = []
    disk = OrderedMemory()
    rows = PartitionLog(disk)
    left = [stood(log)]
    cuts = []
    for changes in [None, *numbers(40, random.Random(size)), None]:
        if changes is None:
            rows = PartitionLog(disk)
            writes = rows.opened()
        else:
            for key, value in changes.items():
                rows.put(key, value)
            writes = rows.step()
        for write in writes:
            log.append(write)
            cuts.append((len(left) - 1, stood(log)))
        rows.written(writes)
        left.append(stood(log))
        assert left[-1] == repr(list(rows.items(b"", b"\xff"))).encode()
    assert len({state for _, state in cuts}) > 30
    assert all(state in left[before : before + 2] for before, state in cuts)


def test_who_lost_a_partition_writes_what_nobody_reads() -> None:
    """What comes into the log behind another's opening, from an older epoch, changes nothing."""
    log: list[Write] = []
    disk = OrderedMemory()
    mine = open_partition(disk, log.extend)
    mine.stores.outbox.put([notice(1)])
    other_disk = OrderedMemory()
    other_disk.write(log)
    other = open_partition(other_disk, log.extend)
    other.stores.outbox.put([notice(2)])
    mine.stores.outbox.put([notice(3)])
    after = OrderedMemory()
    after.write(log)
    held = open_partition(after, log.extend)
    assert {one.id for one in held.stores.outbox.list()} == {"notice-1", "notice-2"}


def test_what_the_log_does_not_keep_was_never_there() -> None:
    """A failing log undoes the transaction, and closes the stores: what it took nobody knows."""
    full = False

    def keep(_writes: Sequence[Write]) -> None:
        if full:
            raise StoreError("no broker answers")

    held = open_partition(OrderedMemory(), keep)
    held.stores.outbox.put([notice(1)])
    full = True
    with pytest.raises(StoreError, match="no broker"):
        held.stores.outbox.put([notice(2)])
    with pytest.raises(StoreError, match="closed"):
        held.stores.outbox.due(0, 9)


def test_a_failed_transaction_leaves_nothing_that_waits() -> None:
    """Notices, claims, entries and state of a transaction that fails are gone, also from memory."""
    held = open_partition(OrderedMemory(), lambda _writes: None)
    stores, turn = held.stores, Turn(owner="a")
    stores.outbox.put([notice(1)])
    with pytest.raises(Abort):
        abandon(
            stores,
            lambda: stores.outbox.due(at(100), 9, None, turn),
            lambda: stores.outbox.put([notice(2, incident_id="incident-2")]),
            lambda: stores.audit.append([entry(1)]),
            lambda: stores.state.save("power-7", {"key": b"1"}),
        )
    assert [one.id for one in stores.outbox.due(at(100), 9, None, turn)] == ["notice-1"]
    assert [stores.audit.head("power-7"), stores.state.objects()] == [None, []]
    assert [one.kind for one in held.unsent.read("notices")] == ["notices"]


def test_entries_of_another_chain_are_told_to_who_writes_it() -> None:
    """What is for a chain of another partition gets no number here, and is known by its id."""
    held = open_partition(OrderedMemory(), lambda _writes: None, lambda chain: chain == "power-7")
    held.stores.audit.append([entry(1), entry(1, "administration")])
    assert [one.chain for one in held.stores.audit.read()] == ["power-7"]
    assert held.stores.audit.head("administration") is None
    assert held.stores.audit.known("administration/1")
    assert len(held.unsent.read("drafts")) == 1


def test_claims_end_with_who_made_them() -> None:
    """Who opens a partition gives what was claimed before, at once, as perhaps attempted."""
    disk = OrderedMemory()
    held = open_partition(disk, lambda _writes: None)
    held.stores.outbox.put([notice(1)])
    turn = Turn(owner="a", lease=at(90) - at(0))
    assert len(held.stores.outbox.due(at(10), 9, None, turn)) == 1
    assert held.stores.outbox.due(at(10), 9, None, turn) == []
    again = open_partition(disk, lambda _writes: None)
    found = again.stores.outbox.due(at(11), 9, None, replace(turn, owner="b"))
    assert [(one.id, one.tried.unrecorded) for one in found] == [("notice-1", 1)]
