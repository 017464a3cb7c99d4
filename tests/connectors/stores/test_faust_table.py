"""What a member that lost its partition still writes counts nowhere, whatever came in between."""

import asyncio
import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.stores import partition_rows
from connectors.stores.kafka.reading import Read
from connectors.stores.kafka.state_reading import counted
from connectors.stores.partition_claims import CLAIM, EPOCH, NOBODY, Kept, take
from connectors.stores.partition_rows import OrderedMemory, PartitionRows, stands_as_ours
from pipeline.errors import StoreCorrupt, StoreError
from tests.connectors.stores.claimed_log import Log, Member, settled

OBJECT = "power-7"
PATIENCE = 30.0  # seconds
GOLDEN: Any = orjson.loads(
    (Path(__file__).parents[2] / "golden/cluster/claimed_log_version_2.json").read_bytes()
)


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write rows themselves after a few entries, so that what is deleted is seen too."""
    monkeypatch.setattr(partition_rows, "ENTRIES", 4)


async def step(member: Member, rows: PartitionRows, tag: str) -> int:
    """Note a tag under the next number and have it kept; give the number."""
    number = len(rows.load(OBJECT))
    rows.save(OBJECT, {f"{number:04d}": tag.encode()})
    writes = rows.step()
    await member.disk.log(writes)
    rows.written(writes)
    return number


def read_anew(log: Log) -> dict[str, bytes]:
    """Give what a process finds that has nothing but the log."""
    disk = OrderedMemory()
    disk.write(take(log.records, NOBODY).changes)
    return dict(PartitionRows(disk).load(OBJECT))


@dataclass
class Acting:
    """Three processes that may each believe at any time that the partition is theirs."""

    folder: Path
    log: Log = field(default_factory=Log)
    members: list[Member] = field(default_factory=list)
    rows: dict[int, PartitionRows] = field(default_factory=dict)
    under_way: dict[int, "asyncio.Task[None]"] = field(default_factory=dict)
    kept: dict[int, str] = field(default_factory=dict)
    tried: int = 0
    safe: int = 0

    def __post_init__(self) -> None:
        self.members = [Member(self.folder / str(number), self.log) for number in range(3)]

    async def act(self, number: int, what: str) -> None:
        """Do one thing; what a process does waits while its wire is silent."""
        member = self.members[number]
        if what == "compact":
            self.log.compact(self.safe)
        elif what == "cut":
            member.wire.silent = True
        elif what == "drip":
            member.wire.deliver(1)
        elif what == "mend":
            member.wire.silent = False
            member.wire.deliver(len(member.wire.held))
        elif what == "die":
            if number in self.under_way:
                self.under_way.pop(number).cancel()
            self.rows.pop(number, None)
        elif number not in self.under_way:
            self.under_way[number] = asyncio.create_task(self._work(number, what))
        await settled()

    async def _work(self, number: int, what: str) -> None:
        member = self.members[number]
        try:
            if what in {"open", "open behind"}:
                behind = member.wire.log.end - (what == "open behind")
                self.rows[number] = await member.open(behind)
            elif number in self.rows:
                self.tried += 1
                tag = f"{number}:{self.tried}"
                at = await step(member, self.rows[number], tag)
                assert at not in self.kept, f"{at} stands twice: {self.kept[at]}, {tag}"
                self.kept[at] = tag
            # What stood at its end by now is written again where somebody else wrote over it.
            self.safe = self.log.end if not self.members_hold() else self.safe
        except StoreError:
            self.rows.pop(number, None)  # the process ends
        del self.under_way[number]

    def members_hold(self) -> bool:
        """Tell whether anything is on its way that may arrive behind what was read."""
        return any(one.wire.held for one in self.members)


ACTS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(
            ["open", "open behind", "step", "step", "step", "cut", "drip", "mend", "die", "compact"]
        ),
    ),
    max_size=50,
)


@settings(max_examples=30, deadline=None)
@given(ACTS)
def test_nothing_that_was_kept_is_lost_and_nothing_stands_twice(
    acts: list[tuple[int, str]],
) -> None:
    """However many take a partition for theirs, what one was told is kept stands for all readers.

    Whoever reads the log from its beginning, or goes on with any disk, finds the same.
    """

    async def play(acting: Acting) -> None:
        for number, what in acts:
            await acting.act(number, what)
        for number in range(3):
            await acting.act(number, "mend")
            await acting.act(number, "die")
        for number in (0, 1, 2):
            await acting.act(number, "open")
            assert number in acting.rows
            found = {int(at): tag.decode() for at, tag in read_anew(acting.log).items()}
            stands = {int(at): t.decode() for at, t in acting.rows[number].load(OBJECT).items()}
            assert found == stands
            assert {at: found.get(at) for at in acting.kept} == acting.kept
            acting.log.compact(acting.log.end)

    with TemporaryDirectory() as folder:
        asyncio.run(play(Acting(Path(folder))))


def played(folder: Path, scene: Callable[[Log, Member, Member], Any]) -> None:
    """Play a scene of two members over one log."""
    log = Log()
    members = Member(folder / "a", log), Member(folder / "b", log)
    asyncio.run(asyncio.wait_for(scene(log, *members), PATIENCE))


def test_who_was_cut_off_ends_before_it_writes_its_disk(tmp_path: Path) -> None:
    """What was under way arrives behind the successor: its sender ends, its successor goes on."""

    async def scene(log: Log, a: Member, b: Member) -> None:
        mine = await a.open()
        await step(a, mine, "a0")
        a.wire.silent = True
        late = asyncio.create_task(step(a, mine, "a1"))
        await settled()
        theirs = await b.open()
        await step(b, theirs, "b1")
        a.wire.deliver(9)
        with pytest.raises(StoreError, match="taken it over"):
            await late
        assert dict(PartitionRows(a.disk).load(OBJECT)) == {"0000": b"a0"}
        await step(b, theirs, "b2")
        wanted = {"0000": b"a0", "0001": b"b1", "0002": b"b2"}
        assert dict(theirs.load(OBJECT)) == read_anew(log) == wanted
        log.compact(log.end)
        assert read_anew(log) == wanted
        a.wire.silent = False
        assert dict((await a.open()).load(OBJECT)) == wanted

    played(tmp_path, scene)


def test_whoever_opens_a_partition_writes_again_what_was_written_over(tmp_path: Path) -> None:
    """The log may be compacted afterwards: who has nothing but it finds all that was kept."""

    async def scene(log: Log, a: Member, b: Member) -> None:
        mine = await a.open()
        a.wire.silent = True
        late = asyncio.create_task(step(a, mine, "a0"))
        await settled()
        await step(b, await b.open(), "b0")
        late.cancel()
        a.wire.deliver(9)
        await b.open()
        log.compact(log.end)
        assert read_anew(log) == {"0000": b"b0"}

    played(tmp_path, scene)


def test_what_arrives_before_a_claim_is_read_first(tmp_path: Path) -> None:
    """A successor that recovered before its predecessor's last step arrived has that step too."""

    async def scene(log: Log, a: Member, b: Member) -> None:
        mine = await a.open()
        a.wire.silent = True
        late = asyncio.create_task(step(a, mine, "a0"))
        await settled()
        b.recover()
        a.wire.deliver(9)
        assert await late == 0
        await b.disk.claim()
        assert dict(PartitionRows(b.disk).load(OBJECT)) == read_anew(log) == {"0000": b"a0"}

    played(tmp_path, scene)


