"""What the stages in force tell of themselves: their versions, and what each rule costs."""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from pipeline import __version__
from pipeline.runtime.catalogue import counted_family, family
from pipeline.runtime.chain import Chain
from pipeline.runtime.observing import HERE, RuleCost

MOST_RULES = 256


class ChainGauges(Collector):
    """Versions and costs of the chain in force, read when somebody asks; nothing where none is.

    The costs are those of this chain alone: after a reload they begin anew, as counters may.
    """

    def __init__(
        self,
        chain: Callable[[], Chain | None],
        regime: str,
        costs: Callable[[Chain], Mapping[str, RuleCost]],
    ) -> None:
        self._chain = chain
        self._regime = regime
        self._costs = costs

    def describe(self) -> Iterator[Metric]:
        """Give the families without values."""
        yield family("saqshy_versions_info")
        yield counted_family("saqshy_rule_tests_total")
        yield counted_family("saqshy_rule_test_seconds_total")

    def collect(self) -> Iterator[Metric]:
        """Give what is in force now."""
        chain = self._chain()
        if chain is None:
            return
        stamp = chain.revisions
        versions = family("saqshy_versions_info")
        named = [__version__, stamp.content, stamp.registry, stamp.pack, self._regime]
        versions.add_metric(named, 1)
        tests = counted_family("saqshy_rule_tests_total")
        seconds = counted_family("saqshy_rule_test_seconds_total")
        costs = list(self._costs(chain).items())
        for rule, cost in sorted(costs, key=lambda one: (-one[1].seconds, one[0]))[:MOST_RULES]:
            tests.add_metric([rule], cost.asked)
            seconds.add_metric([rule], cost.seconds)
        yield from (versions, tests, seconds)


def watch_chain(
    registry: CollectorRegistry,
    chain: Callable[[], Chain | None],
    regime: str,
    costs: Callable[[Chain], Mapping[str, RuleCost]] = HERE.costs,
) -> None:
    """Show the gauges in a registry; ``regime`` is the operating regime, ``costs`` who matches."""
    registry.register(ChainGauges(chain, regime, costs))
