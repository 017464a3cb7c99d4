"""Due notices to sinks: one attempt at a time, each outcome committed with its audit entry."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from pipeline.model import Notice, NoticeState
from pipeline.notify import Courier
from pipeline.ports import Clock, Stores, Telemetry
from pipeline.runtime.chain import notice_draft
from pipeline.runtime.chainer import audited

AT_ONCE = 8
log = structlog.get_logger("saqshy.dispatch")


def _unwatched(notice: Notice) -> None:
    """Watch nothing."""


@dataclass(slots=True)
class Dispatcher:
    """Delivers what is due. A kill between sending and recording sends once more, the same id."""

    stores: Stores
    courier: Courier
    clock: Clock
    telemetry: Telemetry
    watch: Callable[[Notice], None] = _unwatched

    @property
    def channels(self) -> tuple[str, ...]:
        """Give the channels that are set up, and those that notices still wait for."""
        waiting = {NoticeState.PENDING, NoticeState.FAILED}
        asked = {one.channel for one in self.stores.outbox.list() if one.state in waiting}
        return tuple(sorted({*self.courier.sinks, *asked}))

    def run_due(
        self, channel: str | None = None, stopping: Callable[[], bool] = lambda: False
    ) -> int:
        """Attempt what is due, through one channel or all; give how many attempts were made.

        A few at once, so that a first notice that comes meanwhile does not wait for a long queue.
        """
        notices = self.stores.outbox.due(self.clock.now(), AT_ONCE, channel)
        made = 0
        for notice in notices:
            if stopping():
                break
            started = time.perf_counter()
            log.debug("send.begin", notice=notice.id)
            attempted = self.courier.attempt(notice, self.clock.now())
            log.debug("receipt.begin", notice=notice.id)
            with self.stores.database.transaction():
                self.stores.outbox.put([attempted])
                audited(self.stores.audit, [notice_draft(attempted, self.clock.now())])
            log.debug("receipt.end", notice=notice.id)
            elapsed = time.perf_counter() - started
            self.telemetry.delivery(notice.channel, _outcome(attempted), elapsed)
            self.watch(attempted)
            made += 1
        return made


def _outcome(notice: Notice) -> str:
    if notice.state in {NoticeState.ACKNOWLEDGED, NoticeState.SENT}:
        return notice.state.value
    return "refused" if notice.state in {NoticeState.FAILED, NoticeState.DEAD} else "delayed"
