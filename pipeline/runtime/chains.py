"""Chains by revision: the stages for a batch's stamp, made once, the last two held."""

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock

from pipeline.model import Revisions
from pipeline.runtime.chain import Chain
from pipeline.runtime.knowledge import Knowledge, Shelf
from pipeline.runtime.stages import Stages

CHAINS_HELD = 2  # what is in force and what is left of the journal before it


@dataclass(slots=True)
class Chains:
    """Gives the chain for a batch's stamp; another thread may put one that it has prepared."""

    shelf: Shelf
    stages: Stages
    _held: OrderedDict[Revisions, Chain] = field(default_factory=OrderedDict)
    _guard: Lock = field(default_factory=Lock)

    def __call__(self, stamp: Revisions) -> Chain:
        """Give the stages of these revisions; made here where nobody has prepared them."""
        with self._guard:
            held = self._held.get(stamp)
            if held is not None:
                self._held.move_to_end(stamp)
                return held
        return self.put(self.prepared(self.shelf(stamp)))

    def latest(self) -> Chain | None:
        """Give the chain that was used last; None before the first."""
        with self._guard:
            return next(reversed(self._held.values()), None)

    def prepared(self, known: Knowledge) -> Chain:
        """Make the stages of a knowledge that is not in force yet."""
        return self.stages(known, known.revisions)

    def put(self, chain: Chain) -> Chain:
        """Hold a chain."""
        with self._guard:
            self._held[chain.revisions] = chain
            self._held.move_to_end(chain.revisions)
            while len(self._held) > CHAINS_HELD:
                self._held.popitem(last=False)
        return chain
