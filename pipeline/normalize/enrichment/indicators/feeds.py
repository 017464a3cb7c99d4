"""Files of feeds to indicators: STIX bundles and envelopes, MISP events and lists, CSV."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson

from pipeline.errors import ConfigurationError, Problem
from pipeline.normalize.enrichment.indicators.indicator import Indicator
from pipeline.normalize.enrichment.indicators.lists import list_indicators
from pipeline.normalize.enrichment.indicators.misp import is_misp, misp_indicators
from pipeline.normalize.enrichment.indicators.stix import is_stix, stix_indicators

# A document is in memory as a whole while it is read, as some ten times its size.
MOST_JSON = 64 * 1024 * 1024
MOST_LIST = 1024 * 1024 * 1024
_MOST_NAMES = 64  # of what is left out


class Feed(NamedTuple):
    """One file: its name as messages give it, who is named as its source, and its bytes."""

    name: str
    provider: str
    data: bytes


@dataclass(slots=True)
class Gathering:
    """What files hold besides: ``left_out`` counts, by name, what cannot be looked up."""

    left_out: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)


def gather(feeds: Iterable[Feed], gathering: Gathering) -> Iterator[Indicator]:
    """Give the indicators of all files; a file that does not read is a problem."""
    for feed in feeds:
        left_out: Counter[str] = Counter()
        try:
            yield from _indicators(feed, left_out)
        except ConfigurationError as error:
            gathering.problems += error.problems
        for reason, count in left_out.items():
            known = reason in gathering.left_out or len(gathering.left_out) < _MOST_NAMES
            gathering.left_out[reason if known else "other"] += count


def _indicators(feed: Feed, left_out: Counter[str]) -> Iterator[Indicator]:
    csv = feed.name.lower().endswith(".csv")
    most = MOST_LIST if csv else MOST_JSON
    if len(feed.data) > most:
        raise _problem(feed, f"is larger than {most // 1024 // 1024} MiB", "split it")
    if csv:
        yield from list_indicators(feed.data, feed.name, feed.provider, left_out)
        return
    try:
        document = orjson.loads(feed.data)
    except orjson.JSONDecodeError as error:
        raise _problem(feed, f"is no JSON: {error}", "download it again") from error
    if is_stix(document):
        yield from stix_indicators(document, feed.provider, left_out)
    elif is_misp(document):
        yield from misp_indicators(document, feed.provider, left_out)
    else:
        raise _problem(
            feed, "is neither a STIX 2.1 bundle nor an event or attributes of MISP", "remove it"
        )


def _problem(feed: Feed, what: str, way_out: str) -> ConfigurationError:
    return ConfigurationError([Problem(feed.name, 0, what, way_out)])
