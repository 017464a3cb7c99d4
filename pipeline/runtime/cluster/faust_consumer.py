"""faust's consumer, made to lose nothing where partitions change hands.

Two things of faust-streaming 0.15.3 with aiokafka 0.14.0 let messages pass unread. What was fetched
while partitions change hands is dropped, and then sought back to what was committed: a partition of
which nothing was committed yet stays where it is, behind what was dropped. And a message that a
stream skips, because it is of an assignment that is over, counts as acknowledged, so that a commit
passes by it.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport
from faust.types import TP, Message


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


class WholeConsumer(Consumer):
    """A consumer that commits only what was worked on under the present assignment."""

    def _new_consumer_thread(self) -> AIOKafkaConsumerThread:
        return WholeThread(self, loop=self.loop, beacon=self.beacon)

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
