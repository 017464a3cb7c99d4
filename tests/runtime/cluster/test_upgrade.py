"""Old and new processes side by side: what an old one wrote is read, what a newer wrote waits.

``golden/cluster/version_1.json`` holds real bytes of the first version: messages of every topic,
and the state of a fold and of a notifier. They stay as they are, whatever the program becomes.
"""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.stores import partition_log, partition_rows
from connectors.stores.elasticsearch.documents import Documents
from connectors.stores.elasticsearch.names import Names
from connectors.stores.kafka import frames, topics
from connectors.stores.kafka.tails import unpack_snapshot
from connectors.stores.kafka.topics import Posted, Topics, Unread
from connectors.stores.partition_rows import OrderedMemory, PartitionRows
from connectors.stores.partition_stores import open_partition
from pipeline.errors import StoreCorrupt
from pipeline.model import RawBatch, as_document, pack_batch
from pipeline.model.rows import Rows
from pipeline.runtime.cluster.arrival import BarrierRow, EarlyRow, HeldRow, PositionRow
from pipeline.runtime.cluster.fold_partition import TYPES
from pipeline.runtime.cluster.indexed import Indexed, Message, NewerMessage
from tests.connectors.stores import nouns

GOLDEN: Any = orjson.loads(
    (Path(__file__).parents[2] / "golden/cluster/version_1.json").read_bytes()
)
READERS: dict[str, Callable[[bytes | None], object]] = {
    "raw": topics.unpack_raw,
    "events": topics.unpack_events,
    "failures": topics.unpack_failures,
    "observation": topics.unpack_posted,
    "tick": topics.unpack_posted,
    "across": topics.unpack_posted,
    "outcome": topics.unpack_outcome,
    "command": topics.unpack_command,
    "notice": topics.unpack_notice,
    "audit": topics.unpack_audit,
    "tails": unpack_snapshot,
}
every = pytest.mark.parametrize("name", sorted(READERS))
LATER = partition_rows.VERSION + 1


def written(name: str) -> bytes:
    """Give the bytes of a message."""
    return base64.b64decode(GOLDEN["messages"][name]["bytes"])


def stood(name: str) -> OrderedMemory:
    """Give a state as it stood on a disk."""
    disk = OrderedMemory()
    disk.write([(base64.b64decode(key), base64.b64decode(data)) for key, data in GOLDEN[name]])
    return disk


def newer(data: bytes) -> bytes:
    """Give a message as the next version would write it."""
    if data.startswith(b"{"):
        return data.replace(b'"version":1', b'"version":2', 1)
    return data[:1] + bytes((2,)) + data[2:]


@every
def test_what_the_first_version_wrote_is_read(name: str) -> None:
    """Every message of the first version says what it said."""
    assert within(GOLDEN["messages"][name]["says"], said(READERS[name](written(name))))


