"""Threat indicators: read from feeds, held in an index, met by events."""

from pipeline.normalize.enrichment.indicators.feeds import Feed, Gathering, gather
from pipeline.normalize.enrichment.indicators.index import IndicatorIndex
from pipeline.normalize.enrichment.indicators.indicator import Indicator
from pipeline.normalize.enrichment.indicators.matching import Indicators

__all__ = ["Feed", "Gathering", "Indicator", "IndicatorIndex", "Indicators", "gather"]
