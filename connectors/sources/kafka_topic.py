"""Topics of others: messages with one record or many, committed once they are durable here.

Where the source stands is kept twice. What is journalled bears the places of all partitions, so
that after a kill nothing is stored twice; the group's offsets at the broker follow when records are
acknowledged, so that other members of the group, and tools, know them.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import Any, BinaryIO, Protocol, TypeAlias

from kafka import OffsetAndMetadata, TopicPartition
from kafka.errors import KafkaError

from connectors.sources.kafka_client import make_consumer, resume_joining
from connectors.sources.kafka_place import Place, Places, places_of
from connectors.sources.kafka_trouble import TroubleLog
from pipeline.errors import SourceError
from pipeline.model import RecordNote
from pipeline.ports import Delivery
from pipeline.settings import KafkaSettings, ListenerSettings

MOST_BYTES = 8 * 1024 * 1024  # of one delivery
MOST_MESSAGES = 5_000  # of one fetch
LONGEST_WAIT = 30.0  # seconds between two attempts to connect
CLOSE_MILLISECONDS = 3_000
CONFIRM_SECONDS = 2.0  # until offsets that the broker did not confirm are told again
_MAYBE_MORE = frozenset(b"[ \t\r\n\xef\xfe\xff\x1f\x28\xfdE")  # maybe an array, packed, a file


class CutRecord(Protocol):
    """What a splitter gives; see ``pipeline.normalize.framing.Framed``."""

    @property
    def data(self) -> bytes:
        """The record's exact bytes."""

    @property
    def note_kind(self) -> str:
        """What kept the record from being whole, or ""."""

    @property
    def note_detail(self) -> str:
        """The note in words."""

    @property
    def preamble(self) -> bytes:
        """The header over the record, or b""."""


Splitter: TypeAlias = Callable[[BinaryIO], Iterator[CutRecord]]


@dataclass(slots=True)
class _Message:
    """One message: its records from ``given`` on are still to be handed over."""

    offset: int
    value: bytes
    given: int = 0
    records: list[CutRecord] | None = None


@dataclass(frozen=True, slots=True)
class _Whole:
    """A message that is one record."""

    data: bytes
    note_kind: str = ""
    note_detail: str = ""
    preamble: bytes = b""


@dataclass(slots=True)
class _Fetched:
    partition: TopicPartition
    messages: deque[_Message]


