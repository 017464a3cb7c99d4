"""All that a standalone system shows when somebody asks for its metrics."""

from collections.abc import Callable
from dataclasses import dataclass

from prometheus_client import CollectorRegistry

from pipeline.ports import Clock
from pipeline.runtime.chain import Chain
from pipeline.runtime.chain_gauges import watch_chain
from pipeline.runtime.dispatch import Dispatcher
from pipeline.runtime.engine import Engine
from pipeline.runtime.gauges import watch_content, watch_stores
from pipeline.runtime.lines import watch_lines
from pipeline.runtime.object_figures import watch_objects
from pipeline.runtime.outbox_gauges import watch_outboxes
from pipeline.runtime.reloading import Reloader
from pipeline.runtime.skews import watch_skews
from pipeline.runtime.standing_incidents import watch_standing
from pipeline.runtime.term_figures import watch_terms
from pipeline.runtime.waits import watch_waits


@dataclass(frozen=True, slots=True)
class SystemGauges:
    """The parts that are looked at; ``regime`` is the operating regime."""

    engine: Engine
    dispatcher: Dispatcher
    reloader: Reloader
    clock: Clock
    regime: str

    def register(self, registry: CollectorRegistry) -> None:
        """Show everything in a registry."""
        engine, now = self.engine, self.clock.now
        stores = engine.stores
        watch_stores(registry, stores, now)
        watch_terms(registry, lambda: [stores.state])
        watch_content(registry, lambda: self.reloader.knowledge.content)
        watch_skews(registry, engine.skews)
        engine.waits.load(stores)
        watch_waits(registry, engine.waits, now)
        watch_lines(registry, self.dispatcher.gates, now)
        watch_standing(registry, engine.standing)
        watch_objects(registry, lambda: [engine.folding.figures])
        watch_outboxes(registry, lambda: [stores.outbox], now)
        watch_chain(registry, self._chain, self.regime, engine.ahead.costs)

    def sector(self) -> Callable[[str, int], str]:
        """Give what names an object's branch under the registry in force."""
        return lambda object_id, at: self._chain().sector(object_id, at)

    def _chain(self) -> Chain:
        return self.engine.chain(self.reloader.knowledge.revisions)
