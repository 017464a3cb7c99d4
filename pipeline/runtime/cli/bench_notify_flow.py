"""Findings to first notices, for `saqshy bench notify`: journal, engine, outbox, lanes."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import orjson
import yaml

from connectors.sinks.memory import MemorySink
from connectors.sinks.ncc_https import NccSink
from pipeline.errors import StoreError
from pipeline.model import Notice, Receipt
from pipeline.ports import Delivery, Sink
from pipeline.runtime.bootstrap import System, offline
from pipeline.runtime.configuration import bundled, default_settings
from pipeline.runtime.demonstration import receiver
from pipeline.runtime.engine import Outcome
from pipeline.runtime.pki import Pki
from pipeline.settings import Settings

NCC = "ncc"
IDLE_SECONDS = 0.25
LONGEST = 120.0  # seconds to wait for what is on its way
_PARTIES = ("parties.yml", "marks.yml")


@dataclass(slots=True)
class Timed:
    """A channel that notes when a notice is handed to it, and hands it on."""

    channel: str
    behind: Sink
    handed: dict[str, float] = field(default_factory=dict)

    def deliver(self, notice: Notice, now: int) -> Receipt:
        """Note the time of the first attempt, then deliver."""
        self.handed.setdefault(notice.id, time.perf_counter())
        return self.behind.deliver(notice, now)

    def close(self) -> None:
        """Let go of what is behind."""
        self.behind.close()


@dataclass(slots=True)
class Committed:
    """When the engine committed what owes first notices; ``findings`` counts their findings."""

    at: dict[str, float] = field(default_factory=dict)
    findings: int = 0
    _now: float = 0.0

    def posted(self) -> None:
        """Note the instant behind a commit."""
        self._now = time.perf_counter()

    def watch(self, outcome: Outcome) -> None:
        """Note which first notices that commit made."""
        for part in outcome.folded:
            self.findings += len(part.findings)
            for notice in part.notices:
                if notice.urgent:
                    self.at[notice.id] = self._now


@dataclass(slots=True)
class Flow:
    """A system whose notices go to timed channels, with two lanes a channel."""

    system: System
    sinks: Mapping[str, Timed]
    committed: Committed = field(default_factory=Committed)
    _stop: threading.Event = field(default_factory=threading.Event)
    _posted: list[threading.Event] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)
    _broken: list[BaseException] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run the engine and the lanes for as long as the block runs; raise what broke one."""
        self.system.engine.posted = self._wake
        self.system.engine.watch = self.committed.watch
        for channel in self.sinks:
            for urgent in (True, False):
                self._posted.append(threading.Event())
                self._begin(self._deliver, channel, self._posted[-1], urgent)
        self._begin(self._process)
        try:
            yield
        finally:
            self._stop.set()
            self._wake()
            for thread in self._threads:
                thread.join()
        if self._broken:
            raise self._broken[0]

    def handed(self) -> dict[str, float]:
        """Give when each notice was handed to its channel."""
        return {name: at for sink in self.sinks.values() for name, at in list(sink.handed.items())}

    def settled(self, journalled: int) -> bool:
        """Tell whether everything journalled is committed and its first notices are handed over."""
        if self._broken or self.system.stores.journal.committed() < journalled:
            return bool(self._broken)
        return self.committed.at.keys() <= self.handed().keys()

    def _begin(self, work: Callable[..., None], *arguments: object) -> None:
        def guarded() -> None:
            try:
                work(*arguments)
            except BaseException as error:  # noqa: BLE001 (raised by whoever runs the flow)
                self._broken.append(error)

        thread = threading.Thread(target=guarded, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _wake(self) -> None:
        self.committed.posted()
        for posted in self._posted:
            posted.set()

    def _process(self) -> None:
        while not self._stop.is_set():
            if not self.system.engine.run_pending():
                self._stop.wait(0.005)

    def _deliver(self, channel: str, posted: threading.Event, urgent: bool) -> None:
        lane = self.system.dispatcher.lane(channel, urgent=urgent)
        while not self._stop.is_set():
            posted.clear()
            if not lane.step(self._stop.is_set) and not lane.busy:
                posted.wait(IDLE_SECONDS)
        lane.close()


@contextmanager
def flowing(folder: Path, objects: int, *, ncc: bool) -> Iterator[Flow]:
    """Make a system over so many made-up objects; with ``ncc`` the reference receiver beside it."""
    _write_objects(folder / "objects", objects)
    settings = default_settings().model_copy(update={"registry": (folder / "objects",)})
    with ExitStack() as opened:
        first: Sink = MemorySink(NCC)
        if ncc:
            centre = opened.enter_context(receiver(folder / "ncc"))
            link = Pki(centre.pki).ncc_settings(centre.url)
            notify = settings.notify.model_copy(update={"ncc": link})
            settings = settings.model_copy(update={"notify": notify})
            first = NccSink(link)
            opened.callback(first.close)
        yield opened.enter_context(_flow(settings, folder, first))


@contextmanager
def _flow(settings: Settings, folder: Path, first: Sink) -> Iterator[Flow]:
    with offline(settings, folder / "bench.db") as system:
        names = {NCC, "folder", "memory"}
        sinks = {name: Timed(name, first if name == NCC else MemorySink(name)) for name in names}
        system.dispatcher.courier = replace(system.dispatcher.courier, sinks=sinks)
        yield Flow(system, sinks)


def batch_of(number: int, objects: int, findings: int) -> Delivery:
    """Make a batch in which a rule fires on so many hosts of one object."""
    records = tuple(
        orjson.dumps({"EventID": 1102, "Channel": "Security", "Computer": f"host-{number}-{one}"})
        for one in range(findings)
    )
    return Delivery(
        source="bench",
        peer="bench",
        records=records,
        format="windows_json",
        proven=f"bench-{number % objects}/probe",
        resume=str(number),
    )


def send(flow: Flow, count: int, findings: int, a_second: float) -> tuple[int, float]:
    """Journal so many batches at a pace; give the last position, and how long it took."""
    started = time.perf_counter()
    for number in range(count):
        taken = flow.system.collector.take(batch_of(number, count, findings))
        if taken != findings:
            raise StoreError(f"only {taken} of {findings} records were taken")
        wait = started + (number + 1) * findings / a_second - time.perf_counter()
        if wait > 0:
            time.sleep(wait)
    tail = flow.system.stores.journal.tail("", "", "")
    return (tail.sequence if tail else 0), time.perf_counter() - started


def waited(flow: Flow, journalled: int, told: Callable[[str], None]) -> bool:
    """Wait until everything is handed over, telling how it stands; False where it never is."""
    end = time.perf_counter() + LONGEST
    while time.perf_counter() < end:
        if flow.settled(journalled):
            return True
        told(f"{len(flow.handed())} notices handed over")
        time.sleep(0.2)
    return False


def delays(flow: Flow) -> Sequence[float]:
    """Give the seconds from each commit to the hand-over of its first notices, the least first."""
    handed = flow.handed()
    at = flow.committed.at.items()
    return sorted(max(0.0, handed[name] - begun) for name, begun in at if name in handed)


def _write_objects(folder: Path, count: int) -> None:
    folder.mkdir(parents=True)
    for name in _PARTIES:
        (folder / name).write_bytes((bundled("objects") / name).read_bytes())
    objects = [_object(number) for number in range(count)]
    text = yaml.dump({"zone": "Asia/Almaty", "objects": objects}, Dumper=yaml.CSafeDumper)
    (folder / "objects.yml").write_text(text, encoding="utf-8")


def _object(number: int) -> dict[str, object]:
    return {
        "id": f"bench-{number}",
        "code": f"BENCH-{number}",
        "restriction": "none",
        "critical": {"sector": "electricity", "list_ref": "bench", "listed_at": "2020-01-01"},
        "parties": {"infrastructure": {"owner": "tec-owner", "holder": "tec-holder"}},
        "attestation": {"attested_open_by": "Head", "at": "2020-01-01"},
        "sources": [{"id": "probe", "match": {"hosts": [f"probe-{number}"]}}],
    }
