"""Messages of the topics as documents of the store: what each of them has to be written as."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from connectors.stores.elasticsearch.bulk import Action
from connectors.stores.elasticsearch.documents import Documents
from connectors.stores.kafka.topics import (
    Failed,
    Posted,
    Told,
    Topics,
    Unread,
    unpack_audit,
    unpack_events,
    unpack_failures,
    unpack_notice,
    unpack_outcome,
)
from pipeline.model import NANOSECONDS, Failure, FailureCode, Notice

INDEXED = ("events", "outcomes", "notices", "audit", "failures")
_CODES = {"broken": FailureCode.CORRUPT, "oversized": FailureCode.OVERSIZED}
_MILLISECOND = NANOSECONDS // 1000


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a topic: where it stands, when it was sent (milliseconds), what it holds."""

    topic: str
    partition: int
    offset: int
    sent: int
    key: bytes
    value: bytes | None

    @property
    def place(self) -> str:
        """Where it stands, as dead letters name it."""
        return f"{self.topic}/{self.partition}/{self.offset}"


class NewerMessage(Exception):
    """A message of a version that this process does not know: it waits for a newer process."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """Gives the actions of a message; what cannot be read becomes a dead letter of the message."""

    documents: Documents
    topics: Topics
    _named: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Know every topic by its full name."""
        self._named.update({self.topics(name): name for name in INDEXED})

    def __call__(self, message: Message) -> Sequence[Action]:
        """Give what the message is to be written as; NewerMessage where it must wait."""
        try:
            return list(self._actions(message))
        except ValueError as error:
            return self._unread(message, Unread("broken", str(error)))

    def _actions(self, message: Message) -> Iterator[Action]:
        read = _READ[self._named[message.topic]](message.value)
        if isinstance(read, Unread):
            if read.code == "newer":
                raise NewerMessage(f"{message.place}: {read.detail}")
            yield from self._unread(message, read)
        elif isinstance(read, Posted):
            return  # time and words for the notifier: nothing that is kept
        elif isinstance(read, bytes):
            yield from self.documents.events(read)
        elif isinstance(read, Told):
            yield from self.documents.findings(read.findings)
            yield from self.documents.incidents(read.incidents)
            yield from self.documents.made(read.notices)
        elif isinstance(read, Failed):
            yield from self.documents.failures(read.failures, read.place)
        elif isinstance(read, Notice):
            yield self.documents.standing(read)
        elif isinstance(read, tuple):
            yield from self.documents.entries(read)

    def _unread(self, message: Message, why: Unread) -> list[Action]:
        failure = Failure(
            batch_id=message.place,
            index=0,
            object_id="",
            source_id="",
            stage="index",
            code=_CODES[why.code],
            detail=f"a message of {message.topic} {why.detail}"[:500],
            received_at=message.sent * _MILLISECOND,
        )
        return list(self.documents.failures([failure], message.place))


_READ: dict[str, Callable[[bytes | None], object]] = {
    "events": unpack_events,
    "outcomes": unpack_outcome,
    "notices": unpack_notice,
    "audit": unpack_audit,
    "failures": unpack_failures,
}
