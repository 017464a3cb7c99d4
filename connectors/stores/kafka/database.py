"""The collector's transaction over Kafka: gathered in the block, sent and awaited at its end.

A number that was given to a batch is never given to another: where brokers do not keep what a
transaction sends, it waits as it is, in the spool, and all behind it. Without room in the spool
nothing is acknowledged, and what may stand at the brokers in part is sent again before anything
else.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import structlog

from connectors.stores.kafka.carrier import Carrier, Message
from connectors.stores.kafka.parcel import Parcel, Sender, spooled, unspooled
from connectors.stores.kafka.tails import Snapshot, Tails, pack_snapshot, snapshot_of
from connectors.stores.kafka.token import Token
from pipeline.errors import StoreCorrupt, StoreError, StoreFull
from pipeline.model import BatchKind, RawBatch
from pipeline.ports import Spool

log = structlog.get_logger("saqshy.collect")


@dataclass(slots=True)
class Standing:
    """Where the collector stands at the brokers: tails, and the place of its last batch."""

    tails: Tails
    ends: list[int]
    last: tuple[int, int] | None = None


@dataclass(slots=True)
class Work:
    """What an open transaction has gathered; ``tails`` are a layer with what it appended."""

    tails: Tails
    parcel: Parcel = field(default_factory=Parcel)
    bundles: list[Message] = field(default_factory=list)


@dataclass(slots=True)
class Ways:
    """By what a collector writes, and where it spools."""

    carrier: Carrier
    token: Token
    sender: Sender
    spool: Spool | None


class KafkaDatabase:
    """``ports.Database`` of a collector; transactions come one after another, from any thread.

    ``drain`` is the spool's, one thread. ``trouble`` says why brokers keep nothing, "" while they
    do. ``stamp`` is what every snapshot says of the process.
    """

    def __init__(self, ways: Ways, standing: Standing, stamp: Snapshot) -> None:
        self.trouble = ""
        self.newest: RawBatch | None = None
        self.standing = standing
        self._ways, self._stamp = ways, stamp
        self._lock = threading.RLock()  # one transaction at a time
        self._sending = threading.Lock()  # of carrier, token and standing
        self._work: Work | None = None
        self._owed: Parcel | None = None  # may stand at the brokers in part, and nowhere else
        self._settled: Parcel | None = None  # what was owed last, until it is handed over again
        self._given = standing.tails.layer()  # with what waits
        self._turn = 0
        for waiting in ways.spool.read() if ways.spool is not None else ():
            parcel = unspooled(waiting, self._given)
            self.newest = parcel.batches[-1].batch if parcel.batches else self.newest

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Send what the block gathers, in its order; nothing of it where the block raises."""
        with self._lock:
            if self._work is not None:
                yield
                return
            self._settle()
            self._work = work = Work(self._given.layer())
            try:
                yield
            finally:
                self._work = None
            self._commit(work)

    @property
    def work(self) -> Work:
        """Give what the open transaction gathers."""
        if self._work is None:
            raise RuntimeError("nothing is written outside a transaction")
        return self._work

    @property
    def tails(self) -> Tails:
        """Give where everything stands, with what waits and what the open transaction appended."""
        return self._work.tails if self._work is not None else self._given

    @property
    def waiting(self) -> tuple[int, int]:
        """Give how many parcels wait in the spool, and their bytes."""
        spool = self._ways.spool
        return spool.waiting if spool is not None else (0, 0)

    def drain(self) -> bool:
        """Send what waits longest; False where nothing waits. StoreError while brokers refuse."""
        with self._lock:
            self._settle()
            spool = self._ways.spool
            waiting = next(spool.read(), None) if spool is not None else None
        if waiting is None or spool is None:
            return False
        # Without the lock: as long as this is in the spool, whatever comes goes behind it.
        with self._sending:
            self._renew_if_stale()
            self._deliver(unspooled(waiting, self.standing.tails.layer()))
        with self._lock:
            spool.drop()
            if not spool.waiting[0]:
                self._given = self.standing.tails.layer()
                self.trouble = ""
        return True

    def renew(self) -> None:
        """Prove that nobody took over, and write where the collector stands."""
        with self._sending:
            self._renew()

    def close(self) -> None:
        """Let go of brokers and spool; safe to call twice."""
        self._ways.carrier.close()
        self._ways.token.close()
        if self._ways.spool is not None:
            self._ways.spool.close()

    def _commit(self, work: Work) -> None:
        if work.bundles:
            with self._sending:
                self._renew_if_stale()
                self._ways.carrier.send(work.bundles)
        if self._handed_over_again(work.parcel):
            work.parcel.batches.clear()
            work.tails = self._given.layer()
        parcel, spool = work.parcel, self._ways.spool
        if not (parcel.batches or parcel.told):
            return
        if spool is not None and spool.waiting[0]:
            self._put_by(spool, work)
            return
        with self._sending:
            try:
                self._renew_if_stale()
            except StoreCorrupt:
                raise
            except StoreError as error:
                self._refused(error, work, sent=False)
                return
            try:
                self._deliver(parcel)
            except StoreError as error:
                self._refused(error, work, sent=True)
                return
        self._given = self.standing.tails.layer()
        self.trouble = ""

    def _refused(self, error: StoreError, work: Work, *, sent: bool) -> None:
        """Keep a parcel that brokers did not: in the spool, else in memory if it was sent."""
        self.trouble = str(error)
        log.warning("brokers.refused", error=self.trouble)
        spool = self._ways.spool
        try:
            if spool is None:
                raise error
            self._put_by(spool, work)
        except StoreError:
            if sent:
                self._owed = work.parcel
                self._given.absorb(work.tails)
            raise

    def _put_by(self, spool: Spool, work: Work) -> None:
        try:
            for listener, batches in spooled(work.parcel):
                spool.put(listener, batches)
        except StoreFull as error:
            raise StoreFull(f"{self.trouble or 'brokers keep nothing'}; and {error}") from error
        self._given.absorb(work.tails)
        if work.parcel.batches:
            self.newest = work.parcel.batches[-1].batch

    def _handed_over_again(self, parcel: Parcel) -> bool:
        """Tell whether a parcel's records are those that were owed, and stand by now.

        Its sender was told that nobody keeps them, and handed them over once more.
        """
        settled = self._settled
        if settled is None or not parcel.batches or not settled.batches:
            return False
        if settled.batches[0].listener == parcel.batches[0].listener:
            self._settled = None
        return settled.same(parcel)

    def _settle(self) -> None:
        """Send what is owed, before anything else is."""
        if self._owed is None:
            return
        with self._sending:
            self._renew_if_stale()
            self._deliver(self._owed)
        self._owed, self._settled = None, self._owed
        self._given = self.standing.tails.layer()
        self.trouble = ""

    def _deliver(self, parcel: Parcel) -> None:
        """Send a parcel, its records to the next partition, and take note of it."""
        sender, standing = self._ways.sender, self.standing
        asked = any(one.batch.kind is BatchKind.COMMAND for one in parcel.batches)
        # Commands keep their order: what is asked later must not be obeyed first.
        messages = list(sender.messages(parcel, 0 if asked else self._turn % sender.raws))
        places = self._ways.carrier.send(messages)
        self._turn += 1
        raw = sender.topics("raw")
        for message, (partition, offset) in zip(messages, places, strict=True):
            if message.topic == raw:
                standing.ends[partition] = max(standing.ends[partition], offset + 1)
                standing.last = (partition, offset)
        for one in parcel.batches:
            standing.tails.note(one.noted)
            self.newest = one.batch

    def _renew_if_stale(self) -> None:
        if self._ways.token.stale:
            self._renew()

    def _renew(self) -> None:
        """Prove the token by writing the tails; look whether there are more partitions by now."""
        ways, standing = self._ways, self.standing
        ways.sender = replace(ways.sender, raws=ways.carrier.partitions(ways.sender.topics("raw")))
        standing.ends += [0] * (ways.sender.raws - len(standing.ends))
        stamp = replace(self._stamp, ends=tuple(standing.ends), last=standing.last)
        ways.token.prove(pack_snapshot(snapshot_of(standing.tails, stamp)))
