"""What may wait for a recipient's digest, until when, and which of it makes one letter."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import GuardDecision, Notice, NoticeState, Receipt, Recipient, instant
from pipeline.notify import notices_for
from pipeline.notify.digests import (
    ALONE,
    DIGEST,
    GATHERED,
    MOST,
    DigestWriter,
    Patience,
    Together,
    Waiting,
    inside,
    next_letter,
    together,
    told_within,
)
from pipeline.notify.payload import read_payload, stub_of
from pipeline.notify.spoken import Spoken
from pipeline.registry import Names, Party, make_registry
from pipeline.registry.parties import DigestWish
from tests.notify.made import BASE, MINUTE, desk, incident, registry, words

HOUR = 60 * MINUTE
NAURYZ = {date(2026, 3, 21), date(2026, 3, 22), date(2026, 3, 23)}
WRITER = DigestWriter("OCIB-1", words())


def rests(day: date) -> bool:
    """Rest on Saturdays, Sundays and the spring holidays."""
    return day.weekday() > 4 or day in NAURYZ


def wish(**more: Any) -> DigestWish:
    """Make a wish: office hours in Almaty, on the hour."""
    return DigestWish.model_validate({"zone": "Asia/Almaty", "hours": "09:00-18:00", **more})


def patience(wished: DigestWish, *, channel: str = "email") -> Patience:
    """Know one party, which wishes digests."""
    names = Names(kk="Энерго", ru="Энерго")
    ways = ({"channel": channel, "address": "a@b.kz"},)
    party = Party.model_validate(
        {"id": "energo", "names": names, "channels": ways, "digest": wished}
    )
    return Patience(make_registry((), [party]), rests, frozenset({"ncc"}))


PAYLOAD = notices_for(incident(), None, registry(), desk())[0].payload


def update(number: int, at: int, term: int = 4 * HOUR, **changes: Any) -> Notice:
    """Make an update to the holder, told apart by a number."""
    name = f"{number:032x}"
    made = Notice(
        id=f"{number + 1000:032x}",
        incident_id=name,
        revision=2,
        leg="update",
        ordinal=2,
        recipient=Recipient("holder", "energo"),
        channel="email",
        language="ru",
        created_at=at,
        due_at=at + term,
        basis="policy",
        set_by="policy",
        guard=GuardDecision("open", ""),
        payload={**PAYLOAD, "incident_id": name},
        object_id="station",
        kind="update",
    )
    return replace(made, **changes)


@pytest.mark.parametrize(
    ("now", "wanted", "more"),
    [
        ("2026-03-02T10:20:00+05:00", "2026-03-02T11:00:00+05:00", {}),
        ("2026-03-02T11:00:00+05:00", "2026-03-02T11:00:00+05:00", {}),
        ("2026-03-02T07:59:59+05:00", "2026-03-02T09:00:00+05:00", {}),
        ("2026-03-02T17:40:00+05:00", "2026-03-02T18:00:00+05:00", {}),
        ("2026-03-02T18:00:01+05:00", "2026-03-03T09:00:00+05:00", {}),
        ("2026-03-06T18:30:00+05:00", "2026-03-07T09:00:00+05:00", {}),
        ("2026-03-06T18:30:00+05:00", "2026-03-09T09:00:00+05:00", {"business_days": True}),
        ("2026-03-20T19:00:00+05:00", "2026-03-24T09:00:00+05:00", {"business_days": True}),
        ("2026-03-02T17:10:00+05:00", "2026-03-03T09:00:00+05:00", {"every": "4h"}),
        ("2026-03-02T23:50:00+05:00", "2026-03-03T00:00:00+05:00", {"hours": "00:00-24:00"}),
        # Clocks go forward in Berlin on 29 March 2026: nine o'clock is an hour sooner.
        ("2026-03-28T20:00:00+01:00", "2026-03-29T09:00:00+02:00", {"zone": "Europe/Berlin"}),
    ],
)
def test_letters_leave_at_instants_of_the_recipients_clock(
    now: str, wanted: str, more: dict[str, Any]
) -> None:
    """The next letter is on the recipient's grid of hours, on a day that it works."""
    assert next_letter(wish(**more), instant(now), rests) == instant(wanted)


@given(
    at=st.integers(BASE, BASE + 400 * 24 * HOUR),
    term=st.integers(0, 40 * 24 * 60).map(lambda minutes: minutes * MINUTE),
    every=st.sampled_from(["5m", "30m", "60m", "7h", "24h"]),
    hours=st.sampled_from(["00:00-24:00", "09:00-18:00", "23:30-23:59"]),
    business=st.booleans(),
    group=st.sampled_from(["object", "incident", "none"]),
)
def test_nothing_is_made_late(
    at: int, term: int, every: str, hours: str, business: bool, group: str
) -> None:
    """Whatever is wished, a letter leaves before the notice is due, and so does it by itself."""
    asked = patience(wish(every=every, hours=hours, business_days=business, group_by=group))
    notice = update(1, at, term)
    waiting = asked.waiting(notice)
    kept = asked(notice)
    if waiting is None:
        assert kept == notice
        return
    assert at < waiting.leave <= notice.due_at - GATHERED
    assert waiting.leave <= waiting.alone <= notice.due_at - ALONE
    assert kept == replace(notice, next_attempt_at=waiting.alone)


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "first"},
        {"kind": "correction"},
        {"kind": "reminder"},
        {"kind": "page"},
        {"channel": "ncc"},
        {"channel": "webhook"},
        {"channel": "sealed"},
        {"state": NoticeState.HELD},
        {"guard": GuardDecision("stub", "")},
        {"payload": stub_of(PAYLOAD)},
        {"recipient": Recipient("ncc", "energo")},
        {"recipient": Recipient("holder", "nobody")},
        {"due_at": BASE + 10 * MINUTE},
    ],
    ids=str,
)
def test_what_never_waits(changes: dict[str, Any]) -> None:
    """First notices, corrections, machines' lines, the centre's line, stubs: all go at once."""
    notice = update(1, BASE + MINUTE)
    assert patience(wish()).waiting(notice) is not None
    assert patience(wish()).waiting(replace(notice, **changes)) is None


