"""Deliveries of a partition begin with it and end with it."""

import threading
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry

from connectors.stores.partition_rows import OrderedMemory
from connectors.stores.partition_stores import open_partition
from pipeline.model import Notice, NoticeState, Receipt
from pipeline.notify import Backoff, Courier
from pipeline.runtime.clocks import SystemClock
from pipeline.runtime.cluster.notifying_lanes import Deliveries
from pipeline.runtime.dispatch import Dispatcher
from pipeline.runtime.telemetry import Prometheus
from tests.notify.made import notice


@dataclass
class Slow:
    """A channel whose other end answers when it is let."""

    asked: threading.Event = field(default_factory=threading.Event)
    let: threading.Event = field(default_factory=threading.Event)
    sent: list[str] = field(default_factory=list)
    channel: str = "memory"

    def deliver(self, notice: Notice, now: int) -> Receipt:
        """Take a notice, and answer when it is let."""
        self.sent.append(notice.id)
        self.asked.set()
        assert self.let.wait(10)
        return Receipt(notice.id, "ncc", now, {"kind": "receipt"})

    def close(self) -> None:
        """Let go of nothing."""


def test_what_is_on_its_way_is_recorded_and_nothing_more_begun() -> None:
    """A partition that is given up waits for answers within its bound, and not for ever."""
    held, slow = open_partition(OrderedMemory(), lambda _writes: None), Slow()
    broke: list[BaseException] = []
    dispatcher = Dispatcher(
        stores=held.stores,
        courier=Courier({"memory": slow}, Backoff(0.05, 1.0, 9, 9)),
        clock=SystemClock(),
        telemetry=Prometheus(CollectorRegistry()),
    )
    deliveries = Deliveries(dispatcher, held.outbox, broke.append)
    held.database.committed = deliveries.wake
    deliveries.start()
    held.stores.outbox.put([notice(1)])
    assert slow.asked.wait(10)
    deliveries.halt()
    held.stores.outbox.put([notice(2)])
    assert not deliveries.stop(0.1)
    slow.let.set()
    assert deliveries.stop(10)
    states = {one.id: one.state for one in held.stores.outbox.list()}
    first, second = notice(1).id, notice(2).id
    assert states == {first: NoticeState.ACKNOWLEDGED, second: NoticeState.PENDING}
    assert (slow.sent, broke) == ([first], [])


def test_what_breaks_a_lane_is_told() -> None:
    """A lane that cannot write its outcome tells whoever ends the process."""
    held, slow = open_partition(OrderedMemory(), lambda _writes: None), Slow()
    slow.let.set()
    told = threading.Event()
    dispatcher = Dispatcher(
        stores=held.stores,
        courier=Courier({"memory": slow}, Backoff(0.05, 1.0, 9, 9)),
        clock=SystemClock(),
        telemetry=Prometheus(CollectorRegistry()),
    )
    deliveries = Deliveries(dispatcher, held.outbox, lambda _error: told.set())
    deliveries.start()
    held.database.close()
    assert told.wait(10)
    deliveries.stop(10)
