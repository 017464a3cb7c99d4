"""Delivery as a whole: order, lanes, breakers, limits, dead letters, faults of time and process."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sinks.memory import MemorySink
from connectors.stores.memory import open_memory
from connectors.stores.sqlite import open_sqlite
from pipeline.errors import DeliveryDelayed, DeliveryRefused, DeliveryRejected, StoreFull
from pipeline.incidents.audit import verify
from pipeline.model import NANOSECONDS, Notice, NoticeState, Receipt, Recipient
from pipeline.notify import Backoff, Breaker, Courier, Late, Limit
from pipeline.notify.undelivered import Undelivered
from pipeline.ports import Sink, Stores
from pipeline.runtime.dispatch import Dispatcher
from pipeline.runtime.gates import Gates
from pipeline.runtime.lines import broken_lines
from pipeline.runtime.telemetry import Silent
from tests.notify.made import BASE, notice, words

SECOND = NANOSECONDS
DAY = 86_400 * SECOND
DUTY = Recipient("duty_officer", "duty")


@dataclass
class Hands:
    """A clock that a test sets."""

    at: int = BASE

    def now(self) -> int:
        """Give the time that was set."""
        return self.at

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.at += int(seconds * SECOND)


@dataclass
class Line:
    """A channel that does to each notice what a test says, then delivers into memory."""

    does: Callable[[Notice], None] = lambda _: None
    channel: str = "memory"
    memory: MemorySink = field(default_factory=MemorySink)
    seen: list[str] = field(default_factory=list)

    def deliver(self, notice: Notice, now: int) -> Receipt:
        """Do what the test says, then keep."""
        self.seen.append(notice.id)
        self.does(notice)
        return self.memory.deliver(notice, now)

    def close(self) -> None:
        """Keep everything."""


def down(_: Notice) -> None:
    raise DeliveryDelayed("is down")


@pytest.fixture(params=["memory", "sqlite"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    """Each implementation, empty."""
    opened = open_memory() if request.param == "memory" else open_sqlite(tmp_path / "saqshy.db")
    yield opened
    opened.database.close()


def dispatcher(
    stores: Stores, *lines: Sink, clock: Hands | None = None, owner: str = "one", **more: object
) -> Dispatcher:
    backoff = Backoff(first_seconds=2, most_seconds=60, attempts=50, rejections=3)
    courier = Courier({line.channel: line for line in lines}, backoff)
    courier = replace(courier, **{k: v for k, v in more.items() if k in ("ways", "patience")})  # type: ignore[arg-type]
    pages = Undelivered("OCIB-1", words())
    return Dispatcher(
        stores, courier, clock or Hands(), Silent(), owner=owner,
        gates=Gates(Breaker(failures=3), Limit(a_minute=60, burst=10), hands=4),
        page=lambda dead, at: pages(dead, DUTY, "memory", at),
    )  # fmt: skip


def run_until(made: Dispatcher, clock: Hands, end: int, step: int = SECOND) -> None:
    while clock.at < end:
        while made.run_due():
            pass
        clock.at += step


def line_of(*legs: str, incident: int = 1, to: str = "ncc") -> list[Notice]:
    """Make the notices of one incident to one recipient, one a revision."""
    made = []
    for revision, leg in enumerate(legs, 1):
        one = notice(100 * incident + revision, leg=leg, kind=leg, revision=revision)
        subject = f"{incident:032x}"
        made.append(
            replace(
                one, incident_id=subject, recipient=Recipient("ncc", to),
                created_at=BASE + revision, payload={**one.payload, "incident_id": subject},
            )
        )  # fmt: skip
    return made


def states(stores: Stores) -> dict[str, str]:
    return {one.id: one.state.value for one in stores.outbox.list()}


def test_what_is_due_is_delivered_and_audited(stores: Stores) -> None:
    """Each notice comes once, its receipt is kept, and the chain holds with who, how and when."""
    line = Line()
    stores.outbox.put([notice(number) for number in range(1, 21)])
    made = dispatcher(stores, line)
    while made.run_due():
        pass
    assert sorted(line.seen) == sorted(states(stores))
    assert set(states(stores).values()) == {"acknowledged"}
    entries = list(stores.audit.read("station"))
    assert (len(entries), verify(entries)) == (20, [])
    assert entries[0].detail["channel"] == "memory"
    assert {one.detail["attempts"] for one in entries} == {1}


def test_the_order_of_a_line_is_kept_through_days_of_silence(stores: Stores) -> None:
    """A receiver that is down for days gets everything, in order, with the proof that it was tried.

    Nothing is lost, nothing comes twice, and the breaker keeps attempts few.
    """
    clock, line = Hands(), Line(down)
    sent = [*line_of("first", "update", "final"), *line_of("first", "correction", incident=2)]
    stores.outbox.put(sent)
    made = dispatcher(stores, line, clock=clock)
    made.courier = replace(made.courier, backoff=Backoff(2, 300, 100_000, 3))
    run_until(made, clock, BASE + 3 * DAY, step=1800 * SECOND)
    assert line.memory.letters == {}
    assert len(line.seen) < 400
    assert set(states(stores).values()) == {"pending"}
    assert list(broken_lines(made.gates, clock.now()))
    line.does = lambda _: None
    line.seen.clear()
    run_until(made, clock, clock.at + 3600 * SECOND, step=60 * SECOND)
    assert set(states(stores).values()) == {"acknowledged"}
    assert [one for one in line.seen if one in {n.id for n in sent[:3]}] == [n.id for n in sent[:3]]
    assert [one for one in line.seen if one in {n.id for n in sent[3:]}] == [n.id for n in sent[3:]]
    assert list(broken_lines(made.gates, clock.now())) == []
    late = Late.model_validate_json(line.memory.late[sent[0].id])
    entries = [one for one in stores.audit.read("station") if one.subject == sent[0].id]
    assert (late.first_attempt_at, late.why) == (BASE, ("unreachable",))
    assert late.attempts == len(entries) > 2
    assert late.proof == entries[-2].hash


def test_one_rejected_notice_does_not_block_the_country(stores: Stores) -> None:
    """A notice that its recipient rejects stops its own line alone, and only until it is dead."""
    poison = line_of("first", "update", incident=1)
    others = [*line_of("first", "update", incident=2), *line_of("first", incident=3, to="bank")]

    def rejects(one: Notice) -> None:
        if one.id == poison[0].id:
            raise DeliveryRejected("400: no")

    clock, line = Hands(), Line(rejects)
    stores.outbox.put([*poison, *others])
    made = dispatcher(stores, line, clock=clock)
    while made.run_due():
        pass
    done = states(stores)
    assert {done[one.id] for one in others} == {"acknowledged"}
    assert (done[poison[0].id], done[poison[1].id]) == ("failed", "pending")
    assert list(broken_lines(made.gates, clock.now())) == []
    run_until(made, clock, BASE + 600 * SECOND, step=10 * SECOND)
    done = states(stores)
    assert (done[poison[0].id], done[poison[1].id]) == ("dead", "acknowledged")


def test_the_dead_page_once(stores: Stores) -> None:
    """A dead notice pages the duty officer once, without its content, and a dead page nobody."""

    def rejects(one: Notice) -> None:
        if one.leg != "undelivered":
            raise DeliveryRejected("400: no")

    clock, line = Hands(), Line(rejects)
    stores.outbox.put([notice()])
    made = dispatcher(stores, line, clock=clock)
    run_until(made, clock, BASE + 600 * SECOND, step=10 * SECOND)
    dead = stores.outbox.get(notice().id)
    assert dead is not None
    assert (dead.state, dead.attempts, dead.tried.why) == (NoticeState.DEAD, 3, ("rejected",))
    [page] = [one for one in stores.outbox.list() if one.leg == "undelivered"]
    assert (page.recipient, page.state) == (DUTY, NoticeState.ACKNOWLEDGED)
    assert page.payload["notice"] == dead.id
    assert "leak" not in str(page.payload)
    assert made.page(replace(page, state=NoticeState.DEAD), BASE) is None


def test_a_slow_update_holds_up_no_first_notice(stores: Stores) -> None:
    """First notices have a lane of their own: they leave while all other hands are stuck."""
    stuck, free = threading.Event(), threading.Event()

    def slow(one: Notice) -> None:
        if one.leg == "update":
            stuck.set()
            assert free.wait(20)

    line = Line(slow)
    stores.outbox.put([notice(number, leg="update", kind="update") for number in range(1, 9)])
    made = dispatcher(stores, line)
    updates = made.lane("memory", urgent=False)
    updates.step(lambda: False)
    assert stuck.wait(20)
    stores.outbox.put([notice(99)])
    firsts = made.lane("memory", urgent=True)
    while not firsts.step(lambda: False):
        pass
    assert states(stores)[notice(99).id] == "acknowledged"
    free.set()
    for lane in (updates, firsts):
        lane.close()


def test_a_slow_party_leaves_a_hand_for_the_others(stores: Stores) -> None:
    """However many notices wait for a slow recipient, another's leaves beside them."""
    free = threading.Event()

    def slow(one: Notice) -> None:
        if one.recipient.party_id == "ncc":
            assert free.wait(20)

    stores.outbox.put([notice(number) for number in range(1, 9)])
    made = dispatcher(stores, Line(slow))
    lane = made.lane("memory", urgent=True)
    lane.step(lambda: False)
    stores.outbox.put([notice(50, recipient=Recipient("holder", "bank"), created_at=BASE + 9)])
    for _ in range(200):
        if lane.step(lambda: False):
            break
    done = states(stores)
    free.set()
    lane.close()
    assert done[notice(50, recipient=Recipient("holder", "bank")).id] == "acknowledged"