def test_a_claim_that_comes_late_is_none(tmp_path: Path) -> None:
    """It names another place than where it stands: who claimed before it goes on."""

    async def scene(log: Log, a: Member, b: Member) -> None:
        a.wire.silent = True
        late = asyncio.create_task(a.open())
        await settled()
        theirs = await b.open()
        await step(b, theirs, "b0")
        a.wire.deliver(9)
        with pytest.raises(StoreError, match="claims it at the same time"):
            await late
        await step(b, theirs, "b1")
        log.compact(log.end)
        assert read_anew(log) == {"0000": b"b0", "0001": b"b1"}

    played(tmp_path, scene)


def test_a_step_that_the_brokers_have_twice_is_one(tmp_path: Path) -> None:
    """A client that had no answer sends again: that is no other process."""

    async def scene(log: Log, a: Member, _b: Member) -> None:
        mine = await a.open()
        a.wire.silent = True
        kept = asyncio.create_task(step(a, mine, "a0"))
        await settled()
        for key, value, epoch, _ in list(a.wire.held):
            log.append(key, value, epoch)
        a.wire.deliver(9)
        assert await kept == 0
        a.wire.silent = False
        assert await step(a, mine, "a1") == 1
        assert read_anew(log) == {"0000": b"a0", "0001": b"a1"}

    played(tmp_path, scene)


