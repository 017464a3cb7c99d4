"""What every implementation must do when rows are read, rewritten and taken away."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from connectors.stores.memory import open_memory
from connectors.stores.sqlite import open_sqlite
from pipeline.errors import StoreError
from pipeline.model import pack_batch, unpack_batch
from pipeline.model.carried import Carried
from pipeline.ports import Stores
from tests.connectors.stores.nouns import at, batch, entry, event, failure, finding, notice

WORD = b"qzword00077zq"


@pytest.fixture(params=["memory", "sqlite"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    """Each implementation, empty."""
    opened = open_memory() if request.param == "memory" else open_sqlite(tmp_path / "saqshy.db")
    yield opened
    opened.database.close()


def filled(stores: Stores) -> None:
    """Write a row or two into every place."""
    one = replace(batch(1), records=(WORD * 40, b"another"))
    stores.journal.append("syslog", [one, batch(2)])
    stores.events.add(one, [event(one, 0, at(1)), event(one, 1, at(5))])
    stores.events.add(batch(2), [event(batch(2), 0, at(2))])
    stores.incidents.put_findings([finding(1)])
    stores.dead_letters.put([failure(1)])
    stores.outbox.put([notice(1)])
    stores.audit.append([entry(1)])
    stores.state.save("power-7", {'["object"]': b"{}", '["repeat"]': b'{"x":1}'})


def keep(row: Carried) -> bytes | None:
    """Change nothing."""
    return row.data


def drop(row: Carried) -> bytes | None:  # noqa: ARG001 (a change of a row)
    """Take a row away."""
    return None


def test_every_row_of_every_place_is_read(stores: Stores) -> None:
    """A search sees each row as it was written, by its place and what it is of."""
    filled(stores)
    rows = list(stores.carriers.rows())
    assert {row.place for row in rows} >= {
        "journal", "events", "findings", "failures", "notices", "state", "audit",
    }  # fmt: skip
    (one,) = stores.carriers.rows("journal", batch(1).id)
    assert unpack_batch(one.data).records[0] == WORD * 40
    assert sum(row.place == "state" for row in rows) == 2


def test_a_rewritten_batch_reads_as_it_was_rewritten(stores: Stores) -> None:
    """The journal gives the new content in the same place, and the bytes that stood there."""
    filled(stores)

    def emptied(row: Carried) -> bytes | None:
        return pack_batch(replace(unpack_batch(row.data), records=(b"", b"another")))

    before = stores.carriers.rewrite("journal", emptied, of=batch(1).id)
    assert len(before) == 1
    found = stores.journal.read(0, 9)
    assert [position for position, _ in found] == [1, 2]
    assert found[0][1].records == (b"", b"another")
    assert found[1][1].records == batch(2).records
    assert stores.carriers.rewrite("journal", keep) == []


def test_an_event_that_is_taken_out_of_its_block_is_counted_no_more(stores: Stores) -> None:
    """Count and times follow what is left, and an empty block goes."""
    filled(stores)

    def without(row: Carried) -> bytes | None:
        lines = [one for one in row.data.split(b"\n") if orjson.loads(one)["saqshy"]["index"]]
        return b"\n".join(lines) or None

    stores.carriers.rewrite("events", without)
    assert stores.events.count() == 1
    left = list(stores.events.search(batch(1).object_id, at(0), at(9), 9))
    assert [orjson.loads(one)["saqshy"]["index"] for one in left] == [1]
    assert list(stores.events.search(batch(1).object_id, at(0), at(2), 9)) == []


@pytest.mark.parametrize("place", ["failures", "state", "findings"])
def test_rows_are_taken_away(stores: Stores, place: str) -> None:
    """A row without content is gone."""
    filled(stores)
    assert stores.carriers.rewrite(place, drop)
    assert list(stores.carriers.rows(place)) == []


def test_a_rewriting_that_fails_changes_nothing(stores: Stores) -> None:
    """One row that cannot be changed leaves all as they were."""
    filled(stores)

    def broken(row: Carried) -> bytes | None:
        if row.of == batch(2).id:
            raise ValueError("no")
        return pack_batch(replace(unpack_batch(row.data), records=(b"", b"")))

    with pytest.raises((ValueError, StoreError)):
        stores.carriers.rewrite("journal", broken)
    assert stores.journal.read(0, 1)[0][1].records[0] == WORD * 40


@pytest.mark.parametrize("whole", [False, True])
def test_nothing_of_what_was_rewritten_is_left_in_the_files(tmp_path: Path, whole: bool) -> None:
    """Neither the file nor the log beside it holds a byte of what was taken away."""
    opened = open_sqlite(tmp_path / "saqshy.db")
    filled(opened)
    packed = b"".join(sqlite3.connect(tmp_path / "saqshy.db").execute(
        "SELECT data FROM journal WHERE position = 1").fetchone())  # fmt: skip
    sample = packed[60:90]
    assert sample in b"".join(Path(one).read_bytes() for one in opened.carriers.files())
    opened.carriers.rewrite("journal", lambda _: pack_batch(batch(1)), of=batch(1).id)
    assert opened.carriers.settle(whole=whole)
    assert sample not in b"".join(Path(one).read_bytes() for one in opened.carriers.files())
    opened.database.close()


def test_a_reader_in_the_way_is_told(tmp_path: Path) -> None:
    """While somebody reads an old state the log cannot be cut off, and the store says so."""
    opened = open_sqlite(tmp_path / "saqshy.db")
    filled(opened)
    reader = sqlite3.connect(tmp_path / "saqshy.db")
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM journal").fetchone()
    opened.carriers.rewrite("state", drop)
    opened.database._writer.execute("PRAGMA busy_timeout = 0")  # type: ignore[attr-defined]
    assert not opened.carriers.settle()
    reader.close()
    assert opened.carriers.settle()
    opened.database.close()