def test_an_open_line_is_knocked_at_by_first_notices_alone(stores: Stores) -> None:
    """Updates wait untried while a line is open; a first notice knocks, once in a probe's time."""
    clock, line = Hands(), Line(down)
    made = dispatcher(stores, line, clock=clock)
    for number in (1, 2, 3):
        made.attempt(notice(number))
    line.seen.clear()
    updates = [notice(number, leg="update", kind="update") for number in range(10, 14)]
    stores.outbox.put([*updates, *(notice(number) for number in range(20, 40))])
    assert made.run_due() == 1
    assert [one in {u.id for u in updates} for one in line.seen] == [False]
    clock.at += SECOND
    made.run_due()
    assert len(line.seen) == 2
    untried = [stores.outbox.get(one.id) for one in updates]
    assert [one.attempts for one in untried if one] == [0, 0, 0, 0]


def test_limits_do_not_touch_first_notices(stores: Stores) -> None:
    """A recipient gets so many notices in a while; first notices are beside that."""
    clock, line = Hands(), Line()
    updates = [notice(number, leg="update", kind="update") for number in range(1, 31)]
    firsts = [notice(number) for number in range(50, 80)]
    stores.outbox.put([*updates, *firsts])
    made = dispatcher(stores, line, clock=clock)
    for _ in range(40):
        made.run_due()
    done = states(stores)
    assert {done[one.id] for one in firsts} == {"acknowledged"}
    assert sum(done[one.id] == "acknowledged" for one in updates) == 10
    run_until(made, clock, BASE + 30 * SECOND)
    assert set(states(stores).values()) == {"acknowledged"}


