"""How objects stand, as ticks find them: state, watermark, when each source was heard last."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from pipeline.correlate.presence import ObjectRow, SourceRow
from pipeline.model import NANOSECONDS
from pipeline.model.rows import Rows
from pipeline.runtime.catalogue import family

MOST_SHOWN = 2048
_NAMES = (
    "saqshy_state_objects",
    "saqshy_state_rows",
    "saqshy_watermark_delay_seconds",
    "saqshy_sources",
    "saqshy_source_last_seen_timestamp_seconds",
)


@dataclass(frozen=True, slots=True)
class Noted:
    """One object at its last tick; ``delay`` in nanoseconds, 0 where nothing is waited for.

    ``sources`` gives (id, when it was heard last or 0, how it stands).
    """

    rows: tuple[tuple[str, int], ...]
    delay: int
    sources: tuple[tuple[str, int, str], ...]


@dataclass(slots=True)
class ObjectFigures:
    """What ticks saw of the objects that are folded here."""

    kinds: tuple[str, ...]
    _noted: dict[str, Noted] = field(default_factory=dict)

    def note(self, state: Rows, at: int) -> None:
        """Look at an object's rows at a tick."""
        whole = state.get(ObjectRow, "object")
        sources = list(state.all(SourceRow, "source"))
        active = any(row.newest and not row.idle for _, row in sources)
        mark = whole.watermark if whole is not None else 0
        self._noted[state.object_id] = Noted(
            rows=tuple((kind, count) for kind in self.kinds if (count := state.count(kind))),
            delay=max(0, at - mark) if active and mark else 0,
            # Who was never heard has a row too: its silence counts from when it was expected.
            sources=tuple(
                (key[0], row.heard_at if row.sequence else 0, _standing(row))
                for key, row in sources
            ),
        )

    def now(self) -> dict[str, Noted]:
        """Give what is known, by object."""
        return dict(self._noted)


def _standing(row: SourceRow) -> str:
    if row.silent_finding:
        return "silent"
    if not row.sequence:
        return "unheard"
    return "idle" if row.idle else "heard"


class ObjectGauges(Collector):
    """What all parts of this process that fold noted, read when somebody asks."""

    def __init__(self, parts: Callable[[], Iterable[ObjectFigures]]) -> None:
        self._parts = parts

    def describe(self) -> Iterator[Metric]:
        """Give the families without values."""
        yield from map(family, _NAMES)

    def collect(self) -> Iterator[Metric]:
        """Give what is known now."""
        noted: dict[str, Noted] = {}
        for part in self._parts():
            noted |= part.now()
        objects, rows, delay, standing, seen = map(family, _NAMES)
        objects.add_metric([], len(noted))
        counts: Counter[str] = Counter()
        stands = Counter(dict.fromkeys(("heard", "idle", "silent", "unheard"), 0))
        heard = []
        for object_id, one in noted.items():
            counts.update(dict(one.rows))
            for source_id, at, word in one.sources:
                stands[word] += 1
                if at:
                    heard.append((at, object_id, source_id))
        for kind, count in sorted(counts.items()):
            rows.add_metric([kind], count)
        for word, count in sorted(stands.items()):
            standing.add_metric([word], count)
        delay.add_metric([], max((one.delay for one in noted.values()), default=0) / NANOSECONDS)
        for at, object_id, source_id in sorted(heard)[:MOST_SHOWN]:
            seen.add_metric([object_id, source_id], at / NANOSECONDS)
        yield from (objects, rows, delay, standing, seen)


def watch_objects(
    registry: CollectorRegistry, parts: Callable[[], Iterable[ObjectFigures]]
) -> None:
    """Show the gauges in a registry; a worker has a part for each partition."""
    registry.register(ObjectGauges(parts))