class KafkaTopic:
    """Reads topics as a member of a consumer group; not polled, it fetches nothing.

    ``split`` cuts a message into records. While no broker answers ``poll`` gives nothing, tries
    again ever more slowly, and ``troubles`` says why. ``clock`` gives seconds.
    """

    def __init__(
        self,
        listener: ListenerSettings,
        settings: KafkaSettings,
        split: Splitter,
        record_bytes: int = 1024 * 1024,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = listener.name
        self.dropped = 0  # what is not fetched waits at the broker
        self._settings = settings
        self._format = listener.format
        self._split = split
        self._record_bytes = record_bytes
        self._clock = clock
        self._log = TroubleLog(clock)
        self._consumer: Any = None
        self._open = False
        self._ending = False
        self._wait = 0.0
        self._again = 0.0
        self._stop = threading.Event()
        self._journalled = Places()  # as of the last delivery given
        self._next: dict[TopicPartition, Place] = {}  # of what is assigned
        self._fetched: deque[_Fetched] = deque()
        self._given: dict[int, tuple[Delivery, TopicPartition, int]] = {}
        self._paused: dict[str, float] = {}
        self._due: dict[TopicPartition, int] = {}  # offsets that the broker has not confirmed
        self._told_at = 0.0

    def open(self, resume: str) -> None:
        """Start behind ``resume``; SourceError where it is no position. Connects with ``poll``."""
        self._journalled = places_of(self.name, resume)
        self._open, self._ending = True, False
        self._stop.clear()
        self._wait = self._again = 0.0
        self._log.attach()

    def poll(self, limit: int, timeout: float) -> Delivery | None:
        """Give up to ``limit`` records of one partition, the partitions in turn."""
        if not self._open:
            raise SourceError(f"{self.name}: is not open; open it before polling")
        if self._due and self._clock() - self._told_at >= CONFIRM_SECONDS:
            self._commit()
        if not self._fetched and not self._ending:
            self._fetch(timeout)
        return self._delivery(limit) if self._fetched else None

    def acknowledge(self, delivery: Delivery) -> None:
        """Commit at the broker what is durable here; what it does not confirm is told again.

        What another member of the group reads now is told when it comes back to this one.
        """
        _, partition, offset = self._given.pop(id(delivery), (delivery, None, 0))
        if partition is not None:
            self._due[partition] = offset
            self._commit()

    def _commit(self) -> None:
        self._told_at = self._clock()
        told = {
            one: OffsetAndMetadata(offset, "", -1)
            for one, offset in self._due.items()
            if one in self._next
        }
        if not told or self._consumer is None:
            return
        with suppress(KafkaError):  # the places in the journal count; the broker's follow
            self._consumer.commit_async(told, callback=self._confirmed)

    def _confirmed(self, told: Mapping[TopicPartition, Any], failed: object) -> None:
        """Forget what the broker has confirmed, unless more is due since."""
        if isinstance(failed, Exception):
            return
        for partition, place in told.items():
            if self._due.get(partition) == place.offset:
                del self._due[partition]

    def exhausted(self) -> bool:
        """Tell whether the end was asked for and everything fetched was given."""
        return self._ending and not self._fetched

    def close(self) -> None:
        """Leave the group; what was fetched and not given comes again."""
        self._open = False
        self._stop.set()
        self._let_go()
        self._given.clear()
        self._due.clear()
        self._log.detach()

    @property
    def refusals(self) -> Mapping[str, int]:
        """Nobody is refused: who may write is the broker's matter."""
        return {}

    @property
    def troubles(self) -> Sequence[str]:
        """Say why nothing can be read, with what would mend it."""
        words = self._log.words
        return (f"{self.name}: {', '.join(self._settings.brokers)}: {words}",) if words else ()

    def pause(self, peer: str, seconds: float) -> bool:
        """Fetch nothing of a topic for so long."""
        self._paused[peer] = self._clock() + seconds
        return True

    def finish(self) -> None:
        """Fetch nothing more; what was fetched is still given."""
        self._ending = True

    def _fetch(self, timeout: float) -> None:
        """Ask the broker once; connect first where nothing is connected."""
        left = self._again - self._clock()
        if left > 0:
            self._stop.wait(min(left, timeout))
            return
        try:
            if self._consumer is None:
                self._consumer = make_consumer(self._settings)
            self._hold_paused()
            resume_joining(self._consumer)
            found = self._consumer.poll(timeout_ms=int(timeout * 1000), max_records=MOST_MESSAGES)
            self._assigned(found)
        except Exception as error:  # noqa: BLE001 (what a client stumbles over ends no process)
            self._log.note(f"{type(error).__name__}: {error}", whole=True)
            self._let_go()
            self._wait = min(max(1.0, 2 * self._wait), LONGEST_WAIT)
            self._again = self._clock() + self._wait
            return
        self._wait = 0.0
        if found:
            self._log.clear()
        for partition, messages in found.items():
            self._take(partition, messages)

    def _assigned(self, found: Mapping[TopicPartition, Sequence[Any]]) -> None:
        """Follow a rebalance: forget what others read now, and find where new partitions begin."""
        assigned = self._consumer.assignment()
        if assigned == self._next.keys():
            return
        for partition in self._next.keys() - assigned:
            del self._next[partition]
        self._fetched = deque(one for one in self._fetched if one.partition in assigned)
        for partition in assigned - self._next.keys():
            self._next[partition] = self._beginning(partition, found.get(partition, ()))
        self._log.clear()

    def _beginning(self, partition: TopicPartition, found: Sequence[Any]) -> Place:
        """Give the first place of a partition that is not done.

        Without offsets of the group, the topic was never read or is a new one of the old name: then
        our own place says nothing. They are committed before anything is read.
        """
        committed = self._consumer.committed(partition, timeout_ms=CLOSE_MILLISECONDS)
        if committed is None:
            position = self._consumer.position(partition, timeout_ms=CLOSE_MILLISECONDS) or 0
            begin = Place(found[0].offset if found else position)  # it stands behind what it gave
            offset = OffsetAndMetadata(begin.offset, "", -1)
            self._consumer.commit({partition: offset}, timeout_ms=CLOSE_MILLISECONDS)
            self._forget(partition)
            return begin
        if self._due.get(partition, committed) <= committed:
            self._due.pop(partition, None)
        key = (partition.topic, partition.partition)
        return max(Place(committed), self._journalled.by_partition.get(key, Place(0)))

    def _forget(self, partition: TopicPartition) -> None:
        """Commit nothing of the topic that had this name before."""
        self._due.pop(partition, None)
        self._given = {key: one for key, one in self._given.items() if one[1] != partition}

    def _take(self, partition: TopicPartition, messages: Sequence[Any]) -> None:
        """Put messages by for the next deliveries, without those that are done."""
        begin = self._next.get(partition)
        if begin is None:
            return
        fetched: deque[_Message] = deque()
        for message in messages:
            if message.offset < begin.offset:
                continue
            given = begin.given if message.offset == begin.offset else 0
            fetched.append(_Message(message.offset, message.value or b"", given))
        if fetched:
            self._next[partition] = Place(fetched[-1].offset + 1)
            self._fetched.append(_Fetched(partition, fetched))

    def _delivery(self, limit: int) -> Delivery | None:
        """Give records of the first partition that waits; empty messages are passed over."""
        fetched = self._fetched.popleft()
        topic, partition = fetched.partition.topic, fetched.partition.partition
        records: list[bytes] = []
        notes: list[RecordNote] = []
        digest = sha256(f"kafka {topic} {partition}".encode())
        preamble: bytes | None = None
        size = 0
        place = Place(fetched.messages[0].offset)
        while fetched.messages and len(records) < limit and size < MOST_BYTES:
            message = fetched.messages[0]
            cut = self._records(message)
            while message.given < len(cut) and len(records) < limit:
                one = cut[message.given]
                if preamble is not None and one.preamble != preamble:
                    break
                preamble = one.preamble
                if one.note_kind:
                    notes.append(RecordNote(len(records), one.note_kind, one.note_detail))
                digest.update(b"%d.%d %d\n" % (message.offset, message.given, len(one.data)))
                digest.update(one.data)
                records.append(one.data)
                size += len(one.data)
                message.given += 1
            if message.given < len(cut):
                place = Place(message.offset, message.given)
                break
            place = Place(message.offset + 1)
            fetched.messages.popleft()
        if fetched.messages:
            self._fetched.append(fetched)
        self._journalled.by_partition[topic, partition] = place
        if not records:
            return None
        delivery = Delivery(
            source=self.name,
            peer=topic,
            records=tuple(records),
            notes=tuple(notes),
            resume=self._journalled.text(),
            fingerprint=digest.hexdigest(),
            format=self._format,
            preamble=preamble or b"",
            whole=True,
        )
        self._given[id(delivery)] = (delivery, fetched.partition, place.offset)
        return delivery

    def _records(self, message: _Message) -> list[CutRecord]:
        """Cut a message; one of one line is a record as it stands."""
        if message.records is None:
            value = message.value
            stripped = value.rstrip(b"\r\n")
            if not stripped:
                message.records = []
            elif (
                b"\n" not in stripped
                and stripped[0] not in _MAYBE_MORE
                and len(stripped) <= self._record_bytes
            ):
                message.records = [_Whole(stripped)]
            else:
                found = self._split(BytesIO(value))
                message.records = [one for one in found if one.data or one.note_kind]
        return message.records

    def _hold_paused(self) -> None:
        """Let the broker keep the topics that are paused, and ask for the others again."""
        if not self._paused:
            return
        now = self._clock()
        for topic in [topic for topic, until in self._paused.items() if until <= now]:
            del self._paused[topic]
        held = self._consumer.paused()
        for partition in self._consumer.assignment():
            if partition.topic in self._paused:
                self._consumer.pause(partition)
            elif partition in held:
                self._consumer.resume(partition)

    def _let_go(self) -> None:
        consumer, self._consumer = self._consumer, None
        self._fetched.clear()
        self._next.clear()
        if consumer is not None:
            with suppress(KafkaError, OSError):  # it is gone either way
                consumer.close(autocommit=False, timeout_ms=CLOSE_MILLISECONDS)
