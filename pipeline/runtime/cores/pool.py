"""The stateless half ahead of the engine, in several processes; same order, same answers.

What the engine folds next is the journal's next batch, whichever process matched it and whenever.
How far the processes are ahead is bounded, in batches and in bytes.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.errors import SaqshyError
from pipeline.model import BatchKind, RawBatch, pack_batch
from pipeline.ports import Appended
from pipeline.runtime.chain import Chain, Observed
from pipeline.runtime.cores import wire
from pipeline.runtime.cores.tender import Tender, Work
from pipeline.runtime.cores.wire import Spent
from pipeline.runtime.knowledge import Knowledge, bundles
from pipeline.runtime.observing import observe
from pipeline.runtime.warming import latest

AHEAD = 4  # batches that are read, matched or wait to be folded, for each process
MOST_BYTES = 64 * 1024 * 1024  # of all of their records; one batch may always be there


@dataclass(slots=True)
class Pool:
    """Matching processes for the engine (``runtime.observing.Ahead``); for the engine's thread.

    ``warm`` may be called by another.
    """

    work: Work
    workers: int
    tenders: list[Tender] = field(default_factory=list)
    offered: dict[tuple[str, str], bytes] = field(default_factory=dict)
    _window: OrderedDict[int, RawBatch] = field(default_factory=OrderedDict)
    _threads: list[threading.Thread] = field(default_factory=list)
    _starting: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        """Start the processes, each with the thread that keeps it at work."""
        with self._starting:
            if self._threads or self.work.desk.ended:
                return
            for place in range(self.workers):
                tender = Tender(place, self.work)
                self.tenders.append(tender)
                name = f"matching-{place}"
                thread = threading.Thread(target=self._tend, args=(tender,), name=name, daemon=True)
                self._threads.append(thread)
                thread.start()

    def pending(
        self, journal: Appended, after: int, most: int, leave: int
    ) -> Iterator[tuple[int, RawBatch]]:
        """Give batches in the journal's order, each when it has been matched."""
        desk = self.work.desk
        self.start()
        for position in [one for one in self._window if one <= after]:
            self._drop(position)
        for _ in range(most):
            self._read_on(journal, after)
            if not self._window:
                return
            position, batch = next(iter(self._window.items()))
            if batch.kind is BatchKind.RAW:
                if len(self._window) <= leave and not desk.ready(position):
                    return
                if not desk.wait(position):
                    return
            yield position, batch
            self._drop(position)
            after = position

    def observed(self, chain: Chain, position: int, batch: RawBatch) -> Observed:
        """Give what a batch came to; what is no record is read here."""
        if batch.kind is not BatchKind.RAW:
            return observe(chain, batch)
        return self.work.desk.result(position)

    def costs(self, chain: Chain) -> Mapping[str, Spent]:
        """Give what a chain's rules cost in all processes."""
        return self.work.costs.of(chain.revisions)

    def warm(self, known: Knowledge, chain: Chain, journal: Appended) -> None:  # noqa: ARG002 (the protocol's)
        """Have every process make stages ready that are not in force yet; wait until it is done."""
        if self.tenders:
            self.prepare(known, list(latest(journal)))

    def prepare(self, known: Knowledge, parts: Sequence[RawBatch]) -> None:
        """Have every process make stages and try them on batches of which nothing is kept."""
        self.start()
        self.offered.update((name, make()) for name, make in bundles(known).items())
        body = wire.pack_warm(known.revisions, [pack_batch(part) for part in parts])
        for errand in [tender.errand(body) for tender in self.tenders]:
            errand.done.wait(self.work.loading_seconds)
        self.offered.clear()

    def troubles(self) -> Sequence[str]:
        """Name the processes that do not start."""
        return [
            f"matching process {tender.place} does not start; tried {tender.fails} times: see log"
            for tender in self.tenders
            if tender.fails > 1
        ]

    def close(self) -> None:
        """End the processes; what they were at is matched again by whoever comes next."""
        self.work.desk.end()
        for thread in self._threads:
            thread.join()

    def _tend(self, tender: Tender) -> None:
        try:
            tender.run()
        except Exception as error:  # a broken thread must not leave the engine waiting
            self.work.desk.give_up(SaqshyError(f"matching broke: {type(error).__name__}"))
            raise

    def _read_on(self, journal: Appended, after: int) -> None:
        """Read what follows, as far as there is room, and have it matched."""
        desk = self.work.desk
        size = sum(sum(map(len, batch.records)) for batch in self._window.values())
        last = next(reversed(self._window), after)
        while (room := AHEAD * self.workers - len(self._window)) > 0 and size < MOST_BYTES:
            found = journal.read(last, min(room, AHEAD))
            for position, batch in found:
                last = position
                self._window[position] = batch
                size += sum(map(len, batch.records))
                if batch.kind is BatchKind.RAW:
                    desk.give(position, batch)
            if not found:
                return

    def _drop(self, position: int) -> None:
        self._window.pop(position, None)
        self.work.desk.drop(position)
