"""The stateless half of one batch, whatever its records do to it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from pipeline.errors import SaqshyError
from pipeline.model import RawBatch
from pipeline.ports import Appended
from pipeline.runtime.chain import Chain, Observed, poison_failure, without
from pipeline.runtime.knowledge import Knowledge
from pipeline.runtime.warming import warm

ATTEMPTS = 3


class Deadly(SaqshyError):
    """Records cost the process that matched them."""


class RuleCost(Protocol):
    """What a rule took so far."""

    @property
    def asked(self) -> int:
        """Give how often it was asked about an event."""

    @property
    def seconds(self) -> float:
        """Give the seconds that this took."""


class Observing(Protocol):
    """Whatever turns a batch into what it says: a chain, or one in another process."""

    def observe(self, batch: RawBatch) -> Observed:
        """Turn one batch into events, failures and its observation."""


class Ahead(Protocol):
    """Who runs the stateless half for the engine: this process itself, or others ahead of it."""

    def pending(
        self, journal: Appended, after: int, most: int, leave: int
    ) -> Iterator[tuple[int, RawBatch]]:
        """Give up to ``most`` batches behind a position, in order; up to ``leave`` may be left.

        What was given is committed when the next is asked for.
        """

    def observed(self, chain: Chain, position: int, batch: RawBatch) -> Observed:
        """Give what a batch that was just given comes to."""

    def costs(self, chain: Chain) -> Mapping[str, RuleCost]:
        """Give what each rule of a chain that was asked took so far, by its id."""

    def warm(self, known: Knowledge, chain: Chain, journal: Appended) -> None:
        """Make stages ready for knowledge that is not in force yet; nothing is kept."""

    def troubles(self) -> Sequence[str]:
        """Say what a person should mend."""

    def close(self) -> None:
        """End all work; safe to call twice."""


@dataclass(frozen=True, slots=True)
class Here:
    """The stateless half in the engine's own process and thread (``Ahead``)."""

    def pending(
        self,
        journal: Appended,
        after: int,
        most: int,
        leave: int,  # noqa: ARG002 (nothing is under way, so nothing is worth waiting for)
    ) -> Iterator[tuple[int, RawBatch]]:
        """Give batches behind a position."""
        return iter(journal.read(after, most))

    def observed(self, chain: Chain, position: int, batch: RawBatch) -> Observed:  # noqa: ARG002 (the protocol's)
        """Run the stateless half of a batch."""
        return observe(chain, batch)

    def costs(self, chain: Chain) -> Mapping[str, RuleCost]:
        """Give what the chain's own matcher noted."""
        return chain.matcher.costs

    def warm(self, known: Knowledge, chain: Chain, journal: Appended) -> None:  # noqa: ARG002 (the protocol's)
        """Warm the engine's own stages."""
        warm(chain, journal)

    def troubles(self) -> Sequence[str]:
        """Have none."""
        return ()

    def close(self) -> None:
        """End nothing."""


HERE = Here()


def observe(chain: Observing, batch: RawBatch) -> Observed:
    """Run the stateless half; records that break it three times become failures."""
    for _ in range(ATTEMPTS):
        try:
            return chain.observe(batch)
        except SaqshyError:
            raise
        except Exception as error:  # noqa: BLE001 (it counts and routes)
            # The error's own text may quote the record, so its kind must do.
            reason = type(error).__name__
    return isolated(chain, batch, reason)


def isolated(chain: Observing, batch: RawBatch, reason: str) -> Observed:
    """Run the stateless half without the records that break it: they become failures.

    SaqshyErrors are raised, but for Deadly: they are no record's fault.
    """
    poison = _isolate(chain, batch, tuple(range(len(batch.records))))
    observed = chain.observe(without(batch, poison))
    left = [failure for failure in observed.failures if failure.index not in poison]
    failures = [*left, *(poison_failure(batch, index, reason) for index in poison)]
    return replace(observed, failures=failures)


def _isolate(chain: Observing, batch: RawBatch, indexes: tuple[int, ...]) -> list[int]:
    """Bisect a batch down to the records that break the stateless half."""
    others = tuple(set(range(len(batch.records))) - set(indexes))
    try:
        chain.observe(without(batch, others))
    except Exception as error:
        if isinstance(error, SaqshyError) and not isinstance(error, Deadly):
            raise
        if len(indexes) == 1:
            return list(indexes)
    else:
        return []
    half = len(indexes) // 2
    return [
        *_isolate(chain, batch, indexes[:half]),
        *_isolate(chain, batch, indexes[half:]),
    ]
