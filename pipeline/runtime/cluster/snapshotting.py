"""A snapshot of the workers' state while they work: what a rebuild begins with.

First stands down to where ``raw`` is matched; then it is waited until everything that was made of
it is folded, across objects too; then the changelogs are read to their ends. So all of ``raw``
before that place is in the state, and what comes again behind it changes nothing.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from connectors.stores.kafka.admin import Administration, Difference
from connectors.stores.kafka.reading import Read, Reading
from connectors.stores.kafka.snapshots import (
    VERSION,
    Filed,
    Manifest,
    write_file,
    write_manifest,
)
from connectors.stores.kafka.state_reading import counted
from connectors.stores.kafka.state_topics import CENTRE, FOLD, UNCUT, changelog
from connectors.stores.kafka.state_topics import wanted as state_wanted
from connectors.stores.kafka.topics import Topics
from pipeline.errors import StoreError
from pipeline.settings import ClusterSettings

SETTLE_SECONDS = 0.2  # between two looks at how far workers are
_ROUNDS = ("observations", "centre", "observations")  # what is folded makes work for the next


@dataclass(slots=True)
class Snapshotting:
    """Takes a snapshot of the settings' generation; waits up to ``patience`` s for workers."""

    settings: ClusterSettings
    patience: float = 60.0
    told: Callable[[str, int], None] = lambda _step, _count: None
    topics: Topics = field(init=False)

    def __post_init__(self) -> None:
        self.topics = Topics(self.settings.prefix)

    def __call__(self, folder: Path, now: int) -> Manifest:
        """Write a snapshot into a new folder, at an instant (ns).

        StoreError where brokers or workers do not get ready; FileExistsError where the folder is
        there.
        """
        folder.mkdir(mode=0o700, parents=True)
        with (
            Reading(self.settings) as reading,
            closing(Administration(self.settings)) as administration,
        ):
            folds = reading.partitions(self.topics("observations"))
            self._keep_uncut(administration, folds)
            raw = self._matched(administration, reading)
            for name in _ROUNDS:
                self._wait(administration, reading, name)
            files = [self._filed(reading, folder, table) for table in (FOLD, CENTRE)]
        manifest = Manifest(
            version=VERSION,
            prefix=self.settings.prefix,
            generation=self.settings.generation,
            taken_at=now,
            folds=folds,
            raw=raw,
            files=tuple(files),
        )
        write_manifest(folder, manifest)
        return manifest

    def _keep_uncut(self, administration: Administration, folds: int) -> None:
        """Have brokers take nothing out of what is read, for as long as that may take."""
        wanted = [
            one
            for one in state_wanted(self.settings, folds, 1)
            if one.name != changelog(self.settings, ("notifier", "notifier"))
        ]
        there = administration.topics(one.name for one in wanted)
        for one in wanted:
            if one.name not in there:
                raise StoreError(f"the topic {one.name} is not there: no worker has begun yet")
        (key, value), *_ = UNCUT.items()
        differing = [
            Difference(name, "config", key, found.config.get(key, ""), value, mends=True)
            for name, found in there.items()
            if found.config.get(key) != value
        ]
        administration.apply(wanted, differing)

    def _matched(self, administration: Administration, reading: Reading) -> tuple[int, ...]:
        topic = self.topics("raw")
        committed = administration.committed(self.settings.group("worker"))
        bounds = reading.bounds(topic)
        return tuple(
            committed.get((topic, number), begin) for number, (begin, _) in enumerate(bounds)
        )

    def _wait(self, administration: Administration, reading: Reading, name: str) -> None:
        topic, group = self.topics(name), self.settings.group("worker")
        ends = [end for _, end in reading.bounds(topic)]
        until = time.monotonic() + self.patience
        while behind := self._behind(administration, group, topic, ends):
            if time.monotonic() > until:
                raise StoreError(
                    f"workers are {behind} messages behind in {name} and do not get on: see that"
                    " they run (saqshy cluster status), and try again"
                )
            time.sleep(SETTLE_SECONDS)
        self.told(f"folded: {name}", sum(ends))

    @staticmethod
    def _behind(administration: Administration, group: str, topic: str, ends: Sequence[int]) -> int:
        committed = administration.committed(group)
        return sum(
            max(0, end - committed.get((topic, number), 0)) for number, end in enumerate(ends)
        )

    def _filed(self, reading: Reading, folder: Path, table: tuple[str, str]) -> Filed:
        filed = write_file(folder, table[1], self._messages(reading, table))
        self.told(f"messages of {table[1]}", filed.messages)
        return filed

    def _messages(self, reading: Reading, table: tuple[str, str]) -> Iterator[Read]:
        topic = changelog(self.settings, table)
        bounds = reading.bounds(topic)
        begins, ends = [begin for begin, _ in bounds], [end for _, end in bounds]
        yield from counted(reading.messages(topic, begins, ends))
