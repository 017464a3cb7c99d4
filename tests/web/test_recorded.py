"""Reads are recorded before they are shown; a flood of them is two records."""

from dataclasses import dataclass, field, replace

import pytest

from pipeline.access import Role, Viewer
from pipeline.model import NANOSECONDS, Command
from pipeline.runtime.reads import READ as NAME
from pipeline.runtime.reads import read_problems
from pipeline.web.recorded import MOST_KEYS, READ, Read, Recorded
from tests.web.desks import HOSTILE, viewer

WINDOW = 60 * NANOSECONDS
WHO = viewer(Role.ANALYST)
GLASS = replace(WHO, broke_glass=10**12, glass_reason="ill")
PAGE = Read("incidents page", query="state: new")


@dataclass
class Spool:
    """Takes commands, or refuses them."""

    full: bool = False
    left: list[Command] = field(default_factory=list)

    def __call__(self, command: Command) -> None:
        """Take one."""
        if self.full:
            raise OSError(28, "No space left on device")
        self.left.append(command)


def test_a_flood_of_reads_is_two_records() -> None:
    """The first read is left at once, those of the next minute as one number at its end."""
    spool = Spool()
    recorded = Recorded(spool, WINDOW)
    for second in range(50):
        recorded.note(WHO, "SPEC 6, analyst", PAGE, second * NANOSECONDS)
    assert [one.detail.get("again") for one in spool.left] == [None]
    recorded.flush(WINDOW)
    first, last = spool.left
    assert (last.detail["again"], last.detail["first"]) == ("49", first.id)
    assert last.detail["until"] == "1970-01-01T00:00:49Z"
    recorded.note(WHO, "SPEC 6, analyst", PAGE, WINDOW)
    assert "again" not in spool.left[-1].detail


OTHERS = {
    "another question": (WHO, "SPEC 6, analyst", replace(PAGE, query="state: closed")),
    "another thing": (WHO, "SPEC 6, analyst", Read("incident", of="1")),
    "another ground": (WHO, "order 7 of 1 March", PAGE),
    "another session": (replace(WHO, session="2"), "SPEC 6, analyst", PAGE),
    "another person": (replace(WHO, subject="b"), "SPEC 6, analyst", PAGE),
    "through glass": (GLASS, "SPEC 6, analyst", PAGE),
}  # fmt: skip


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS.keys())
def test_another_read_is_a_record_of_its_own(other: tuple[Viewer, str, Read]) -> None:
    """Person, session, ground, page and question each make another record."""
    spool = Spool()
    recorded = Recorded(spool, WINDOW)
    recorded.note(WHO, "SPEC 6, analyst", PAGE, 0)
    recorded.note(*other, 1)
    assert len(spool.left) == 2
    assert len({one.id for one in spool.left}) == 2


def test_what_cannot_be_recorded_is_not_read() -> None:
    """Where no record can be left, the read fails, and the number of others is not lost."""
    spool = Spool()
    recorded = Recorded(spool, WINDOW)
    recorded.note(WHO, "SPEC 6, analyst", PAGE, 0)
    recorded.note(WHO, "SPEC 6, analyst", PAGE, 1)
    spool.full = True
    with pytest.raises(OSError, match="No space"):
        recorded.note(WHO, "SPEC 6, analyst", Read("objects"), 2)
    with pytest.raises(OSError, match="No space"):
        recorded.flush(WINDOW)
    spool.full = False
    recorded.flush(WINDOW)
    assert [one.detail.get("again") for one in spool.left] == [None, "1"]


def test_memory_is_bounded() -> None:
    """Of more questions than are remembered the oldest window ends early."""
    spool = Spool()
    recorded = Recorded(spool, WINDOW)
    for number in range(MOST_KEYS + 1):
        recorded.note(WHO, "SPEC 6, analyst", Read("event", of=str(number)), 0)
        if not number:
            recorded.note(WHO, "SPEC 6, analyst", Read("event", of="0"), 0)
    newest, ended = spool.left[-2:]
    assert (newest.detail["of"], ended.detail["of"]) == (str(MOST_KEYS), "0")
    assert ended.detail["again"] == "1"


def test_the_running_system_takes_every_record() -> None:
    """Hostile and endless questions are records that the running system does not refuse."""
    spool = Spool()
    recorded = Recorded(spool, WINDOW)
    through = replace(WHO, broke_glass=10**12, glass_reason=HOSTILE * 20)
    for who in (WHO, through):
        read = Read(HOSTILE * 20, of="\u202e" * 400, query=HOSTILE * 400)
        recorded.note(who, "order 7 of 1 March", read, 0)
        recorded.note(who, "order 7 of 1 March", read, 1)
    recorded.flush(WINDOW)
    assert len(spool.left) == 4
    assert [problem for one in spool.left for problem in read_problems(one)] == []
    assert READ == NAME
