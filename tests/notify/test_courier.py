"""One attempt after another, until the receipt or the dead letters."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sinks.memory import MemorySink
from pipeline.errors import DeliveryDelayed, DeliveryError, DeliveryRefused
from pipeline.model import NANOSECONDS, GuardDecision, Notice, NoticeState, Receipt
from pipeline.notify import Backoff, Courier, notices_for
from tests.notify.made import BASE, DUTY, NCC, assessment, desk, incident, notice, registry

BACKOFF = Backoff(first_seconds=2, most_seconds=60, attempts=3)


@dataclass(slots=True)
class ScriptedSink:
    """A channel that fails as its script says, then delivers into memory."""

    script: list[DeliveryError | Callable[[Receipt], Receipt]] = field(default_factory=list)
    channel: str = "memory"
    memory: MemorySink = field(default_factory=MemorySink)

    def deliver(self, notice: Notice, now: int) -> Receipt:
        """Do what the script says next."""
        step = self.script.pop(0) if self.script else None
        if isinstance(step, DeliveryError):
            raise step
        receipt = self.memory.deliver(notice, now)
        return step(receipt) if step else receipt

    def close(self) -> None:
        """Close what is behind."""
        self.memory.close()


def courier(*script: DeliveryError | Callable[[Receipt], Receipt]) -> tuple[Courier, ScriptedSink]:
    sink = ScriptedSink(list(script))
    return Courier({"memory": sink}, BACKOFF), sink


def spooled(receipt: Receipt) -> Receipt:
    return replace(receipt, body={"kind": "spooled"})


def of_another(receipt: Receipt) -> Receipt:
    return replace(receipt, notice_id="f" * 32)


def doubled(receipt: Receipt) -> Receipt:
    return replace(receipt, duplicate=True)


DELAYED, REFUSED = DeliveryDelayed("is down"), DeliveryRefused("said nonsense")


@pytest.mark.parametrize(
    ("script", "states"),
    [
        pytest.param([], ["acknowledged"], id="at once"),
        pytest.param([doubled], ["acknowledged"], id="a duplicate's answer counts"),
        pytest.param([spooled], ["sent"], id="a spool confirms nothing"),
        pytest.param([DELAYED], ["pending", "acknowledged"], id="down once"),
        pytest.param([REFUSED], ["failed", "acknowledged"], id="nonsense once"),
        pytest.param([of_another], ["failed", "acknowledged"], id="another's receipt"),
        pytest.param([DELAYED, REFUSED], ["pending", "failed", "acknowledged"], id="both"),
        pytest.param([DELAYED] * 3, ["pending", "pending", "dead"], id="down for good"),
        pytest.param([REFUSED] * 3, ["failed", "failed", "dead"], id="refused for good"),
    ],
)
def test_attempts_lead_to_a_receipt_or_the_dead_letters(
    script: list[DeliveryError | Callable[[Receipt], Receipt]], states: list[str]
) -> None:
    """Delays and refusals are tried again until the attempts are spent; receipts end it."""
    carry, _ = courier(*script)
    current = notice()
    seen: list[str] = []
    while len(seen) < len(states):
        current = carry.attempt(current, BASE)
        seen.append(current.state.value)
    assert seen == states
    assert current.attempts == len(states)


@pytest.mark.parametrize("state", ["held", "sent", "acknowledged", "dead"])
def test_what_is_not_due_is_not_sent(state: str) -> None:
    """What is held, done or dead comes back untouched, and no channel sees it."""
    carry, sink = courier()
    at_rest = notice(state=NoticeState(state))
    assert carry.attempt(at_rest, BASE) == at_rest
    assert sink.memory.letters == {}


def test_a_delay_waits_and_a_refusal_waits_longest() -> None:
    """The next attempt after a delay follows the backoff, after a refusal the cap."""
    delayed = courier(DELAYED)[0].attempt(notice(), BASE)
    refused = courier(REFUSED)[0].attempt(notice(), BASE)
    assert NANOSECONDS <= delayed.next_attempt_at - BASE <= 2 * NANOSECONDS
    assert 30 * NANOSECONDS <= refused.next_attempt_at - BASE <= 60 * NANOSECONDS
    assert (delayed.last_error, refused.last_error) == ("is down", "said nonsense")


def test_a_receipt_clears_the_error() -> None:
    """An acknowledged notice keeps its receipt and no error."""
    carry, _ = courier(DELAYED)
    done = carry.attempt(carry.attempt(notice(), BASE), BASE + NANOSECONDS)
    assert done.last_error == ""
    assert done.receipt is not None
    assert done.receipt.received_at == BASE + NANOSECONDS


def test_a_missing_channel_is_told() -> None:
    """A notice for a channel that is not set up fails with the channels that are."""
    lost = courier()[0].attempt(notice(channel="pigeon"), BASE)
    assert (lost.state, lost.last_error) == (
        NoticeState.FAILED,
        "no channel 'pigeon' is set up; there are: memory",
    )


@given(st.text(max_size=2000))
def test_errors_stay_short_and_printable(said: str) -> None:
    """Whatever a recipient answered, the kept error is one bounded line without controls."""
    failed = courier(DeliveryRefused(said))[0].attempt(notice(), BASE)
    assert len(failed.last_error) <= 500
    assert all(char.isprintable() for char in failed.last_error)


def guarded(decision: str, asked: Notice) -> tuple[Notice, MemorySink]:
    sink = MemorySink(channel=asked.channel)
    carry = Courier({asked.channel: sink}, BACKOFF, lambda *_: GuardDecision(decision, "again"))
    return carry.attempt(asked, BASE), sink


def detailed(role: str = "ncc") -> Notice:
    leg = DUTY if role == "duty_officer" else NCC
    [made] = notices_for(incident(assessment(route=(leg,))), None, registry(), desk())
    return made


def test_the_second_guard_can_hold() -> None:
    """A hold before the channel keeps the notice back, unsent and visible."""
    held, sink = guarded("hold", detailed())
    assert (held.state, held.guard.rule, held.attempts) == (NoticeState.HELD, "again", 0)
    assert sink.letters == {}


@pytest.mark.parametrize(
    ("role", "decision"), [("ncc", "stub"), ("duty_officer", "hold"), ("duty_officer", "stub")]
)
def test_the_second_guard_can_cut_to_the_stub(role: str, decision: str) -> None:
    """A stub decision before the channel sends the stub, and so is the duty officer paged."""
    sent, sink = guarded(decision, detailed(role))
    assert sent.state is NoticeState.ACKNOWLEDGED
    assert set(sent.payload) == {
        "incident_id", "object", "class", "time", "severity", "details_available"
    }  # fmt: skip
    assert b"predicate" not in sink.letters[sent.id]


def test_the_second_guard_never_opens() -> None:
    """A guard that now says open does not free what was decided to be a stub."""
    sent, _ = guarded("open", notice())
    assert sent.guard.decision == "stub"
    assert sent.payload["details_available"] is False


def test_a_payload_outside_its_schema_leaves_as_a_stub() -> None:
    """A key that no schema lists does not leave, whoever put it there."""
    made = detailed()
    sent, sink = guarded("open", replace(made, payload={**made.payload, "user": "aigul"}))
    assert sent.state is NoticeState.ACKNOWLEDGED
    assert (sent.guard.decision, "user" in sent.guard.rule) == ("stub", True)
    assert b"aigul" not in sink.letters[made.id]


def test_what_is_not_even_a_stub_is_held() -> None:
    """A payload that cannot be cut down to the stub stays."""
    held, sink = guarded("open", replace(detailed(), payload={"user": "aigul"}))
    assert (held.state, sink.letters) == (NoticeState.HELD, {})
