"""Pulled feeds: what a server adds is kept as files of a folder, which are watched like rules.

Every page is a file of its own, whole or not there; where the pull stands is kept behind it. A kill
between the two has a page pulled twice, which changes nothing: the same indicators count once.
"""

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from connectors.feeds import MispFeed, TaxiiFeed
from pipeline.errors import SourceError
from pipeline.ports import IndicatorFeed
from pipeline.settings import Settings, TaxiiSettings

log = structlog.get_logger("saqshy.feeds")
_CURSOR = ".cursor"  # hidden files are not watched


@dataclass(slots=True)
class Pulled:
    """One feed, its folder, and how often it is asked; ``trouble`` is why it gave nothing."""

    feed: IndicatorFeed
    folder: Path
    every_seconds: float
    trouble: str = ""
    _due: float = 0.0

    def pull(self) -> int:
        """Keep what was added since the last time; give the number of new pages."""
        self.folder.mkdir(parents=True, exist_ok=True)
        kept = 0
        try:
            for page in self.feed.pull(self._cursor()):
                self._keep(f"{self._next():08d}.json", page.data)
                self._keep(_CURSOR, page.cursor.encode())
                kept += 1
        except (SourceError, OSError) as error:
            self.trouble = str(error)
            log.warning("feed.trouble", feed=self.feed.name, trouble=self.trouble)
        else:
            self.trouble = ""
        if kept:
            log.info("feed.pulled", feed=self.feed.name, pages=kept)
        return kept

    def pull_if_due(self, now: float) -> None:
        """Pull where the time has come; ``now`` in seconds of a clock that only goes forward."""
        if now >= self._due:
            self.pull()
            self._due = now + self.every_seconds

    def _cursor(self) -> str:
        try:
            return (self.folder / _CURSOR).read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""

    def _next(self) -> int:
        numbers = (path.stem for path in self.folder.glob("*.json"))
        return max((int(stem) for stem in numbers if stem.isdigit()), default=0) + 1

    def _keep(self, name: str, data: bytes) -> None:
        fresh = self.folder / f".{name}.new"
        with fresh.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.folder / name)


@dataclass(slots=True)
class Feeds:
    """All pulled feeds; ``run`` is one thread."""

    pulled: Sequence[Pulled] = ()
    clock: Callable[[], float] = field(default=time.monotonic)

    def run(self, stop: threading.Event, most: float = 1.0) -> None:
        """Pull each feed when its time comes, until told to stop; looks every ``most`` seconds."""
        try:
            while self.pulled and not stop.is_set():
                for one in self.pulled:
                    if not stop.is_set():
                        one.pull_if_due(self.clock())
                stop.wait(most)
        finally:
            for one in self.pulled:
                one.feed.close()

    def troubles(self) -> list[str]:
        """Say which feeds gave nothing and why."""
        return [one.trouble for one in self.pulled if one.trouble]


def make_feeds(settings: Settings) -> Feeds:
    """Make what pulls indicators; SourceError where a file of its settings does not read."""
    folder = settings.enrichment.feeds
    return Feeds(
        [
            Pulled(
                TaxiiFeed(one) if isinstance(one, TaxiiSettings) else MispFeed(one),
                folder / one.name,
                one.every_seconds,
            )
            for one in settings.enrichment.pulled
        ]
    )
