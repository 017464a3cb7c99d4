"""Snapshots of all our indices, and their return: Elasticsearch's own, in a repository of files.

A snapshot is of one instant for each index and holds what changed since the last one. It is brought
back only where none of our indices stands: half of one store and half of another prove nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from elasticsearch import Elasticsearch

from connectors.stores.elasticsearch.client import mapped
from connectors.stores.elasticsearch.names import Names
from pipeline.errors import IntegrityError, StoreError


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One snapshot: its name, the indices in it, and how it ended (SUCCESS, PARTIAL ...)."""

    name: str
    indices: tuple[str, ...]
    state: str


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Snapshots in the repository of a name."""

    client: Elasticsearch
    names: Names
    repository: str = "saqshy"

    def register(self, location: str) -> None:
        """Make the repository known: a folder under every node's ``path.repo``."""
        with mapped(f"the repository {self.repository}"):
            self.client.snapshot.create_repository(
                name=self.repository,
                repository={"type": "fs", "settings": {"location": location}},
            )

    def take(self, name: str) -> Snapshot:
        """Take one and wait for it; StoreError where a shard of it is missing."""
        with mapped(f"the snapshot {name}"):
            made = self.client.snapshot.create(
                repository=self.repository,
                snapshot=name,
                indices=f"{self.names.prefix}-*",
                include_global_state=False,
                wait_for_completion=True,
            )["snapshot"]
        taken = Snapshot(made["snapshot"], tuple(sorted(made["indices"])), made["state"])
        if taken.state != "SUCCESS":
            raise StoreError(f"elasticsearch: the snapshot {name} is {taken.state}: take another")
        return taken

    def list(self) -> Sequence[Snapshot]:
        """Give all that are there, the oldest first."""
        with mapped(f"the repository {self.repository}"):
            found = self.client.snapshot.get(
                repository=self.repository, snapshot="*", sort="start_time"
            )["snapshots"]
        return [Snapshot(one["snapshot"], tuple(one["indices"]), one["state"]) for one in found]

    def restore(self, name: str) -> Sequence[str]:
        """Bring one back, aliases included; give its indices. IntegrityError where some stand."""
        pattern = f"{self.names.prefix}-*"
        with mapped("indices"):
            standing = sorted(self.client.indices.get_alias(index=pattern))
        if standing:
            raise IntegrityError(
                f"elasticsearch has {len(standing)} of our indices ({standing[0]} ...): delete them"
                " first, with saqshy indexer stopped; nothing was brought back"
            )
        with mapped(f"the snapshot {name}"):
            done = self.client.snapshot.restore(
                repository=self.repository,
                snapshot=name,
                indices=pattern,
                include_global_state=False,
                wait_for_completion=True,
            )["snapshot"]
        failed = int(done["shards"]["failed"])
        if failed:
            raise StoreError(
                f"elasticsearch: {failed} shards of the snapshot {name} did not return"
            )
        return sorted(done["indices"])
