"""Digests through outbox, ticks and deliveries: never late or lost, the same by any scheduler."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.stores.memory import open_memory
from pipeline.audit import Allowance
from pipeline.audit.deliveries import Delivery
from pipeline.audit.digests import digest_faults
from pipeline.model import BatchKind, GuardDecision, Notice, NoticeState, RawBatch, Receipt
from pipeline.notify.digests import DIGEST, Digests, inside
from pipeline.ports import Stores
from pipeline.runtime.chainer import audited
from pipeline.runtime.digesting import Digesting, within
from pipeline.runtime.dispatch import attempt_draft
from pipeline.runtime.folded import Folded
from pipeline.runtime.notice_drafts import notice_draft
from tests.notify.made import BASE, MINUTE
from tests.notify.test_digests import WRITER, patience, update, wish

HOUR = 60 * MINUTE
OPEN = GuardDecision("open", "")
LEFT = (NoticeState.SENT, NoticeState.ACKNOWLEDGED)


@dataclass
class Desk:
    """An outbox with digests over it; ``down`` are minutes in which the line takes nothing."""

    digests: Digests
    down: frozenset[int] = frozenset()
    guard: GuardDecision = OPEN
    stores: Stores = field(default_factory=open_memory)
    left: dict[str, int] = field(default_factory=dict)

    def make(self, notice: Notice) -> None:
        """Have a notice made, as the engine's transaction keeps it."""
        kept = self.digests.patience(notice)
        self._keep(Folded(notices=[kept]), notice.created_at)

    def tick(self, at: int) -> None:
        """Let a scheduler look."""
        batch = RawBatch(f"t{at}", "", "clock", 1, 0, at, at, "", (), kind=BatchKind.CLOCK)
        made = Digesting(self.stores).tick(self.digests, lambda _object, _at: self.guard, batch)
        self._keep(made, at)

    def deliver(self, at: int) -> None:
        """Attempt what is due."""
        if (at - BASE) // MINUTE in self.down:
            return
        while due := self.stores.outbox.due(at, 100):
            for one in due:
                receipt = Receipt(one.id, "holder:energo", at, {"kind": "relayed"})
                after = replace(
                    one, state=NoticeState.SENT, attempts=one.attempts + 1, receipt=receipt
                )
                with self.stores.database.transaction():
                    audited(self.stores.audit, [attempt_draft(one, after, at)])
                    assert self.stores.outbox.change(one, after)
                    audited(self.stores.audit, within(self.stores.outbox, after, at))
                self.left.setdefault(one.id, at)
                for name in inside(one):
                    stands = self.stores.outbox.get(name)
                    if stands is not None and stands.state in LEFT:
                        self.left.setdefault(name, at)

    def _keep(self, folded: Folded, at: int) -> None:
        with self.stores.database.transaction():
            self.stores.outbox.put(folded.notices)
            audited(self.stores.audit, [notice_draft(one, at) for one in folded.notices])
            Digesting(self.stores).follow(self.digests, [folded])

    def notices(self, kind: str) -> list[Notice]:
        """Give the notices of a kind."""
        return [one for one in self.stores.outbox.list() if one.kind == kind]


def desk(**more: object) -> Desk:
    """Make a desk whose one recipient wishes digests."""
    return Desk(Digests(patience(wish(**more)), WRITER))


@dataclass(frozen=True)
class Plan:
    """Notices by minute, term (minutes), kind and incident."""

    made: tuple[tuple[int, int, str, int], ...]

    def notices(self) -> list[Notice]:
        """Write them."""
        found = []
        for number, (minute, term, kind, incident) in enumerate(sorted(self.made)):
            at = BASE + minute * MINUTE + number
            name = f"{incident:032x}"
            notice = update(number, at, term * MINUTE, kind=kind, leg=kind, revision=number + 1)
            payload = {**notice.payload, "incident_id": name}
            found.append(replace(notice, incident_id=name, payload=payload))
        return found


PLANS = st.builds(
    Plan,
    st.lists(
        st.tuples(
            st.integers(0, 120),
            st.sampled_from([0, 12, 60, 240]),
            st.sampled_from(["first", "update", "update", "final", "correction"]),
            st.integers(0, 3),
        ),
        min_size=1,
        max_size=12,
    ).map(tuple),
)


MINUTES = range(0, 400, 2)


def lived(here: Desk, plan: Plan, ticks: Mapping[int, int]) -> Desk:
    """Let hours pass: notices are made, schedulers tick so many times, the line delivers."""
    waiting = plan.notices()
    for minute in MINUTES:
        now = BASE + minute * MINUTE
        while waiting and waiting[0].created_at < now:
            here.make(waiting.pop(0))
        for _ in range(ticks.get(minute, 1)):
            here.tick(now)
        here.deliver(now)
    return here


