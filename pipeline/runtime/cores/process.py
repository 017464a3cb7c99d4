"""A matching process: batches from its standard input to what they say on its standard output.

One thread reads, so that whoever writes never waits for a batch that is being matched; one
matches; one makes and warms changed rules beside those in force. The process ends when its input
does, whatever it is doing: it is the other that decides when.
"""

import os
import queue
import resource
import signal
import threading
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

import orjson
import structlog

from connectors.stores.memory import open_memory
from pipeline.match import Cost
from pipeline.model import RawBatch, Revisions, to_json, unpack_batch
from pipeline.notify import Channels, Composer, read_texts
from pipeline.runtime.chains import Chains
from pipeline.runtime.cores import wire
from pipeline.runtime.interpreter import set_up_interpreter
from pipeline.runtime.knowledge import Shelf
from pipeline.runtime.logs import in_words, set_up_logging
from pipeline.runtime.observing import observe
from pipeline.runtime.stages import Stages
from pipeline.runtime.telemetry import Silent
from pipeline.settings import LogSettings

log = structlog.get_logger("saqshy.matching")


class Noted(Silent):
    """Notes of stages and rules, for the process that counts."""

    def __init__(self) -> None:
        super().__init__()
        self.stages: list[wire.Stage] = []
        self.errors: Counter[str] = Counter()

    def stage_done(self, stage: str, items: int, seconds: float, gave: int = 0) -> None:
        """Note that a stage worked on one batch."""
        self.stages.append(wire.Stage(stage, items, seconds, gave))

    def rule_errors(self, rule: str, count: int) -> None:
        """Note events that a rule could not be asked about."""
        self.errors[rule] += count

    def taken(self, costs: Mapping[str, Cost]) -> wire.Counts:
        """Give what was noted, and what rules cost; all of them begin anew."""
        found = wire.Counts(tuple(self.stages), dict(self.errors), _spent(costs))
        self.stages, self.errors = [], Counter()
        return found


@dataclass(slots=True)
class Line:
    """The way out, and the questions on it: one frame at a time, whichever thread writes."""

    out: BinaryIO
    answers: "queue.SimpleQueue[bytes]" = field(default_factory=queue.SimpleQueue)
    _writing: threading.Lock = field(default_factory=threading.Lock)
    _asking: threading.Lock = field(default_factory=threading.Lock)

    def send(self, tag: bytes, body: bytes) -> None:
        """Write one frame; the process ends where nobody reads any more."""
        with self._writing:
            try:
                self.out.write(wire.HEAD.pack(tag, len(body)))
                self.out.write(body)
                self.out.flush()
            except BrokenPipeError:
                os._exit(0)

    def put_bundle(self, kind: str, revision: str, data: bytes) -> None:
        """Keep nothing: what is needed again is asked for again (``ports.ContentStore``)."""

    def bundle(self, kind: str, revision: str) -> bytes | None:
        """Ask for a bundle's bytes (``ports.ContentStore``)."""
        with self._asking:
            self.send(wire.WANTED, orjson.dumps([kind, revision]))
            answer = self.answers.get()
        return answer[1:] if answer[:1] == b"1" else None


@dataclass(slots=True)
class Matching:
    """Matches batch after batch for the process at the other end of ``line``."""

    line: Line
    chains: Chains
    noted: Noted
    batches: "queue.SimpleQueue[bytes]" = field(default_factory=queue.SimpleQueue)
    warming: "queue.SimpleQueue[bytes]" = field(default_factory=queue.SimpleQueue)

    def run(self) -> None:
        """Match for as long as the process lives."""
        threading.Thread(target=self._warm_all, name="warming", daemon=True).start()
        while True:
            self._match(*wire.unnumbered(self.batches.get()))

    def _match(self, number: int, body: bytes) -> None:
        try:
            batch = unpack_batch(body)
            chain = self.chains(batch.revisions)
            observed = observe(chain, batch)
            counts = self.noted.taken(chain.matcher.costs)
            told = wire.pack_observed(batch, observed, counts, _use())
        except Exception as error:  # noqa: BLE001 (what it is, is told to who asked)
            log.error("matching.broke", error=in_words(error))  # noqa: TRY400 (a traceback may quote the record)
            self.line.send(wire.BROKE, wire.numbered(number, in_words(error).encode()))
            return
        self.line.send(wire.OBSERVED, wire.numbered(number, told))

    def _warm_all(self) -> None:
        while True:
            number, body = wire.unnumbered(self.warming.get())
            self._warm(*wire.unpack_warm(body))
            self.line.send(wire.WARMED, wire.numbered(number, to_json(_use())))

    def _warm(self, stamp: Revisions, parts: list[RawBatch]) -> None:
        """Make stages ready; what breaks them is met again, and told, by the batch that does it."""
        try:
            quiet = replace(self.chains(stamp), telemetry=Silent())
            for part in parts:
                quiet.observe(part)
            quiet.matcher.forget()  # what values of the past gave; the indexes stand
        except Exception as error:  # noqa: BLE001 (see above)
            log.warning("warming.broke", error=in_words(error))


def _spent(costs: Mapping[str, Cost]) -> dict[str, wire.Spent]:
    """Give what rules cost since this was asked last."""
    told = {}
    for rule, cost in list(costs.items()):  # rules are added while others are warmed
        if cost.asked:
            told[rule] = wire.Spent(cost.asked, cost.seconds)
            cost.asked, cost.seconds = 0, 0.0
    return told


def _use() -> wire.Use:
    """Say what this process has used; the most memory it held is in KiB on Linux (getrusage(2))."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return wire.Use(time.process_time(), most)


def _read(source: BinaryIO, matching: Matching) -> None:
    """Hand on frames as they come; when there are no more, end the process."""
    ways = {
        wire.BATCH: matching.batches,
        wire.WARM: matching.warming,
        wire.BUNDLE: matching.line.answers,
    }
    while head := source.read(wire.HEAD.size):
        if len(head) < wire.HEAD.size:
            break
        tag, size = wire.HEAD.unpack(head)
        body = source.read(size)
        if len(body) < size:
            break
        ways[tag].put(body)
    os._exit(0)  # nothing is kept here, so nothing is to be finished


def _apart() -> tuple[BinaryIO, BinaryIO]:
    """Give the pipes, out of the way of whatever prints; keep signals and core files away.

    Ctrl-C and a supervisor's SIGTERM go to every process of the group: the other one decides what
    is finished before this ends. A core file would hold records. Where memory runs out, the kernel
    is to take the process that may be lost (proc_pid_oom_score_adj(5)).
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError):  # not every system has it
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    out = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(os.dup(0), "rb"), os.fdopen(out, "wb")


def serve() -> None:
    """Run a matching process on standard input and output."""
    set_up_interpreter()
    source, out = _apart()
    head = source.read(wire.HEAD.size)
    setup = orjson.loads(source.read(wire.HEAD.unpack(head)[1]))
    set_up_logging(LogSettings(**setup["log"]))
    line, noted = Line(out), Noted()
    shelf = Shelf(replace(open_memory(), content=line), Path(setup["cache"]))
    # What only the stateful half asks for may be empty here.
    stages = Stages("", 0, Composer("", read_texts()), Channels(), noted)
    matching = Matching(line, Chains(shelf, stages), noted)
    reader = threading.Thread(target=_read, args=(source, matching), name="reader", daemon=True)
    reader.start()
    matching.run()


if __name__ == "__main__":
    serve()