@every
def test_a_newer_process_reads_what_an_older_wrote(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a step of the version both are read: its own, and the one before."""
    before = READERS[name](written(name))
    monkeypatch.setattr(frames, "VERSION", 2)
    assert READERS[name](written(name)) == before
    assert READERS[name](newer(written(name))) == before


@every
def test_an_older_process_does_not_guess(name: str) -> None:
    """A newer version is told as such, which waits, and is never taken for damage."""
    found = READERS[name](newer(written(name)))
    assert isinstance(found, Unread)
    assert found.code == "newer"
    assert "version 2, known is 1" in found.detail


def test_the_indexer_waits_for_its_upgrade() -> None:
    """An indexer commits nothing behind a newer message."""
    indexed = Indexed(Documents(Names("saqshy")), Topics())
    message = Message("saqshy.outcomes", 0, 7, 1, b"", newer(written("outcome")))
    with pytest.raises(NewerMessage, match=r"saqshy\.outcomes/0/7"):
        indexed(message)


def test_a_folds_state_of_the_first_version_is_gone_on_with() -> None:
    """What stood is there, and the next step goes on behind it."""
    rows = PartitionRows(stood("fold"))
    assert set(rows.objects()) == set(GOLDEN["fold_rows"])
    for object_id, wanted in GOLDEN["fold_rows"].items():
        assert {key: value.decode() for key, value in rows.load(object_id).items()} == wanted
    state = Rows("power-7", TYPES, rows.load("power-7"))
    assert state.get(PositionRow, "position", "c1", "dc-1") == PositionRow(70, 0)
    assert state.get(EarlyRow, "early", "c1", "dc-1", f"{9:020d}") is not None
    own = Rows("", TYPES, rows.load(""))
    assert own.get(BarrierRow, "barrier", "c1/clock") == BarrierRow({"0": 3}, 2)
    assert own.get(HeldRow, "held", f"{1:020d}") is not None
    state.put(PositionRow(71, 0), "position", "c1", "dc-1")
    rows.save("power-7", state.changes())
    writes = rows.step()
    rows.written(writes)
    again = Rows("power-7", TYPES, PartitionRows(rows.disk).load("power-7"))
    assert again.get(PositionRow, "position", "c1", "dc-1") == PositionRow(71, 0)


def test_a_notifiers_state_of_the_first_version_is_gone_on_with() -> None:
    """Outbox, incidents, chains and what was not told yet are there."""
    held = open_partition(stood("notifier"), lambda _writes: None)
    says = GOLDEN["notifier_says"]
    assert within(says["notices"], [as_document(one) for one in held.outbox.list()])
    assert within(says["incidents"], [as_document(one) for one in held.incidents.latest()])
    assert within(says["heads"], [as_document(one) for one in held.stores.audit.heads()])
    unsent = len(held.unsent.read("notices")) + len(held.unsent.read("audit"))
    assert unsent == says["unsent"]
    assert held.outbox.waiting() == 1
    held.outbox.put([nouns.notice(2)])
    assert held.outbox.waiting() == 2


@pytest.mark.parametrize("name", ["fold", "notifier"])
def test_a_newer_state_is_neither_read_nor_changed(name: str) -> None:
    """An older process ends or waits with a clear word, and the state stays as it is."""
    disk = stood(name)
    disk.write([(b"v\x00", b"%d" % LATER)])
    before = list(disk.items(b"", b"\xff"))
    with pytest.raises(StoreCorrupt, match=rf"version {LATER}, known is {LATER - 1}.*upgrade"):
        PartitionRows(disk) if name == "fold" else open_partition(disk, lambda _writes: None)
    assert list(disk.items(b"", b"\xff")) == before


@pytest.mark.parametrize("name", ["fold", "notifier"])
def test_who_goes_on_with_an_older_state_names_its_own_version(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a later process changed is a later state, which no older one takes for its own."""
    disk, later = stood(name), (b"v\x00", b"%d" % LATER)
    for module in (partition_rows, partition_log):
        monkeypatch.setattr(module, "VERSIONED", later)
    monkeypatch.setattr(partition_rows, "VERSION", LATER)
    if name == "fold":
        rows = PartitionRows(disk)
        rows.save("power-7", {'["x"]': b"1"})
        writes = rows.step()
        assert writes[0] == later
        rows.written(writes)
    else:
        open_partition(disk, disk.write)
    assert later in list(disk.items(b"", b"\xff"))
    monkeypatch.undo()
    with pytest.raises(StoreCorrupt, match="upgrade"):
        PartitionRows(disk)


def test_what_is_written_bears_its_version() -> None:
    """A state names its version once anything is written."""
    disk = OrderedMemory()
    rows = PartitionRows(disk)
    rows.save("a", {'["x"]': b"1"})
    rows.written(rows.step())
    rows.save("a", {'["x"]': b"2"})
    second = rows.step()
    assert partition_rows.VERSIONED in list(disk.items(b"", b"\xff"))
    assert all(key != b"v\x00" for key, _ in second)
    other = OrderedMemory()
    open_partition(other, lambda _writes: None)
    assert partition_rows.VERSIONED in list(other.items(b"", b"\xff"))


def said(read: object) -> Any:
    """Give what was read as a document."""
    if isinstance(read, bytes):
        return read.decode()
    if isinstance(read, tuple):
        return [said(one) for one in read]
    if isinstance(read, RawBatch):
        return orjson.loads(pack_batch(read).split(b"\n")[0])
    if isinstance(read, Posted) and read.batch is not None:
        return {
            "kind": read.kind,
            "collector": read.collector,
            "via": read.via,
            "batch": said(read.batch),
        }
    assert not isinstance(read, Unread), read
    return as_document(read)


def within(wanted: Any, found: Any) -> bool:
    """Tell whether all that was said is said still; more may be."""
    if isinstance(wanted, dict):
        return all(key in found and within(one, found[key]) for key, one in wanted.items())
    if isinstance(wanted, list):
        return len(wanted) == len(found) and all(map(within, wanted, found))
    return bool(wanted == found)
