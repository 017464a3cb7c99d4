"""Opening what a collector writes to: its name taken, and where it stands read from the brokers."""

import os
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from connectors.stores.kafka.carrier import Carrier, Message
from connectors.stores.kafka.content import KafkaContentStore
from connectors.stores.kafka.database import KafkaDatabase, Standing, Ways
from connectors.stores.kafka.journal import KafkaJournal, KafkaObjects, KafkaTrail
from connectors.stores.kafka.parcel import Sender
from connectors.stores.kafka.reading import Reading
from connectors.stores.kafka.tails import (
    Snapshot,
    Tails,
    noted_headers,
    tails_of,
    unpack_snapshot,
)
from connectors.stores.kafka.token import Token
from connectors.stores.kafka.topics import Topics, Unread
from connectors.stores.sqlite.lock import WriterLock
from pipeline.errors import StoreCorrupt, StoreError
from pipeline.ports import Spool
from pipeline.settings import ClusterSettings

log = structlog.get_logger("saqshy.collect")
SCANNED_EACH = 100_000  # messages between two lines of progress


@dataclass(frozen=True, slots=True)
class KafkaStores:
    """The stores of one collector, bound by one transaction."""

    database: KafkaDatabase
    journal: KafkaJournal
    audit: KafkaTrail
    content: KafkaContentStore
    state: KafkaObjects


@dataclass(frozen=True, slots=True)
class Opening:
    """What a collector is opened with.

    ``home`` names the collector's folder. ``place`` gives a chain's partition of so many. ``wait``
    waits out the lease of a process that had the name before. ``fresh``: the name never collected,
    so that nothing is looked for.
    """

    settings: ClusterSettings
    name: str
    home: str
    spool: Spool | None
    place: Callable[[str, int], int]
    wait: Callable[[float], object]
    fresh: bool = False

    def __call__(self) -> KafkaStores:
        """Take the name and read where it stands; StoreError where no broker answers.

        What stands in ``raw`` behind the last written tails is the truth.
        """
        settings, topics = self.settings, Topics(self.settings.prefix)
        session = uuid.uuid4().hex

        def ours() -> bool:
            found = last_snapshot(settings, topics, self.name)
            return found is not None and found.session == session

        token = Token(settings, self.name, topics("tails"), ours)
        carrier = Carrier(settings, settings.lease_seconds / 2)
        try:
            token.claim(settings.timeout_seconds)
            snapshot = last_snapshot(settings, topics, self.name)
            if snapshot is not None and snapshot.home != self.home:
                log.warning("collector.elsewhere", name=self.name, waits=settings.lease_seconds)
                self.wait(settings.lease_seconds)
            standing = self._standing(topics, snapshot)
            sender = Sender(
                topics,
                self.name,
                carrier.partitions(topics("raw")),
                carrier.partitions(topics("outcomes")),
                self.place,
            )
            ways = Ways(carrier, token, sender, self.spool)
            stamp = Snapshot(self.name, self.home, session, ())
            database = KafkaDatabase(ways, standing, stamp)
            database.renew()
        except BaseException:
            token.close()
            carrier.close()
            raise
        return _stores(database, settings, topics)

    def _standing(self, topics: Topics, snapshot: Snapshot | None) -> Standing:
        """Read ``raw`` from where the last tails are true up to its end."""
        raw = topics("raw")
        tails = tails_of(snapshot) if snapshot is not None else Tails()
        last = snapshot.last if snapshot is not None else None
        with Reading(self.settings) as reading:
            bounds = reading.bounds(raw)
            ends = [end for _, end in bounds]
            if snapshot is None and self.fresh:
                return Standing(tails, ends)
            known = snapshot.ends if snapshot is not None else ()
            begins = [
                _begin(bound, known[number] if number < len(known) else -1)
                for number, bound in enumerate(bounds)
            ]
            count = sum(ends) - sum(begins)
            log.info("collector.scans", messages=count, known=snapshot is not None)
            position = tails.count if last is not None else 0
            for number, message in enumerate(reading.messages(raw, begins, ends), 1):
                one = noted_headers(message.headers, self.name)
                if one is not None:
                    tails.note(one)
                    if one.position > position:
                        position, last = one.position, (message.partition, message.offset)
                if number % SCANNED_EACH == 0:
                    log.info("collector.scanned", messages=number, of=count)
        return Standing(tails, ends, last)


def last_snapshot(settings: ClusterSettings, topics: Topics, name: str) -> Snapshot | None:
    """Give the tails that a collector wrote last; StoreCorrupt where they are of a later version.

    What is damaged counts as not written: ``raw`` is read from further back then.
    """
    found: Snapshot | Unread | None = None
    topic = topics("tails")
    with Reading(settings, committed=True) as reading:
        ((begin, end),) = reading.bounds(topic)[:1]
        for message in reading.messages(topic, [begin], [end]):
            if message.key == name.encode():
                read = unpack_snapshot(message.value)
                found = found if isinstance(read, Unread) and read.code != "newer" else read
    if isinstance(found, Unread):
        raise StoreCorrupt(
            f"the tails of the collector {name!r} were written by a later version: {found.detail}; "
            "start that version"
        )
    return found


def _begin(bound: tuple[int, int], known: int) -> int:
    """Give where to read a partition from: from its first message where it was made anew."""
    begin, end = bound
    return known if begin <= known <= end else begin


def at_home(folder: Path) -> tuple[WriterLock, str]:
    """Lock a collector's folder for as long as it runs, and give the folder's own name.

    StoreError where another process has it, or it cannot be used.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = WriterLock(folder / "collector")
        named = folder / "home"
        with suppress(FileExistsError), named.open("x", encoding="ascii") as file:
            file.write(uuid.uuid4().hex)
            file.flush()
            os.fsync(file.fileno())
        return lock, named.read_text(encoding="ascii")
    except OSError as error:
        raise StoreError(
            f"the folder {folder} cannot be used ({error.strerror}): give this user access, or set "
            "cluster.folder"
        ) from error


def _stores(database: KafkaDatabase, settings: ClusterSettings, topics: Topics) -> KafkaStores:
    def send(messages: list[Message]) -> None:
        with database.transaction():
            database.work.bundles.extend(messages)

    return KafkaStores(
        database,
        KafkaJournal(database, settings, topics),
        KafkaTrail(database),
        KafkaContentStore(settings, topics, send),
        KafkaObjects(database),
    )
