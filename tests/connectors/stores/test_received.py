"""The receiver's store, in memory and in a file."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from connectors.sinks.letter import sha256
from connectors.stores.received import ReceivedNotices
from pipeline.errors import StoreCorrupt, StoreError


@pytest.fixture(params=["memory", "file"])
def book(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ReceivedNotices]:
    """Give the store in both places."""
    opened = ReceivedNotices(":memory:" if request.param == "memory" else tmp_path / "r.db")
    yield opened
    opened.close()


def test_the_first_letter_stands(book: ReceivedNotices) -> None:
    """The first letter and receipt under an id stay, however often it comes and with what."""
    first = book.keep("n1", b"letter", 5, "receipt 1")
    again = book.keep("n1", b"letter", 6, "receipt 2")
    other = book.keep("n1", b"forged", 7, "receipt 3")
    assert (first.receipt, first.deliveries, first.sha256) == ("receipt 1", 1, sha256(b"letter"))
    assert (again.receipt, again.received_at, again.deliveries) == ("receipt 1", 5, 2)
    assert (other.letter, other.deliveries) == (b"letter", 2)


def test_another_content_is_kept_as_a_conflict(book: ReceivedNotices) -> None:
    """Another content under a known id is remembered with its time and hash."""
    book.keep("n1", b"letter", 5, "r")
    book.keep("n1", b"forged", 7, "r")
    [conflict] = book.conflicts(10)
    assert (conflict.at, conflict.notice_id, conflict.sha256) == (7, "n1", sha256(b"forged"))


def test_listing_is_by_arrival(book: ReceivedNotices) -> None:
    """Notices are listed by arrival in pages, and the newest come first where asked so."""
    for number in range(5):
        book.keep(f"n{number}", b"x", number, "r")
    assert [one.notice_id for one in book.listed(2, 2)] == ["n2", "n3"]
    assert [one.notice_id for one in book.latest(2)] == ["n4", "n3"]


def test_threads_take_turns(book: ReceivedNotices) -> None:
    """Deliveries from several threads are each counted once."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: book.keep(f"n{n % 5}", b"x", n, "r"), range(100)))
    assert sorted(one.deliveries for one in book.listed(0, 10)) == [20] * 5


def test_what_was_kept_is_there_after_a_restart(tmp_path: Path) -> None:
    """A kept letter, its receipt and its conflicts outlive the process."""
    before = ReceivedNotices(tmp_path / "r.db")
    before.keep("n1", b"letter", 5, "receipt 1")
    before.keep("n1", b"forged", 6, "receipt 2")
    before.close()
    after = ReceivedNotices(tmp_path / "r.db")
    assert after.keep("n1", b"letter", 9, "receipt 3").receipt == "receipt 1"
    assert len(after.conflicts(10)) == 1
    after.close()


@pytest.mark.parametrize(
    ("make", "error"),
    [
        pytest.param(lambda path: path.write_bytes(b"no store " * 99), StoreCorrupt, id="no store"),
        pytest.param(lambda path: path.mkdir(), StoreError, id="a folder"),
    ],
)
def test_what_is_no_store_is_told(
    tmp_path: Path, make: Callable[[Path], object], error: type[StoreError]
) -> None:
    """A file that is no store, or no file, is named with a way out."""
    make(tmp_path / "r.db")
    with pytest.raises(error, match=r"r\.db"):
        ReceivedNotices(tmp_path / "r.db")
