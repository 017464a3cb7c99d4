"""The auditor as a process: looks, pages, heartbeats and gauges, until it is told to stop."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import orjson
import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from connectors.sinks.pages_folder import PagesFolder
from pipeline import __version__
from pipeline.audit import KINDS
from pipeline.errors import DeliveryError, StoreError
from pipeline.model import NANOSECONDS, Json, rfc3339
from pipeline.ports import Clock
from pipeline.runtime.auditor import Auditor, Look
from pipeline.runtime.catalogue import CATALOGUE, family
from pipeline.runtime.series import AUDITOR

HEARTBEAT = "saqshy-heartbeat-1"
log = structlog.get_logger("saqshy.auditor")


class Beating(Protocol):
    """Where heartbeats go."""

    def beat(self, body: bytes, now: int) -> Json:
        """Send one; DeliveryError where that cannot be done now."""

    def close(self) -> None:
        """Let go of connections."""


@dataclass(frozen=True, slots=True)
class Stands:
    """How many incidents stand: by (state, severity, sector), and by (act, state)."""

    incidents: Mapping[tuple[str, str, str], int]
    acts: Mapping[tuple[str, str], int]


@dataclass(slots=True)
class AuditorProcess:
    """Looks every so often, now and then at everything, and gives signs of life.

    A store that cannot be read now, or a line that is down, is told and tried again. ``standing``
    counts incidents where nobody else sees all of them: in a cluster.
    """

    auditor: Auditor
    pages: PagesFolder
    heart: Beating
    clock: Clock
    centre: str
    every_seconds: float
    beat_seconds: float
    full_seconds: float
    wait: Callable[[float], object]
    standing: Callable[[int], Stands] | None = None
    stands: Stands | None = None
    last: Look | None = None
    failing: int = 0
    _beaten: int = 0
    _full: int = 0
    metrics: CollectorRegistry = field(default_factory=CollectorRegistry)

    def run(self, stopping: Callable[[], bool]) -> None:
        """Look, page and beat until told to stop."""
        self.metrics.register(AuditorGauges(self))
        while not stopping():
            self.once()
            self.wait(self.every_seconds)

    def once(self, *, everything: bool = False) -> None:
        """Look once, page what is new, and give a sign of life where one is due."""
        now = self.clock.now()
        # A clock that jumps brings the next look at everything forward, and never puts it off.
        everything = everything or not 0 <= now - self._full < self.full_seconds * NANOSECONDS
        try:
            self.last = self.auditor.look(now, everything=everything)
            self._full = now if everything else self._full
            self.stands = self.standing(now) if self.standing is not None else None
            self.failing = 0
        except StoreError as error:
            self.failing += 1
            log.error("auditor.blind", error=str(error), times=self.failing)  # noqa: TRY400
        self._page(now)
        if not 0 <= now - self._beaten < self.beat_seconds * NANOSECONDS:
            self._beat(now)

    def unready(self) -> str:
        """Say why nothing is watched now; "" where it is."""
        if self.failing:
            return "the store cannot be read, or is behind: see the log"
        return "" if self.last is not None else "the first look is not over"

    def close(self) -> None:
        """Let go of files and connections."""
        self.heart.close()
        self.auditor.close()

    def _page(self, now: int) -> None:
        state = self.auditor.state
        new = state.alarms(untold=True)
        if not new:
            return
        try:
            self.pages.page([orjson.loads(one.data) for one in new], now)
        except DeliveryError as error:
            log.error("auditor.unpaged", alarms=len(new), error=str(error))  # noqa: TRY400
            return
        with state.together():
            state.told([one.id for one in new])
        log.warning("auditor.alarms", new=len(new))

    def _beat(self, now: int) -> None:
        try:
            self.heart.beat(self.heartbeat(now), now)
        except DeliveryError as error:
            log.warning("auditor.heartbeat", error=str(error))
            return
        self._beaten = now

    def heartbeat(self, now: int) -> bytes:
        """Write a sign of life: what stands, and where the audit trail ends, as one hash.

        ``checkpoint`` is the trail's newest one that was seen, a JWS in compact form (None: none
        was): who keeps heartbeats can tell later whether the trail is still the same. Names no
        object: the hash is over the canonical JSON of all chains' names, numbers, hashes.
        """
        state = self.auditor.state
        ends = [[chain, number, digest] for chain, (number, digest) in sorted(state.ends().items())]
        counts = dict.fromkeys(KINDS, 0)
        for (kind, _), count in state.counts().items():
            counts[kind] += count
        incidents, owed = state.figures()
        document: Json = {
            "format": HEARTBEAT,
            "centre": self.centre,
            "at": rfc3339(now),
            "looked_at": rfc3339(self.last.at) if self.last else None,
            "version": __version__,
            "alarms": counts,
            "incidents": incidents,
            "notices_owed": owed,
            "checkpoint": state.mark("checkpoint_token") or None,
            "trail": {
                "chains": len(ends),
                "entries": sum(number for _, number, _ in ends),
                "sha256": hashlib.sha256(orjson.dumps(ends)).hexdigest(),
            },
        }
        return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


class AuditorGauges(Collector):
    """What an auditor found, read when somebody asks: alarms by kind, its own life."""

    def __init__(self, process: AuditorProcess) -> None:
        self._process = process

    def describe(self) -> Iterator[Metric]:
        """Give the families without values."""
        for name, series in CATALOGUE.items():
            if AUDITOR in series.shown_by:
                yield family(name)

    def collect(self) -> Iterator[Metric]:
        """Read the auditor's own state."""
        process = self._process
        last = process.last
        alarms = family("saqshy_auditor_alarms")
        counts = dict.fromkeys(KINDS, 0)
        for one in last.alarms if last else ():
            counts[one[0]] += one[1]
        for kind, count in counts.items():
            alarms.add_metric([kind], count)
        yield alarms
        yield from self._standing(process.stands)
        values = {
            "saqshy_auditor_last_look_seconds": last.at / NANOSECONDS if last else 0.0,
            "saqshy_auditor_look_age_seconds": self._age(last),
            "saqshy_auditor_incidents": last.incidents if last else 0,
            "saqshy_auditor_notices_owed": last.owed if last else 0,
            "saqshy_auditor_failing": process.failing,
        }
        for name, value in values.items():
            shown = family(name)
            shown.add_metric([], value)
            yield shown

    def _standing(self, stands: Stands | None) -> Iterator[Metric]:
        if stands is None:
            return
        whole, by_act = family("saqshy_incidents"), family("saqshy_incidents_by_act")
        for labels, count in sorted(stands.incidents.items()):
            whole.add_metric(labels, count)
        for names, count in sorted(stands.acts.items()):
            by_act.add_metric(names, count)
        yield from (whole, by_act)

    def _age(self, last: Look | None) -> float:
        return (self._process.clock.now() - last.at) / NANOSECONDS if last else 0.0
