"""faust's consumer, made to lose nothing where partitions change hands.

faust-streaming 0.15.3 with aiokafka 0.14.0 lets messages pass unread in three ways:

- What was fetched while partitions change hands is dropped, and then sought back to what was
  committed: a partition of which nothing was committed yet stays where it is, behind it.
- A message that a stream skips, because it is of an assignment that is over, counts as
  acknowledged, so that a commit passes by it.
- Where state had to be recovered, streams are read already when they are told once more to go on,
  and their queues are emptied by that. What was in them is noted as read, and never comes again.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from faust.transport.drivers.aiokafka import (
    AIOKafkaConsumerThread,
    Consumer,
    Transport,
    ensure_aiokafka_TP,
)
from faust.types import TP, Message
from mode.utils.queues import FlowControlEvent


class WholeFlow(FlowControlEvent):
    """What holds streams back; their queues are emptied where it did, not where they are read."""

    def resume(self) -> None:
        """Let streams go on, without what was queued before; nothing where they do already."""
        if not self.is_active():
            super().resume()


class WholeThread(AIOKafkaConsumerThread):
    """The thread that fetches: without a commit a partition is read from its beginning."""

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek each partition to what was committed, or to its beginning; give the former."""
        committed: Mapping[TP, int] = await super().seek_to_committed()
        changelogs = self.app.tables.changelog_topics  # these are sought by what the state holds
        fresh = [tp for tp, at in committed.items() if not at and tp.topic not in changelogs]
        if fresh:
            await self.seek_to_beginning(*fresh)
        return committed

    async def committed(self, place: TP) -> int:
        """Give what the group committed of a partition; 0 where nothing is."""
        asked = self._ensure_consumer().committed
        return int(await self.call_thread(asked, ensure_aiokafka_TP(place)) or 0)


class WholeConsumer(Consumer):
    """A consumer that commits only what was worked on under the present assignment."""

    def _new_consumer_thread(self) -> AIOKafkaConsumerThread:
        return WholeThread(self, loop=self.loop, beacon=self.beacon)

    async def committed(self, place: TP) -> int:
        """Give what the group committed of a partition, as the brokers have it; 0 for nothing."""
        thread: Any = self._thread
        found: int = await thread.committed(place)
        return found

    async def _commit_tps(self, tps: Iterable[TP], start_new_transaction: bool) -> bool:
        """Commit partitions, each from where the brokers have it.

        What an answer that came late, of an assignment that is over, says of a partition is noted
        for that which holds; faust then waits for ever for what lies between.
        """
        tps = list(tps)
        for tp in tps:
            noted = self._committed_offset[tp]
            if noted and self._acked[tp] and min(self._acked[tp]) - noted > 1:
                self._committed_offset[tp] = await self.committed(tp) or None
        done: bool = await super()._commit_tps(tps, start_new_transaction)
        return done

    def ack(self, message: Message) -> bool:
        """Note a message as done, unless it was skipped, or is another's by now: it comes again."""
        present = message.generation_id == self.app.consumer_generation_id
        if present and self.app.flow_control.is_active():
            done: bool = super().ack(message)
            return done
        message.acked = True
        self._unacked_messages.discard(message)
        return False


class WholeTransport(Transport):
    """faust's transport with such a consumer."""

    Consumer: ClassVar[Any] = WholeConsumer
