"""What commands read of a cluster: what its indexers wrote, and its brokers; no empty stand-ins."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from pipeline.errors import ConfigurationError, Problem
from pipeline.ports import StateStore
from pipeline.runtime.reading import ELSEWHERE, Elsewhere
from pipeline.runtime.reviewing import NO_OBJECT
from pipeline.runtime.term_rows import TERMS
from pipeline.runtime.web_ground import Ground, opened_ground
from pipeline.settings import Settings

TRAIL = "saqshy audit export has what was decided; the console and /api/v1 show the rest"
RAW = "the topic raw has them while it keeps them"


@contextmanager
def cluster_kept(settings: Settings) -> Iterator[Ground]:
    """Open what is kept; ConfigurationError where the settings name half of a cluster."""
    with opened_ground(settings, None, time.time_ns) as ground:
        carriers: Any = Elsewhere("records as they came", RAW)
        state = KnownState(ground.stores.state)
        yield replace(ground, stores=replace(ground.stores, carriers=carriers, state=state))


@dataclass(frozen=True, slots=True)
class KnownState:
    """Of the state of objects when sources were heard, and terms; all else is elsewhere."""

    heard: StateStore

    def load(self, object_id: str) -> Mapping[str, bytes]:
        """Give a row for each source of an object; ConfigurationError for what is no object's."""
        if not object_id or object_id.startswith(NO_OBJECT):
            raise _elsewhere(object_id)
        return self.heard.load(object_id)

    def save(self, object_id: str, rows: Mapping[str, bytes | None]) -> None:
        """Refuse: ConfigurationError."""
        raise _elsewhere(f"{object_id} ({len(rows)} rows)")

    def between(
        self, object_id: str, begin: str, end: str, limit: int
    ) -> Sequence[tuple[str, bytes]]:
        """Give rows of terms; ConfigurationError for others."""
        if object_id != TERMS:
            raise _elsewhere(object_id)
        return self.heard.between(object_id, begin, end, limit)

    def objects(self) -> Sequence[str]:
        """Give every object of which something was heard, sorted."""
        return self.heard.objects()


def _elsewhere(name: str) -> ConfigurationError:
    return ConfigurationError([Problem(f"the state {name}".strip(), 0, ELSEWHERE, TRAIL)])