def test_the_folder_is_gathered_too() -> None:
    """What people collect from a folder is put together as what they read by e-mail."""
    asked = patience(wish(), channel="folder")
    assert asked.waiting(update(1, BASE + MINUTE, channel="folder")) is not None


def waits(number: int, at: int, leave: int) -> Waiting:
    """Make something that waits."""
    return Waiting(f"{number:04}", "station", "i", "holder", "energo", "email", at, leave, 10**9)


_WAITING = st.lists(
    st.tuples(st.integers(0, 200), st.integers(1, 60)), min_size=1, max_size=80
).map(lambda ones: [waits(n, at, at + wait) for n, (at, wait) in enumerate(sorted(ones))])


def stepped(waiting: Sequence[Waiting], ticks: Sequence[int]) -> list[Together]:
    """Let time pass tick by tick: what was made by then is known, what left is gone."""
    gone: set[str] = set()
    found: list[Together] = []
    for now in ticks:
        here = [one for one in waiting if one.created_at <= now and one.id not in gone]
        for letter in together(here, now):
            gone |= {one.id for one in letter.notices}
            found.append(letter)
    return found


@given(waiting=_WAITING, ticks=st.sets(st.integers(0, 300)))
def test_letters_do_not_depend_on_who_looked_when(waiting: list[Waiting], ticks: set[int]) -> None:
    """Any ticks, one scheduler's or two's, give the same letters; nothing is lost or told twice."""
    often = stepped(waiting, range(301))
    assert stepped(waiting, sorted({*ticks, 300})) == often
    told = [one.id for letter in often for one in letter.notices]
    assert sorted(told) == [one.id for one in waiting]
    for letter in often:
        assert len(letter.notices) <= MOST
        assert letter.at == min(one.leave for one in letter.notices)
        assert all(one.created_at <= letter.at for one in letter.notices)


def test_a_letter_is_of_one_incident_where_that_is_wished() -> None:
    """Grouped by incident, two incidents of one object make two letters; by object, one."""
    notices = [update(n, BASE + n * MINUTE) for n in range(1, 4)]
    for group, letters in (("object", 1), ("incident", 3), ("none", 3)):
        asked = patience(wish(group_by=group))
        waiting = [one for one in map(asked.waiting, notices) if one is not None]
        assert len(together(waiting, BASE + 9 * HOUR)) == letters


@pytest.mark.parametrize(
    ("language", "count", "subject"),
    [
        ("ru", 2, "Сводка: 2 уведомления по объекту KZ-EN-1"),
        ("ru", 5, "Сводка: 5 уведомлений по объекту KZ-EN-1"),
        ("ru", 21, "Сводка: 21 уведомление по объекту KZ-EN-1"),
        ("kk", 2, "Жинақ хат: KZ-EN-1 бойынша 2 хабарлама"),
        ("en", 2, "Digest: 2 notices of KZ-EN-1"),
    ],
)
def test_a_digest_holds_its_notices_whole(language: str, count: int, subject: str) -> None:
    """Its text has every notice in the recipient's language, its payload each one's own."""
    notices = [update(n, BASE + n) for n in range(count)]
    made = WRITER(notices, wish(language=language), BASE + HOUR)
    assert made is not None
    assert read_payload(made.payload)
    assert inside(made) == tuple(one.id for one in notices)
    assert [one["payload"] for one in made.payload["notices"]] == [one.payload for one in notices]
    said, text = Spoken(words())(made, False)
    assert said == subject
    assert text.count(notices[0].payload["text"][0]["subject"]) in (0, count)
    assert (made.due_at, made.kind, made.language) == (notices[0].due_at, DIGEST, language)
    assert stub_of(made.payload) is None, "a digest is not cut: its notices go by themselves"


def test_a_digests_id_is_its_notices() -> None:
    """The same notices give the same letter, others another."""
    two = [update(1, BASE), update(2, BASE + 1)]
    first, again = WRITER(two, wish(), BASE + HOUR), WRITER(two, wish(), BASE + HOUR)
    other = WRITER([two[0], update(3, BASE + 1)], wish(), BASE + HOUR)
    assert first is not None
    assert other is not None
    assert first == again
    assert first.id != other.id


def test_a_notice_is_told_by_the_digests_own_receipt() -> None:
    """Its receipt is of the digest's kind and time, under its own id, and names the digest."""
    notice = update(1, BASE)
    made = WRITER([notice, update(2, BASE)], wish(), BASE + HOUR)
    assert made is not None
    assert told_within(notice, made) is None
    receipt = Receipt(made.id, "holder:energo", BASE + HOUR, {"kind": "relayed", "sha256": "ab"})
    told = told_within(notice, replace(made, state=NoticeState.SENT, receipt=receipt))
    assert told is not None
    assert told.receipt is not None
    assert (told.state, told.receipt.notice_id) == (NoticeState.SENT, notice.id)
    assert told.receipt.body == {"kind": "relayed", "within": made.id, "letter": "ab"}
