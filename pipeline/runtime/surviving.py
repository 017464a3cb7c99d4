"""What breaks the stateful half of one object: tried three times, then left out and told.

An object's fold is a pure function, so what breaks it breaks it in every process alike: nothing may
stand still for that, and no other object may be the worse for it.
"""

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import structlog

from pipeline.errors import SaqshyError
from pipeline.model import BatchKind, Failure, FailureCode, Finding, Observation, identity
from pipeline.runtime.observing import ATTEMPTS

log = structlog.get_logger("saqshy.fold")
_Done = TypeVar("_Done")


@dataclass(frozen=True, slots=True)
class Broken:
    """Nothing came of it: the kind of what was raised (its text may quote a record)."""

    reason: str


def tried(fold: Callable[[], _Done], undo: Callable[[], None], object_id: str) -> _Done | Broken:
    """Fold up to three times, each time from where it stood before; SaqshyErrors are raised."""
    reason = ""
    for _ in range(ATTEMPTS):
        try:
            return fold()
        except SaqshyError:
            raise
        except Exception as error:  # noqa: BLE001 (it counts and routes)
            undo()
            reason = type(error).__name__
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{last.name}:{last.lineno}"
            log.error("fold.broke", object=object_id, error=reason, where=where)  # noqa: TRY400 (a traceback may quote the record)
    return Broken(reason)


def stripped(seen: Observation) -> Observation | None:
    """Give an observation without what rules found in it; None where they found nothing."""
    left = replace(seen, matches=(), withheld=())
    return None if left == seen else left


def observation_failures(
    seen: Observation, broken: Broken, *, whole: bool = False, across: bool = False
) -> tuple[Failure, ...]:
    """Make the failures of what was left out of an observation.

    Of a batch those are the records that a rule fired on, or that were withheld; ``whole``: all of
    them. A tick is one failure of each object that it broke, and of what is ``across`` objects.
    """
    if seen.kind is not BatchKind.CLOCK:
        names = [match.event_id for match in seen.matches] + [one for one, _, _ in seen.withheld]
        # What was written before observations bore their number has events alone.
        every = range(seen.records or seen.event_count) if whole else ()
        indexes = {*map(_index, names), *every}
        return tuple(
            _failure(seen, seen.batch_id, one, "record", broken) for one in sorted(indexes)
        )
    name = identity("tick", seen.batch_id, seen.object_id, *(["across"] if across else []))
    return (_failure(seen, name, 0, f"tick ({seen.batch_id})", broken),)


def finding_failures(
    findings: Sequence[Finding], seen: Observation, broken: Broken
) -> tuple[Failure, ...]:
    """Make the failures of events whose findings across objects could not be judged."""
    return tuple(
        replace(
            _failure(seen, event_id.rpartition("-")[0], _index(event_id), "record", broken),
            object_id=finding.object_id,
            source_id="",
        )
        for finding in findings
        for event_id in finding.event_ids
    )


def _index(event_id: str) -> int:
    return int(event_id.rpartition("-")[2])


def _failure(seen: Observation, batch_id: str, index: int, what: str, broken: Broken) -> Failure:
    return Failure(
        batch_id=batch_id,
        index=index,
        object_id=seen.object_id,
        source_id=seen.source_id,
        stage="runtime",
        code=FailureCode.POISON,
        detail=f"a stage broke on this {what} three times: {broken.reason}"[:500],
        received_at=seen.received_at,
    )
