"""What people do with notices: replays, releases and receipts by hand, as journalled commands."""

from collections.abc import Callable

import pytest

from connectors.sinks.letter import letter, sha256
from connectors.stores.memory import open_memory
from pipeline.incidents.audit import Draft
from pipeline.model import (
    Command,
    GuardDecision,
    Json,
    Notice,
    NoticeState,
    Receipt,
    Recipient,
    Tried,
    rfc3339,
    to_json,
)
from pipeline.notify import Backoff, Courier
from pipeline.ports import Stores
from pipeline.runtime.redelivering import (
    RECEIPTS,
    RECEIVE,
    RELEASE,
    REPLAY,
    SEALED,
    Redelivering,
)
from tests.notify.made import BASE, notice

WHY = "the line was mended"
DEAD = notice(
    1, state=NoticeState.DEAD, attempts=3, tried=Tried(first_at=BASE, rejected=3, why=("rejected",))
)
HELD = notice(2, state=NoticeState.HELD, guard=GuardDecision("hold", "kz-349-I/14"))


def done(
    asked: Command, *held: Notice, guard: str = "open"
) -> tuple[Stores, list[Draft], Callable[[int], Notice]]:
    stores = open_memory()
    stores.outbox.put(held)
    obeyed = Redelivering(stores.outbox, lambda *_: GuardDecision(guard, "kz-349-I/16"))
    drafts = obeyed(to_json(asked), BASE + 9)
    assert drafts is not None

    def now(number: int) -> Notice:
        found = stores.outbox.get(held[number].id)
        assert found is not None
        return found

    return stores, drafts, now


def asked(name: str, role: str = "duty_lead", **detail: object) -> Command:
    return Command(name, role, "a.serik", WHY, BASE, dict(detail))


def test_a_replay_keeps_the_attempts_and_forgives_them() -> None:
    """A dead notice is due at once under the same id, and it may be tried as often again."""
    _, drafts, now = done(asked(REPLAY, notices=[DEAD.id]), DEAD)
    back = now(0)
    assert (back.state, back.attempts, back.next_attempt_at) == (NoticeState.PENDING, 3, BASE + 9)
    assert (back.tried.forgiven, back.tried.rejected, back.tried.why) == (3, 0, ("rejected",))
    assert [draft.kind for draft in drafts] == ["notice", "notices_replayed"]
    assert drafts[0].actor == "duty_lead/a.serik"
    assert drafts[0].detail["reason"] == WHY
    tried = Courier({}, Backoff(attempts=2)).attempt(back, BASE + 9)
    assert (tried.state, tried.attempts) == (NoticeState.FAILED, 4)


def test_a_channel_is_replayed_as_a_whole() -> None:
    """All that is dead of a channel goes on its way, and nothing else."""
    other = notice(3, state=NoticeState.DEAD, channel="email")
    _, drafts, now = done(asked(REPLAY, channel="memory"), DEAD, other, HELD)
    assert [now(one).state.value for one in range(3)] == ["pending", "dead", "held"]
    assert drafts[-1].detail["notices"] == [DEAD.id]


@pytest.mark.parametrize(
    ("guard", "state", "decided"),
    [("open", "pending", "stub"), ("stub", "pending", "stub"), ("hold", "held", "hold")],
)
def test_a_release_lets_out_no_more_than_the_guard(guard: str, state: str, decided: str) -> None:
    """What was held leaves as a stub where the guard lets it out now; else it stays."""
    _, drafts, now = done(asked(RELEASE, notices=[HELD.id]), HELD, guard=guard)
    assert (now(0).state.value, now(0).guard.decision) == (state, decided)
    assert drafts[-1].kind == ("command_refused" if guard == "hold" else "notices_released")
    if guard == "hold":
        assert drafts[-1].detail["problems"] == [
            f"{HELD.id}: the guard still holds it: kz-349-I/16"
        ]


def test_a_release_invents_no_recipient() -> None:
    """A notice that the registry has nobody for is not freed: its party is registered first."""
    nobody = notice(
        4, state=NoticeState.HELD, guard=GuardDecision("open", ""),
        recipient=Recipient("holder", ""), last_error="the registry names nobody as holder",
    )  # fmt: skip
    _, drafts, now = done(asked(RELEASE, notices=[nobody.id]), nobody)
    assert now(0).state is NoticeState.HELD
    assert "register the party first" in drafts[-1].detail["problems"][0]


def receipt(of: Notice, **changes: object) -> Json:
    said = {
        "notice_id": of.id,
        "sha256": sha256(letter(of)),
        "receiver": "NCC",
        "received_at": rfc3339(BASE),
        "jws": "a.b.c",
    }
    return {**said, **changes}


def test_a_receipt_by_hand_closes_a_notice() -> None:
    """A receipt for the letter acknowledges its notice, once; one for another content does not."""
    sent = notice(5, state=NoticeState.SENT)
    _, _, now = done(asked(RECEIPTS, receipts=[receipt(sent)]), sent)
    kept = now(0).receipt
    assert now(0).state is NoticeState.ACKNOWLEDGED
    assert kept is not None
    assert (kept.recipient, kept.received_at) == ("NCC", BASE)
    for wrong in (receipt(sent, sha256="0" * 64), receipt(DEAD)):
        _, drafts, now = done(asked(RECEIPTS, receipts=[wrong]), sent)
        assert now(0) == sent
        assert drafts[-1].kind == "command_refused"


