"""Where too much waits: what is not kept is not acknowledged, and comes again.

A source's early observations wait in state, and so does what came behind a tick, each up to a bound
(``arrival``). From the first message that is beyond it nothing of its partition is acknowledged. It
is read on: what came through the same partition of ``raw`` as a message that was not kept is passed
over, so that time overtakes nothing; what came through others is folded, and among that is what is
missing. Once that came to pass the partition is read again from there.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from connectors.stores.kafka.topics import Posted
from pipeline.runtime.cluster.arrival import TooEarly, TooFull

Source: TypeAlias = tuple[str, str, str]  # collector, object, source


class Standing(Protocol):
    """How far a partition's state has come."""

    def stands(self, source: Source) -> int:
        """Give up to which sequence a source came to pass."""

    def passed(self, clock: str) -> int:
        """Give the last tick of a clock that came to pass."""


@dataclass(slots=True)
class Gap:
    """Of one partition: from which offset nothing is acknowledged, and what is waited for."""

    since: int
    sources: dict[Source, int] = field(default_factory=dict)  # and where each stood
    ticks: dict[tuple[str, int], None] = field(default_factory=dict)
    ways: set[int] = field(default_factory=set)  # partitions of raw of which something was missed


@dataclass(slots=True)
class Gaps:
    """The gaps by partition."""

    _gaps: dict[Hashable, Gap] = field(default_factory=dict)

    @property
    def trouble(self) -> str:
        """Say for what too much waits; "" where for nothing."""
        if not self._gaps:
            return ""
        sources = sorted({one for gap in self._gaps.values() for one in gap.sources})
        ticks = sorted({one for gap in self._gaps.values() for one in gap.ticks})
        told = [f"a gap of {'/'.join(source)}" for source in sources[:3]]
        told += [f"tick {number} of {clock}" for clock, number in ticks[:1]]
        return f"too much waits behind {', '.join(told)}: see where raw waits"

    def missed(
        self, place: Hashable, offset: int, posted: Posted, why: TooEarly, state: Standing
    ) -> None:
        """Note that an observation was not kept, and what it would have waited for."""
        gap = self._gaps.setdefault(place, Gap(offset))
        gap.ways.add(posted.via)
        if isinstance(why, TooFull):
            gap.ticks.setdefault((why.clock, why.behind))
        elif posted.observation is not None:
            source = _source(posted)
            gap.sources.setdefault(source, state.stands(source))

    def lets(self, place: Hashable, posted: Posted, state: Standing) -> bool:
        """Tell whether a message is to be folded now."""
        gap = self._gaps.get(place)
        if gap is None or posted.across is not None or posted.via not in gap.ways:
            return True
        # What is missing of a source may itself lie behind what was missed of another.
        seen = posted.observation
        if seen is None or (source := _source(posted)) not in gap.sources:
            return False
        return seen.previous <= state.stands(source)

    def passes(self, place: Hashable, offset: int) -> bool:
        """Tell whether a message may be acknowledged."""
        gap = self._gaps.get(place)
        return gap is None or offset < gap.since

    def moved(self, place: Hashable, state: Standing) -> int | None:
        """Give from where a partition is to be read again; None where nothing moved on."""
        gap = self._gaps.get(place)
        if gap is None:
            return None
        came = any(state.stands(source) > stood for source, stood in gap.sources.items())
        came = came or any(state.passed(clock) >= number for clock, number in gap.ticks)
        return gap.since if came else None

    def forget(self) -> None:
        """Let go of everything: it comes again, to whom it is."""
        self._gaps.clear()


def _source(posted: Posted) -> Source:
    seen = posted.observation
    assert seen is not None  # nothing else has a turn to wait for
    return posted.collector, seen.object_id, seen.source_id
