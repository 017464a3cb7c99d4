"""Records that belong together are one record."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import RecordNote
from pipeline.normalize.collecting import Gathered, audit_line, gathered

HEAD = b"<134>Mar  2 20:40:01 gw%d audispd: "
SYSCALL = b"type=SYSCALL msg=audit(1772445600.123:%d): arch=c000003e syscall=59 items=0"
EXECVE = b'type=EXECVE msg=audit(1772445600.123:%d): argc=1 a0="id"'
EOE = b"type=EOE msg=audit(1772445600.123:%d): "
ERROR = b"2026-03-02 10:00:00.000 UTC [7] ERROR:  syntax error"
TRACE = b"\tat com.example.Main.run(Main.java:1)"


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ((SYSCALL % 1, EXECVE % 1, EOE % 1), (b"\n".join((SYSCALL % 1, EXECVE % 1, EOE % 1)),)),
        (
            (SYSCALL % 1, SYSCALL % 2, EXECVE % 1, EXECVE % 2),
            (SYSCALL % 1 + b"\n" + EXECVE % 1, SYSCALL % 2 + b"\n" + EXECVE % 2),
        ),
        (
            (HEAD % 1 + SYSCALL % 1, HEAD % 2 + SYSCALL % 1, HEAD % 1 + EXECVE % 1),
            (HEAD % 1 + SYSCALL % 1 + b"\n" + HEAD % 1 + EXECVE % 1, HEAD % 2 + SYSCALL % 1),
        ),
        ((ERROR, b"\tSELECT", b"\tFROM t", ERROR), (ERROR + b"\n\tSELECT\n\tFROM t", ERROR)),
        ((b"java.lang.Error: x", TRACE), (b"java.lang.Error: x", TRACE)),
        ((b"one", b"two"), (b"one", b"two")),
        ((), ()),
    ],
    ids=["serial", "mixed", "two hosts", "continued", "stack trace", "nothing to join", "empty"],
)
def test_what_belongs_together_is_joined(
    records: tuple[bytes, ...], expected: tuple[bytes, ...]
) -> None:
    """Lines of one serial of one host, and lines that a tab continues, are one record."""
    assert gathered(records) == Gathered(expected)


def test_what_is_not_finished_is_carried() -> None:
    """An event without its end waits for the next call, and is whole there."""
    first = gathered((EXECVE % 9, SYSCALL % 1, b"x"), final=False)
    assert (first.records, first.carried) == ((EXECVE % 9, b"x"), (SYSCALL % 1,))
    second = gathered((EXECVE % 1, EOE % 1), (), first.carried, final=False)
    assert second == Gathered((b"\n".join((SYSCALL % 1, EXECVE % 1, EOE % 1)),))


def test_notes_keep_to_their_records() -> None:
    """A noted record stays alone, and its note names its new place."""
    notes = (RecordNote(2, "withheld"), RecordNote(3, "oversized"))
    done = gathered((SYSCALL % 1, EXECVE % 1, b"", b"z"), notes)
    assert done.records == (SYSCALL % 1 + b"\n" + EXECVE % 1, b"", b"z")
    assert done.notes == (RecordNote(1, "withheld"), RecordNote(2, "oversized"))


def test_a_serial_that_comes_again_far_behind_is_another_event() -> None:
    """Beyond the window nothing is joined, so that what waits stays bounded."""
    between = tuple(b"%d" % n for n in range(40))
    done = gathered((SYSCALL % 1, *between, EXECVE % 1), final=False)
    assert done.records == (SYSCALL % 1, *between, EXECVE % 1)
    assert done.carried == ()


def test_who_sent_a_line_is_part_of_its_key() -> None:
    """The node or the header's host tells events with equal serials apart."""
    keys = {
        line.key
        for head in (b"", b"node=a ", b"node=b ", HEAD % 1, HEAD % 2)
        if (line := audit_line(head + SYSCALL % 1)) is not None
    }
    assert len(keys) == 5


LINES = st.sampled_from([SYSCALL, EXECVE, EOE, HEAD % 1 + SYSCALL, b"node=a " + EXECVE])
RECORDS = st.lists(
    st.builds(lambda line, serial: line % serial, LINES, st.integers(1, 4))
    | st.sampled_from([ERROR, b"\tgoes on", b"x"])
    | st.binary(max_size=30),
    max_size=60,
)


@given(records=RECORDS, cut=st.integers(0, 60))
def test_nothing_is_lost_or_made(records: list[bytes], cut: int) -> None:
    """Whatever comes in however many calls, every byte leaves once."""
    first = gathered(records[:cut], final=False)
    second = gathered(records[cut:], (), first.carried)
    joined = [*first.records, *second.records]
    assert sorted(b"\n".join(joined).split(b"\n")) == sorted(b"\n".join(records).split(b"\n")) or (
        not records
    )
    assert second.carried == ()