# -- Time --------------------------------------------------------------------------------------


@pytest.mark.parametrize("jump", [DAY, -DAY], ids=["a day ahead", "a day back"])
def test_a_jump_of_the_clock_loses_nothing_and_storms_nobody(stores: Stores, jump: int) -> None:
    """After a jump of a day what waited is tried again, a few at once, and delivered."""
    clock, line = Hands(), Line(down)
    stores.outbox.put([notice(number) for number in range(1, 31)])
    made = dispatcher(stores, line, clock=clock)
    run_until(made, clock, BASE + 20 * SECOND)
    clock.at += jump
    line.seen.clear()
    run_until(made, clock, clock.at + 5 * SECOND)
    assert 1 <= len(line.seen) <= 30
    line.does = lambda _: None
    run_until(made, clock, clock.at + 120 * SECOND)
    assert set(states(stores).values()) == {"acknowledged"}
    assert len(line.memory.letters) == 30


def test_another_channel_is_taken_when_the_first_is_down_for_long(stores: Stores) -> None:
    """After a bounded time the next channel carries the same notice; attempts of both are kept."""
    clock, first, second = Hands(), Line(down), Line(channel="other")
    stores.outbox.put([notice()])
    made = dispatcher(
        stores, first, second, clock=clock, patience=60 * SECOND,
        ways=lambda _: ("memory", "absent", "other"),
    )  # fmt: skip
    run_until(made, clock, BASE + 300 * SECOND)
    [done] = stores.outbox.list()
    assert (done.state, done.channel) == (NoticeState.ACKNOWLEDGED, "other")
    channels = [one.detail["channel"] for one in stores.audit.read("station")]
    assert channels == ["memory"] * (len(channels) - 1) + ["other"]
    assert set(second.memory.letters) == {notice().id}
    first.memory.deliver(done, clock.now())  # its late answer is for the same notice and letter
    assert first.memory.letters == second.memory.letters


