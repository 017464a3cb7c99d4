"""What each rule costs in all matching processes together, by the revisions of its rules."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock

from pipeline.model import Revisions
from pipeline.runtime.chains import CHAINS_HELD
from pipeline.runtime.cores.wire import Spent


@dataclass(slots=True)
class RuleCosts:
    """Adds up what processes tell; of as many revisions as chains are held."""

    _held: OrderedDict[Revisions, dict[str, Spent]] = field(default_factory=OrderedDict)
    _guard: Lock = field(default_factory=Lock)

    def note(self, stamp: Revisions, told: Mapping[str, Spent]) -> None:
        """Add what rules of these revisions took since a process told last."""
        with self._guard:
            held = self._held.setdefault(stamp, {})
            self._held.move_to_end(stamp)
            for rule, spent in told.items():
                before = held.get(rule, Spent(0, 0.0))
                held[rule] = Spent(before.asked + spent.asked, before.seconds + spent.seconds)
            while len(self._held) > CHAINS_HELD:
                self._held.popitem(last=False)

    def of(self, stamp: Revisions) -> dict[str, Spent]:
        """Give what each rule of these revisions took so far."""
        with self._guard:
            return dict(self._held.get(stamp, {}))