def received(of: Notice, party: str = "", **more: object) -> Command:
    return asked(RECEIVE, "owner", notices=[of.id], party=party or of.recipient.party_id, **more)


def test_a_recipient_acknowledges_what_it_read() -> None:
    """The word of the party to which a notice went is its receipt, of the text that was shown."""
    sent = notice(5, state=NoticeState.SENT)
    _, drafts, now = done(received(sent), sent)
    kept = now(0).receipt
    assert now(0).state is NoticeState.ACKNOWLEDGED
    assert kept is not None
    assert (kept.recipient, kept.received_at) == (sent.recipient.party_id, BASE + 9)
    word = kept.body["acknowledged"]
    assert (word["by"], word["at"]) == ("a.serik", rfc3339(BASE + 9))
    assert word["sha256"] == sha256(letter(sent))
    assert [draft.kind for draft in drafts] == ["notice", "notices_received"]
    assert {draft.actor for draft in drafts} == {"owner/a.serik"}


def test_reading_late_makes_no_term_late() -> None:
    """What the channel proved keeps its time; the recipient's word stands beside it."""
    proved = Receipt(notice(5).id, "folder", BASE + 1, {"kind": "spooled"})
    _, _, now = done(received(notice(5)), notice(5, state=NoticeState.SENT, receipt=proved))
    kept = now(0).receipt
    assert kept is not None
    assert (kept.recipient, kept.received_at) == ("folder", BASE + 1)
    assert kept.body.keys() == {"kind", "acknowledged"}


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(received(notice(5), "party-b"), id="another party"),
        pytest.param(asked(RECEIVE, "owner", notices=[notice(5).id], party=""), id="no party"),
        pytest.param(asked(RECEIVE, "owner", notices=[notice(5).id]), id="says no party"),
        pytest.param(asked(RECEIVE, notices=[notice(5).id], party="x"), id="not the recipient"),
        pytest.param(received(HELD), id="held"),
        pytest.param(received(notice(5), more=1), id="unknown keys"),
    ],
)
def test_nobody_else_acknowledges(command: Command) -> None:
    """Another party, another role and a notice that never left: refused, and nothing changes."""
    sent = notice(5, state=NoticeState.SENT)
    _, drafts, now = done(command, sent, HELD)
    assert [draft.kind for draft in drafts] == ["command_refused"]
    assert (now(0), now(1)) == (sent, HELD)


def test_a_sealed_file_is_told_and_changes_nothing() -> None:
    """Who sealed what into which file is in the trail; the notice waits for its line as before."""
    waits = notice(6)
    file = {"party": "ncc", "number": 1, "name": "00000001-x.jwe", "sha256": "0" * 64}
    _, drafts, now = done(asked(SEALED, notices=[waits.id], file=file), waits)
    assert now(0) == waits
    assert (drafts[-1].kind, drafts[-1].detail["file"]) == ("notices_sealed", file)


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(asked(REPLAY, "analyst", notices=[DEAD.id]), id="not cleared"),
        pytest.param(asked(RELEASE, "administrator", notices=[HELD.id]), id="no content for them"),
        pytest.param(asked(REPLAY), id="names nothing"),
        pytest.param(asked(REPLAY, notices=[DEAD.id], channel="ncc"), id="names both"),
        pytest.param(asked(REPLAY, notices=[]), id="an empty list"),
        pytest.param(asked(REPLAY, notices=["x"] * 501), id="too many"),
        pytest.param(asked(REPLAY, notices=[7]), id="no ids"),
        pytest.param(asked(REPLAY, notices=[DEAD.id], more=1), id="unknown keys"),
        pytest.param(asked(REPLAY, notices=[HELD.id]), id="not dead"),
        pytest.param(asked(REPLAY, notices=["0" * 32]), id="unknown"),
        pytest.param(asked(REPLAY, channel=7), id="no channel"),
        pytest.param(asked(RECEIPTS, receipts=[{"notice_id": DEAD.id}]), id="no receipt"),
        pytest.param(asked(SEALED, notices=[DEAD.id], file={}), id="no file"),
        pytest.param(asked(RELEASE, notices=[DEAD.id]), id="not held"),
    ],
)
def test_what_cannot_be_obeyed_changes_nothing(command: Command) -> None:
    """Such a command is refused with its reasons, and every notice stands as it stood."""
    _, drafts, now = done(command, DEAD, HELD)
    assert [draft.kind for draft in drafts] == ["command_refused"]
    assert drafts[0].detail["problems"]
    assert (now(0), now(1)) == (DEAD, HELD)


@pytest.mark.parametrize("record", [b"", b"{}", to_json(asked("silence_add"))])
def test_other_commands_are_left_to_others(record: bytes) -> None:
    """What is no command about notices is none of ours."""
    assert (
        Redelivering(open_memory().outbox, lambda *_: GuardDecision("open", ""))(record, 1) is None
    )
