"""Lines of one event that came apart over a network."""

from dataclasses import replace

from pipeline.model import RecordNote
from pipeline.ports import Delivery
from pipeline.runtime.joining import Joining


def line(kind: str, serial: int, host: str = "gw") -> bytes:
    return (
        f"<13>Mar  2 20:00:00 {host} audisp: type={kind} msg=audit(1700000000.1:{serial}): x=1"
    ).encode()


def delivery(*records: bytes, peer: str = "192.0.2.1", notes: tuple[int, ...] = ()) -> Delivery:
    return Delivery("edge", peer, records, tuple(RecordNote(one, "truncated") for one in notes))


def test_other_records_pass_as_they_are() -> None:
    """Records that belong to nothing keep order and notes; a peer's deliveries become one."""
    join = Joining()
    found = join(
        [
            delivery(b"a", b"b"),
            delivery(b"x", peer="192.0.2.2"),
            delivery(b"c", b"d", notes=(1,)),
        ]
    )
    assert [(one.peer, one.records) for one in found] == [
        ("192.0.2.1", (b"a", b"b", b"c", b"d")),
        ("192.0.2.2", (b"x",)),
    ]
    assert [note.index for note in found[0].notes] == [3]
    assert join([]) == []


def test_an_event_over_two_rounds_is_one_record() -> None:
    """Lines whose event goes on wait for the rest of the same peer, and for no other's."""
    join = Joining(clock=lambda: 0.0)
    begun, end = line("SYSCALL", 7), line("PROCTITLE", 7)
    assert join([delivery(b"a", begun)])[0].records == (b"a",)
    assert join([delivery(end, peer="192.0.2.9")])[0].records == (end,)
    assert join([delivery(line("PATH", 7), end, b"b")])[0].records == (
        b"\n".join([begun, line("PATH", 7), end]),
        b"b",
    )
    assert join([], final=True) == []


def test_what_does_not_end_waits_a_second() -> None:
    """Lines whose end does not come are given after a second, or when nothing follows."""
    now = [0.0]
    join = Joining(clock=lambda: now[0])
    begun = line("SYSCALL", 7)
    assert join([delivery(begun)]) == []
    now[0] = 0.9
    assert join([]) == []
    now[0] = 1.0
    assert [one.records for one in join([])] == [(begun,)]
    assert join([delivery(begun)]) == []
    assert [one.records for one in join([], final=True)] == [(begun,)]


def test_a_delivery_that_is_whole_waits_for_nothing() -> None:
    """What is answered, or can be read again, is joined within itself and keeps its place."""
    join = Joining(lambda: 0.0)
    first = replace(
        delivery(line("SYSCALL", 7), line("CWD", 7)), whole=True, resume="a", fingerprint="b"
    )
    second = replace(delivery(line("PATH", 7)), whole=True, resume="c", fingerprint="d")
    assert join([first, second]) == [
        replace(first, records=(b"\n".join(first.records),)),
        second,
    ]
    assert join([], final=True) == []


def test_a_document_of_several_records_comes_apart() -> None:
    """A wrapper that comes over a network gives its items, each a record of its own."""
    items = (b'{"eventName":"A"}', b'{"eventName":"B"}')
    wrapper = b'{"Records":[' + b",".join(items) + b"]}"
    for whole in (False, True):
        given = replace(delivery(b"first", wrapper), whole=whole)
        assert Joining(lambda: 0.0)([given]) == [replace(given, records=(b"first", *items))]
