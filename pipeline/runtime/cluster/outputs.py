"""What a stage of the cluster sends on, and to which partition an object's messages go."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from connectors.stores.kafka.topics import Failed, Told, pack_failures, pack_outcome
from pipeline.model import Failure, as_document
from pipeline.runtime.folded import Folded

_Part = TypeVar("_Part")


@dataclass(frozen=True, slots=True)
class Output:
    """One message to send: ``topic`` without the prefix; ``partition`` None where any will do."""

    topic: str
    key: bytes | None
    value: bytes
    partition: int | None = None


def partition_of(name: str, partitions: int) -> int:
    """Give the partition of an object (or of the administration), the same in every process."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:4], "big") % partitions


def outcome_outputs(cause: str, at: int, folded: Folded, folds: int) -> Iterator[Output]:
    """Give what a fold's step tells the notifier and the indexer; nothing where nothing came of it.

    Each object's part goes to its own partition, and an entry to where its chain is written.
    """
    findings = _grouped((one.object_id, one) for one in folded.findings)
    incidents = _grouped((one.object_id, one) for one in folded.incidents)
    notices = _grouped((one.object_id, one) for one in folded.notices)
    drafts = _grouped((one.chain, one) for one in folded.drafts)
    for name in sorted({*findings, *incidents, *notices, *drafts}):
        told = Told(
            object_id=name,
            cause=cause,
            at=at,
            findings=findings.get(name, ()),
            incidents=incidents.get(name, ()),
            notices=notices.get(name, ()),
            drafts=tuple(map(as_document, drafts.get(name, ()))),
        )
        yield Output("outcomes", name.encode(), pack_outcome(told), partition_of(name, folds))


def failure_outputs(place: str, failures: Sequence[Failure]) -> Iterator[Output]:
    """Give the message of dead letters from a place; nothing where there are none."""
    if failures:
        yield Output("failures", None, pack_failures(Failed(place, tuple(failures))))


def _grouped(named: Iterable[tuple[str, _Part]]) -> dict[str, tuple[_Part, ...]]:
    groups: dict[str, tuple[_Part, ...]] = {}
    for name, part in named:
        groups[name] = (*groups.get(name, ()), part)
    return groups