# -- Processes ---------------------------------------------------------------------------------


def test_two_notifiers_by_mistake_send_once(stores: Stores) -> None:
    """What one has claimed the other leaves alone, and together they send each notice once."""
    line = Line()
    stores.outbox.put([notice(number) for number in range(1, 61)])
    both = [dispatcher(stores, line, owner=owner) for owner in ("one", "two")]

    def work(made: Dispatcher) -> None:
        while made.run_due():
            pass

    threads = [threading.Thread(target=work, args=(made,)) for made in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(line.seen) == len(set(line.seen)) == 60
    assert set(states(stores).values()) == {"acknowledged"}
    assert verify(stores.audit.read()) == []


def test_what_a_dead_notifier_claimed_goes_out_again_and_is_counted(stores: Stores) -> None:
    """A kill between sending and recording sends again under the same id after the lease."""
    clock, line = Hands(), Line()
    stores.outbox.put([notice()])
    killed = dispatcher(stores, line, clock=clock, owner="killed")
    lane = killed.lane()
    lane._take()
    lane.hands.run(20)
    lane.hands.close()
    made = dispatcher(stores, line, clock=clock, owner="next")
    assert made.run_due() == 0
    clock.at += 301 * SECOND
    assert made.run_due() == 1
    [done] = stores.outbox.list()
    assert (done.state, done.tried.unrecorded) == (NoticeState.ACKNOWLEDGED, 1)
    assert done.receipt is not None
    assert done.receipt.duplicate
    assert line.seen == [notice().id] * 2
    counted = made.telemetry
    assert isinstance(counted, Silent)
    assert counted.value("saqshy_delivery_repeated_total", "memory") == 1


def test_whose_word_comes_second_undoes_nothing(stores: Stores) -> None:
    """Of two notifiers that had one notice a receipt wins over a failure, whoever is first."""
    for order in ("receipt first", "failure first"):
        one = notice(len(order))
        stores.outbox.put([one])
        good, bad = dispatcher(stores, Line()), dispatcher(stores, Line(down))
        done = [good.attempt(one), bad.attempt(one)]
        for made in done if order == "receipt first" else reversed(done):
            good.record([made])
        stands = stores.outbox.get(one.id)
        assert stands is not None
        assert stands.state is NoticeState.ACKNOWLEDGED
        assert stands.receipt is not None


def test_a_full_store_sends_nothing_twice(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    """An outcome that the store does not take is offered to it again, and not sent again."""
    line = Line()
    stores.outbox.put([notice()])
    made = dispatcher(stores, line)
    lane = made.lane()
    full = [True]
    real = stores.audit.append

    def append(entries: object) -> None:
        if full[0]:
            raise StoreFull("no room")
        real(entries)  # type: ignore[arg-type]

    monkeypatch.setattr(stores.audit, "append", append)
    for _ in range(3):
        with pytest.raises(StoreFull):
            lane.step(lambda: False)
    full[0] = False
    assert lane.step(lambda: False) == 1
    lane.close()
    assert line.seen == [notice().id]
    assert states(stores) == {notice().id: "acknowledged"}


# -- Lies --------------------------------------------------------------------------------------


@dataclass
class Liar:
    """A channel whose receipts are another notice's, and then honest."""

    lies: int
    channel: str = "memory"
    memory: MemorySink = field(default_factory=MemorySink)

    def deliver(self, notice: Notice, now: int) -> Receipt:
        """Keep, and lie about it."""
        receipt = self.memory.deliver(notice, now)
        self.lies -= 1
        return replace(receipt, notice_id="f" * 32) if self.lies >= 0 else receipt

    def close(self) -> None:
        """Keep everything."""


def test_lies_close_nothing(stores: Stores) -> None:
    """A receipt for another notice proves nothing: the notice goes out again."""
    clock = Hands()
    stores.outbox.put([notice()])
    made = dispatcher(stores, Liar(2), clock=clock)
    made.run_due()
    assert states(stores) == {notice().id: "failed"}
    run_until(made, clock, BASE + 300 * SECOND, step=5 * SECOND)
    [done] = stores.outbox.list()
    assert (done.state, done.attempts, done.tried.why) == (
        NoticeState.ACKNOWLEDGED, 3, ("answer",)
    )  # fmt: skip


REFUSALS = {"down": DeliveryDelayed, "refused": DeliveryRefused, "rejected": DeliveryRejected}


@dataclass
class Trouble:
    """What happens at each delivery, as a script says."""

    script: list[str]
    clock: Hands
    killed: bool = False

    def __call__(self, _: Notice) -> None:
        """Let the next of it happen."""
        fault = self.script.pop(0) if self.script else ""
        self.clock.at += {"ahead": DAY, "back": -DAY}.get(fault, 0)
        self.killed = self.killed or fault == "killed"
        if fault in REFUSALS:
            raise REFUSALS[fault](fault)


@given(
    faults=st.lists(
        st.sampled_from(["", "", "down", "refused", "rejected", "killed", "ahead", "back"]),
        max_size=25,
    ),
    shape=st.lists(st.integers(1, 3), min_size=1, max_size=4),
)
def test_nothing_is_lost_or_reordered(faults: list[str], shape: list[int]) -> None:
    """Whatever happens, each notice is delivered or dead in the end, and each line in its order."""
    stores, clock = open_memory(), Hands()
    trouble = Trouble(list(faults), clock)
    line = Line(trouble)
    sent = [
        one
        for incident, legs in enumerate(shape, 1)
        for one in line_of(*("first", "update", "final")[:legs], incident=incident)
    ]
    stores.outbox.put(sent)
    made = dispatcher(stores, line, clock=clock)
    made.gates.hands = 1
    for _ in range(400):
        lane = made.lane()
        lane._take()
        lane.hands.run(20)
        done = lane.hands.outcomes()
        lane.hands.close()
        if trouble.killed:
            trouble.killed = False  # what was sent is not recorded: the next life begins
            made = replace(made, owner=f"life at {len(line.seen)}", gates=Gates(hands=1))
            clock.at += 301 * SECOND
            continue
        if done:
            made.record(done)
        if not {"pending", "failed"} & set(states(stores).values()):
            break
        clock.at += 30 * SECOND
    ended = states(stores)
    assert {ended[one.id] for one in sent} <= {"acknowledged", "dead"}
    first_seen = list(dict.fromkeys(line.seen))
    for incident in range(1, len(shape) + 1):
        of = [one.id for one in sent if one.incident_id == f"{incident:032x}"]
        assert [one for one in first_seen if one in of] == of
    assert verify(stores.audit.read()) == []
