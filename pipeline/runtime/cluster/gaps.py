"""Where too much waits behind a gap: what is not kept is not acknowledged, and comes again.

A source's early observations wait in state, up to a bound (``arrival.MOST_EARLY``). From the first
one that is beyond it nothing of its partition is folded or acknowledged: it is read on only to find
what is missing, which lies behind. Once that came to pass the partition is read again from there.
Ticks too are left until then, so that time overtakes nothing.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TypeAlias

from connectors.stores.kafka.topics import Posted

Source: TypeAlias = tuple[str, str, str]  # collector, object, source


@dataclass(slots=True)
class Gaps:
    """By partition: from which offset nothing is acknowledged, and which sources stood where."""

    _since: dict[Hashable, int] = field(default_factory=dict)
    _stood: dict[Hashable, dict[Source, int]] = field(default_factory=dict)

    @property
    def trouble(self) -> str:
        """Say of which sources too much waits; "" where of none."""
        named = sorted({source for stood in self._stood.values() for source in stood})
        if not named:
            return ""
        told = ", ".join("/".join(source) for source in named[:3])
        return f"too much waits behind a gap of {told}: see where raw waits"

    def missed(self, place: Hashable, offset: int, source: Source, sequence: int) -> None:
        """Note that a message was not kept, of a source that stands at a sequence."""
        self._since.setdefault(place, offset)
        self._stood.setdefault(place, {}).setdefault(source, sequence)

    def lets(self, place: Hashable, posted: Posted, stands: Callable[[Source], int]) -> bool:
        """Tell whether a message is to be folded now: where there is a gap, what it waits for."""
        stood = self._stood.get(place)
        if stood is None:
            return True
        seen = posted.observation
        if seen is None:
            return False
        source = posted.collector, seen.object_id, seen.source_id
        return source in stood and seen.previous <= stands(source)

    def passes(self, place: Hashable, offset: int) -> bool:
        """Tell whether a message may be acknowledged."""
        return offset < self._since.get(place, offset + 1)

    def moved(self, place: Hashable, stands: Callable[[Source], int]) -> int | None:
        """Give from where a partition is to be read again; None where no source moved on."""
        stood = self._stood.get(place, {})
        if any(stands(source) > sequence for source, sequence in stood.items()):
            return self._since[place]
        return None

    def forget(self) -> None:
        """Let go of everything: it comes again, to whom it is."""
        self._since.clear()
        self._stood.clear()