@settings(max_examples=25)
@given(
    plan=PLANS,
    group=st.sampled_from(["object", "incident", "none"]),
    asleep=st.sets(st.sampled_from(MINUTES)).map(lambda ones: dict.fromkeys(ones, 0)),
)
def test_nothing_is_late_lost_or_told_in_another_order(
    plan: Plan, group: str, asleep: dict[int, int]
) -> None:
    """However the scheduler sleeps, each notice leaves in time and in order, a first at once."""
    here = lived(desk(group_by=group), plan, asleep)
    for kind in ("first", "update", "final", "correction"):
        for one in here.notices(kind):
            assert one.state is NoticeState.SENT
            at = here.left[one.id]
            assert at <= max(one.due_at, one.created_at + 2 * MINUTE)
            if kind in ("first", "correction"):
                assert at <= one.created_at + 2 * MINUTE
    by_incident: dict[str, list[Notice]] = {}
    for one in here.stores.outbox.list():
        if one.kind != DIGEST:
            by_incident.setdefault(one.incident_id, []).append(one)
    for ones in by_incident.values():
        told = [here.left[one.id] for one in sorted(ones, key=lambda one: one.revision)]
        assert told == sorted(told)


@settings(max_examples=15)
@given(plan=PLANS, twice=st.sets(st.sampled_from(MINUTES)).map(lambda ones: dict.fromkeys(ones, 2)))
def test_two_schedulers_make_the_letters_of_one(plan: Plan, twice: dict[int, int]) -> None:
    """Ticks of a second scheduler change no letter: ids, contents and members are the same."""
    one, two = lived(desk(), plan, {}), lived(desk(), plan, twice)
    assert list(two.stores.outbox.list()) == list(one.stores.outbox.list())


@settings(max_examples=15)
@given(plan=PLANS, down=st.tuples(st.integers(0, 200), st.integers(1, 150)))
def test_a_line_that_is_down_loses_nothing(plan: Plan, down: tuple[int, int]) -> None:
    """After an outage every notice is told, by itself where its letter came too late."""
    here = desk()
    here.down = frozenset(range(down[0], down[0] + down[1]))
    lived(here, plan, {})
    assert {one.state for one in here.stores.outbox.list()} == {NoticeState.SENT}


def test_a_letter_meets_the_duties_of_its_notices() -> None:
    """Three updates leave as one letter; each has its receipt, its audit entry and no attempt."""
    here = desk()
    for number in range(1, 4):
        here.make(update(number, BASE + number * MINUTE))
    here.tick(BASE + HOUR)
    here.deliver(BASE + HOUR)
    (letter,) = here.notices(DIGEST)
    told = here.notices("update")
    assert inside(letter) == tuple(one.id for one in told)
    assert {one.state for one in told} == {NoticeState.SENT}
    for one in told:
        entries = [each for each in here.stores.audit.read() if each.subject == one.id]
        assert [each.detail["state"] for each in entries] == ["pending", "sent"]
        assert entries[-1].detail["receipt"]["within"] == letter.id
        assert list(Delivery(one, entries).faults(Allowance(at_once=MINUTE, skew=MINUTE))) == []
    assert list(digest_faults(letter)) == []


def test_one_alone_goes_by_itself() -> None:
    """What is alone when its letter would leave goes as the notice that it is."""
    here = desk()
    here.make(update(1, BASE + MINUTE))
    here.deliver(BASE + 59 * MINUTE)
    assert here.left == {}
    here.tick(BASE + HOUR)
    here.deliver(BASE + HOUR)
    assert here.notices(DIGEST) == []
    assert list(here.left.values()) == [BASE + HOUR]


def test_a_correction_takes_what_waits_along() -> None:
    """What must go at once does not stand behind a notice of its incident that waits."""
    here = desk()
    here.make(update(1, BASE + MINUTE))
    other = update(2, BASE + MINUTE)
    here.make(other)
    name = update(1, 0).incident_id
    here.make(update(3, BASE + 2 * MINUTE, 0, kind="correction", incident_id=name, revision=3))
    here.deliver(BASE + 2 * MINUTE)
    assert set(here.left) == {update(1, 0).id, update(3, 0).id}


def test_the_guard_is_asked_when_the_letter_is_made() -> None:
    """Where an object may not be told of any more no letter is made: the guard decides on each."""
    here = desk()
    for number in range(1, 3):
        here.make(update(number, BASE + number * MINUTE))
    here.guard = GuardDecision("hold", "attestation expired")
    here.tick(BASE + HOUR)
    assert here.notices(DIGEST) == []
    assert {one.next_attempt_at for one in here.notices("update")} == {BASE + HOUR}
