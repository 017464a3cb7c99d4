"""Silences: who may ask for what, until when, and how they end."""

import pytest

from pipeline.incidents import ROW_TYPES, Silence
from pipeline.incidents.silences import ADD, END, LONGEST, MOST, expire, in_force, obey
from pipeline.model import NANOSECONDS, Command, rfc3339, to_json
from pipeline.model.rows import Rows

HOUR = 3600 * NANOSECONDS
AT = 1_772_460_000 * NANOSECONDS


def asked(name: str = ADD, role: str = "duty_lead", number: int = 0, **detail: object) -> bytes:
    """Make a command as it is journalled."""
    reason = str(detail.pop("reason", "the scan of order 44"))
    author = str(detail.pop("author", "a.serik"))
    whole = {"rules": ["r1"], "until": rfc3339(AT + 8 * HOUR), **detail}
    if name == END:
        whole = detail
    return to_json(Command(name, role, author, reason, AT + number, whole))


def administration() -> Rows:
    """Give a state without any silence."""
    return Rows("", ROW_TYPES, {})


def test_a_silence_stands_from_its_beginning_until_its_end() -> None:
    """A silence holds from its first instant to its last but one, and survives storing."""
    state = administration()
    (entry,) = obey(state, asked(begins=rfc3339(AT + HOUR)), AT)
    assert (entry.kind, entry.actor) == ("silence_added", "duty_lead/a.serik")
    assert entry.detail["reason"] == "the scan of order 44"
    kept = {key: data for key, data in state.changes().items() if data is not None}
    again = Rows("", ROW_TYPES, kept)
    standing = [
        len(in_force(again, at))
        for at in (AT, AT + HOUR - 1, AT + HOUR, AT + 8 * HOUR - 1, AT + 8 * HOUR)
    ]
    assert standing == [0, 0, 1, 1, 0]


def test_hours_count_from_the_beginning() -> None:
    """Hours may stand for an end; without a beginning a silence begins when it is taken in."""
    state = administration()
    obey(state, asked(until=None, hours=2), AT)
    (refused,) = obey(administration(), asked(until=None), AT)
    assert refused.kind == "command_refused"
    record = asked(hours=2)
    obey(state, record, AT + HOUR)
    ends = {silence.until for silence in in_force(state, AT + HOUR)}
    assert ends == {AT + 3 * HOUR}


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ({"rules": []}, "silence everything"),
        ({"rules": ["saqshy.silent-source"]}, "law's own detector"),
        ({"rules": ["r1", "saqshy.withheld-record"]}, "law's own detector"),
        ({"until": rfc3339(AT)}, "in the past"),
        ({"until": rfc3339(AT - HOUR)}, "in the past"),
        ({"until": rfc3339(AT + LONGEST + 1)}, "longer than 90 days"),
        ({"begins": rfc3339(AT + LONGEST), "until": rfc3339(AT + LONGEST + HOUR)}, "longer than"),
        ({"reason": "noise"}, "reason"),
        ({"reason": " " * 40}, "reason"),
        ({"author": ""}, "author"),
        ({"author": "a\nb"}, "author"),
        ({"role": "administrator"}, "role"),
        ({"role": "holder"}, "role"),
        ({"until": "tomorrow"}, "until"),
        ({"where": {"source.ip": {"a": 1}}}, "where"),
        ({"colour": "red"}, "colour"),
        ({"hours": 1e300}, "no silence"),
        ({"rules": [f"r{n}" for n in range(101)]}, "more than"),
    ],
)
def test_what_may_not_be_silenced_changes_nothing_and_is_audited(
    detail: dict[str, object], words: str
) -> None:
    """A silence that is too wide, too long, too vague or not this role's to give is refused."""
    state = administration()
    (entry,) = obey(state, asked(**detail), AT)  # type: ignore[arg-type]
    assert entry.kind == "command_refused"
    assert words in str(entry.detail["problems"])
    assert state.changes() == {}


@pytest.mark.parametrize(
    "record", [b"", b"{}", b"null", b"\xff\xfe", b'{"name": 5}', asked("silence_all")]
)
def test_no_record_breaks_the_fold_of_commands(record: bytes) -> None:
    """Whatever is journalled as a command, it is obeyed or refused with an audit entry."""
    (entry,) = obey(administration(), record, AT)
    assert entry.kind == "command_refused"


def test_a_silence_is_ended_by_a_person_or_by_time() -> None:
    """An end before its time names who and why; the rest expire at a tick, once."""
    state = administration()
    first, second = (obey(state, asked(number=number), AT)[0].subject for number in (1, 2))
    reason = "the scan is over"
    (entry,) = obey(state, asked(END, silence=first, reason=reason, number=3), AT + HOUR)
    assert (entry.kind, entry.subject, entry.detail) == (
        "silence_ended", first, {"reason": reason},
    )  # fmt: skip
    (unknown,) = obey(state, asked(END, silence=first, number=4), AT + HOUR)
    assert unknown.kind == "command_refused"
    assert expire(state, AT + 8 * HOUR - 1) == []
    (over,) = expire(state, AT + 8 * HOUR)
    assert (over.kind, over.subject) == ("silence_expired", second)
    assert expire(state, AT + 9 * HOUR) == []


def test_the_same_command_twice_is_one_silence() -> None:
    """A command that is folded again adds nothing, and its audit entry has the same id."""
    state = administration()
    record = asked()
    assert [entry.entry_id for entry in obey(state, record, AT)] == [
        entry.entry_id for entry in obey(state, record, AT)
    ]
    assert state.count("silence") == 1


def test_the_number_of_silences_is_bounded() -> None:
    """Beyond a bound a further silence is refused until some have ended."""
    state = administration()
    for number in range(MOST):
        state.put(
            Silence(f"{number}", "analyst", "a", "b", AT, AT + HOUR, ("r",)), "silence", f"{number}"
        )
    (entry,) = obey(state, asked(), AT)
    assert entry.kind == "command_refused"
    expire(state, AT + HOUR)
    assert obey(state, asked(), AT)[0].kind == "silence_added"
