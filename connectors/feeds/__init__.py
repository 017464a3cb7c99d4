"""Where threat indicators are pulled from; each implements ``pipeline.ports.IndicatorFeed``."""

from connectors.feeds.memory import MemoryFeed
from connectors.feeds.misp import MispFeed
from connectors.feeds.taxii import TaxiiFeed

__all__ = ["MemoryFeed", "MispFeed", "TaxiiFeed"]
