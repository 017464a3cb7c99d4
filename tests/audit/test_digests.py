"""The auditor's own look at digests: they say no more than their notices, and are never late."""

from dataclasses import replace

from pipeline.audit.beside import is_beside
from pipeline.audit.digests import digest_faults
from pipeline.model import GuardDecision, Notice, NoticeState
from tests.notify.made import BASE, MINUTE
from tests.notify.test_digests import WRITER, update, wish


def letter() -> Notice:
    """Make a digest of two updates."""
    made = WRITER([update(1, BASE), update(2, BASE)], wish(), BASE + MINUTE)
    assert made is not None
    return made


def faults(notice: Notice) -> list[str]:
    """Give what the auditor finds wrong."""
    return [one.what for one in digest_faults(notice)]


def test_a_digest_is_beside_what_is_owed() -> None:
    """No revision owes a digest, and one that holds its notices whole has no fault."""
    assert is_beside(letter())
    assert faults(letter()) == []


def test_more_than_the_notices_is_a_leak() -> None:
    """A key of its own, in a notice, or another object's notice is found."""
    made = letter()
    one = made.payload["notices"][0]
    more = {**made.payload, "evidence": "x"}
    inner = {**made.payload, "notices": [{**one, "payload": {**one["payload"], "user": "x"}}]}
    other = {**made.payload, "notices": [{**one, "payload": {**one["payload"], "object": "KZ-2"}}]}
    for payload in (more, inner, other):
        assert faults(replace(made, payload=payload)) == ["leak"]


def test_what_the_guard_holds_must_not_leave_in_a_digest() -> None:
    """A digest is never cut down: under a stricter guard it stays."""
    made = replace(letter(), guard=GuardDecision("stub", ""))
    assert faults(replace(made, state=NoticeState.SENT)) == ["sent_while_held"]
    assert faults(replace(made, state=NoticeState.HELD)) == []
