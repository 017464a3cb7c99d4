"""Deliveries of one partition: a thread for each lane, from its assignment to its loss."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import structlog

from connectors.stores.partition_outbox import PartitionOutbox
from pipeline.runtime.dispatch import Dispatcher, Lane

IDLE_SECONDS = 0.25  # after which a lane looks for what is due again, where no commit wakes it
log = structlog.get_logger("saqshy.notifier")


@dataclass(slots=True)
class Deliveries:
    """Runs the lanes of a dispatcher; ``broke`` is told of the error that ended one."""

    dispatcher: Dispatcher
    outbox: PartitionOutbox
    broke: Callable[[BaseException], None]
    _stopping: threading.Event = field(default_factory=threading.Event)
    _posted: list[threading.Event] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Begin to deliver through every channel that is set up, or that notices wait for."""
        for channel in sorted({*self.dispatcher.courier.sinks, *self.outbox.channels()}):
            for name, urgent in (("first", True), ("other", False)):
                lane = self.dispatcher.lane(channel, urgent=urgent)
                posted = threading.Event()
                self._posted.append(posted)
                run = partial(self._run, lane, posted)
                name = f"dispatch-{channel}-{name}"  # noqa: PLW2901
                self._threads.append(threading.Thread(target=run, name=name, daemon=True))
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Tell the lanes that there may be something to deliver."""
        for posted in self._posted:
            posted.set()

    def halt(self) -> None:
        """Begin nothing more."""
        self._stopping.set()
        self.wake()

    def stop(self, seconds: float) -> bool:
        """Record what is on its way; False where that takes longer."""
        self.halt()
        end = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        late = [thread.name for thread in self._threads if thread.is_alive()]
        if late:
            log.warning("deliveries.late", lanes=late)
        return not late

    def _run(self, lane: Lane, posted: threading.Event) -> None:
        try:
            while not self._stopping.is_set():
                posted.clear()
                if not lane.step(self._stopping.is_set) and not lane.busy:
                    posted.wait(IDLE_SECONDS)
            lane.close()
        except BaseException as error:  # noqa: BLE001 (whatever broke a lane ends the process)
            if not self._stopping.is_set():
                self.broke(error)
            else:
                log.warning("deliveries.unrecorded", error=type(error).__name__)