def test_what_an_older_process_writes_behind_a_claim_does_not_count(tmp_path: Path) -> None:
    """Its log is gone on with; it names no epoch, and refuses the state of who claims."""

    async def scene(log: Log, a: Member, _b: Member) -> None:
        older = PartitionRows(OrderedMemory())
        for tag in (b"0", b"1"):
            older.save(OBJECT, {f"000{tag.decode()}": tag})
            writes = older.step()
            older.written(writes)
            for key, value in writes:
                if key != partition_rows.VERSIONED[0]:
                    log.append(key, value, NOBODY)
        mine = await a.open()
        assert dict(mine.load(OBJECT)) == {"0000": b"0", "0001": b"1"}
        older.save(OBJECT, {"0002": b"late"})
        for key, value in older.step():
            log.append(key, value, NOBODY)
        await step(a, mine, "a2")
        log.compact(log.end)
        assert read_anew(log) == {"0000": b"0", "0001": b"1", "0002": b"a2"}
        assert stands_as_ours(a.disk)

    played(tmp_path, scene)


def test_a_newer_state_is_not_claimed(tmp_path: Path) -> None:
    """Nothing of it is changed: it waits for an upgrade."""

    async def scene(log: Log, a: Member, _b: Member) -> None:
        log.append(b"v\x00", b"%d" % (partition_rows.VERSION + 1), NOBODY)
        with pytest.raises(StoreCorrupt, match="upgrade"):
            await a.open()
        assert log.end == 1

    played(tmp_path, scene)


def records(name: str) -> list[Kept]:
    """Give the golden log: offset, key, value and epoch of each record."""
    return [
        Kept(at, base64.b64decode(key), None if value is None else base64.b64decode(value), epoch)
        for at, key, value, epoch in GOLDEN[name]
    ]


def test_a_log_of_the_second_version_says_what_it_said() -> None:
    """Real records of it, with a claim, a successor's, and what its predecessor wrote behind it."""
    disk = OrderedMemory()
    disk.write(take(records("log"), NOBODY).changes)
    rows = dict(PartitionRows(disk).load(OBJECT))
    assert {key: value.decode() for key, value in rows.items()} == GOLDEN["says"]


def test_a_snapshot_has_what_counts() -> None:
    """It holds neither claims, which are of their log, nor what was passed over."""
    kept = records("log")
    read = [
        Read(
            0, one.offset, one.key, one.value, {EPOCH: b"%d" % one.epoch} if one.epoch >= 0 else {}
        )
        for one in kept
    ]
    disk = OrderedMemory()
    found = list(counted(read))
    disk.write([(one.key or b"", one.value) for one in found])
    rows = dict(PartitionRows(disk).load(OBJECT))
    assert {key: value.decode() for key, value in rows.items()} == GOLDEN["says"]
    assert CLAIM not in {one.key for one in found}
    assert len(found) < len(kept) - 2
