"""The audit trail and its checkpoints as notifiers told them: the order that nobody changes.

What is told again after a kill stands in the topic twice.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack

from connectors.stores.kafka.frames import Unread
from connectors.stores.kafka.reading import Read, Reading
from connectors.stores.kafka.topics import Topics, unpack_audit, unpack_checkpoint
from pipeline.errors import StoreCorrupt, StoreError
from pipeline.model import AuditEntry
from pipeline.model.checkpoint import Checkpoint
from pipeline.settings import ClusterSettings

_EACH = 1 << 16  # places of one message's entries


class KafkaTrail:
    """Reads both topics, of one partition each; for one thread. StoreError where none answers.

    A mark names the place of an entry: its message's, and its own within it, counted from 1.
    """

    def __init__(self, settings: ClusterSettings, topics: Topics) -> None:
        self._audit, self._checkpoints = topics("audit"), topics("checkpoints")
        self._stack = ExitStack()
        self._reading = self._stack.enter_context(Reading(settings))
        self._known: dict[int, Checkpoint] = {}
        self._read = 0

    def entries(self, after: int) -> Iterator[tuple[int, AuditEntry]]:
        """Give the entries behind a mark, each with its own, as they were told."""
        for message in self._messages(self._audit, after // _EACH):
            found = unpack_audit(message.value)
            if isinstance(found, Unread):
                raise _unread(self._audit, message, found)
            for number, entry in enumerate(found, message.offset * _EACH + 1):
                if number > after:
                    yield number, entry

    def checkpoints(self, after: int, limit: int) -> Sequence[Checkpoint]:
        """Give up to ``limit`` checkpoints behind a number, in order."""
        for message in self._messages(self._checkpoints, self._read):
            found = unpack_checkpoint(message.value)
            if isinstance(found, Unread):
                raise _unread(self._checkpoints, message, found)
            self._known[found.number] = found
            self._read = message.offset + 1
        return [self._known[number] for number in sorted(self._known) if number > after][:limit]

    def close(self) -> None:
        """Let go of the connection; safe to call twice."""
        self._stack.close()

    def _messages(self, topic: str, begin: int) -> Iterator[Read]:
        ((first, end),) = self._reading.bounds(topic)
        return self._reading.messages(topic, [max(first, begin)], [end])


def _unread(topic: str, message: Read, why: Unread) -> StoreError:
    place = f"{topic}/{message.partition}/{message.offset} {why.detail}"
    if why.code == "newer":
        return StoreError(f"{place}: upgrade this auditor")
    return StoreCorrupt(f"{place}: the audit trail is damaged there; see the brokers' disks")
