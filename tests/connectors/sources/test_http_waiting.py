"""Requests between the server's thread and the poll."""

from connectors.sources.http_waiting import Lot, Waiting
from pipeline.model import RecordNote


def waiting() -> Waiting:
    return Waiting("http", "auto")


def lot(*records: bytes, peer: str = "p", ids: tuple[str, ...] = ()) -> Lot:
    return Lot(peer, list(records), ids=ids)


def test_small_requests_go_together() -> None:
    """Requests of one sender share a delivery; one of another sender has its own."""
    queue = waiting()
    for one in (lot(b"a"), lot(b"b", b"c"), lot(b"d", peer="q"), lot(b"e")):
        assert queue.put(one)
    found = [queue.poll(10, 0), queue.poll(10, 0), queue.poll(10, 0)]
    assert [(one.peer, one.records) for one in found if one] == [
        ("p", (b"a", b"b", b"c")),
        ("q", (b"d",)),
        ("p", (b"e",)),
    ]
    assert queue.poll(10, 0) is None


def test_a_large_request_takes_turns() -> None:
    """A request larger than a delivery lets others in between, and is told once, at its end."""
    queue = waiting()
    told: list[str] = []
    large, small = lot(b"1", b"2", b"3"), lot(b"s", peer="q")
    large.told, small.told = lambda: told.append("large"), lambda: told.append("small")
    queue.put(large)
    queue.put(small)
    order = []
    while (one := queue.poll(2, 0)) is not None:
        order.append(one.records)
        queue.acknowledge(one, {})
    assert order == [(b"1", b"2"), (b"s",), (b"3",)]
    assert told == ["small", "large"]


def test_refused_records_are_told_to_whom_they_belong() -> None:
    """Of a delivery shared by requests each learns which of its own records were not kept."""
    queue = waiting()
    first, second = lot(b"a", b"b"), lot(b"c", b"d")
    queue.put(first)
    queue.put(second)
    one = queue.poll(10, 0)
    assert one is not None
    queue.acknowledge(one, {1: "x", 2: "y"})
    assert (first.refused, second.refused) == ({1: "x"}, {0: "y"})


def test_notes_and_headers_stay_with_their_records() -> None:
    """A note keeps to its record, and a delivery ends where another header begins."""
    queue = waiting()
    queue.put(
        Lot(
            "p",
            [b"a", b"b", b"c"],
            notes={1: RecordNote(1, "oversized", "long")},
            preambles=((0, b""), (1, b"#x"), (2, b"#y")),
        )
    )
    found = [one for one in (queue.poll(10, 0) for _ in range(3)) if one]
    assert [(one.records, one.preamble) for one in found] == [
        ((b"a",), b""),
        ((b"b",), b"#x"),
        ((b"c",), b"#y"),
    ]
    (noted,) = [one for one in found if one.notes]
    assert noted.notes == (RecordNote(0, "oversized", "long"),)


def test_ids_make_a_delivery_known_again() -> None:
    """The same ids and records are the same batch, other ids or records another; none are none."""

    def fingerprint(one: Lot) -> str:
        queue = waiting()
        queue.put(one)
        given = queue.poll(10, 0)
        assert given is not None
        return given.fingerprint

    first = fingerprint(lot(b"a", b"b", ids=("1", "2")))
    assert first == fingerprint(lot(b"a", b"b", ids=("1", "2")))
    others = [lot(b"a", b"b", ids=("1", "3")), lot(b"a", b"c", ids=("1", "2"))]
    assert first not in map(fingerprint, others)
    assert fingerprint(lot(b"a")) == ""


def test_what_was_not_taken_can_be_withdrawn() -> None:
    """Withdrawn records never come; those already taken are settled as ever."""
    queue = waiting()
    told: list[int] = []
    one = lot(b"a", b"b", b"c")
    one.told = lambda: told.append(one.settled)
    queue.put(one)
    given = queue.poll(1, 0)
    assert given is not None
    queue.withdraw(one)
    assert queue.poll(1, 0) is None
    queue.acknowledge(given, {})
    assert (one.end, one.settled, told) == (1, 1, [1])


def test_the_end_lets_everybody_go() -> None:
    """Closed, the queue takes nothing in, and tells who waits how far it came."""
    queue = waiting()
    one, other = lot(b"a", b"b"), lot(b"c", peer="q")
    told: list[Lot] = []
    one.told, other.told = lambda: told.append(one), lambda: told.append(other)
    queue.put(one)
    queue.put(other)
    given = queue.poll(1, 0)
    assert given is not None
    queue.acknowledge(given, {})
    queue.close()
    assert {id(x) for x in told} == {id(one), id(other)}
    assert (one.end, other.end, queue.put(lot(b"d"))) == (1, 0, False)
