"""A message that breaks the fold: tried three times, then folded without what broke it."""

import traceback
from collections.abc import Callable
from dataclasses import replace

import structlog

from connectors.stores.kafka.topics import Failed, Posted, pack_failures
from pipeline.errors import SaqshyError
from pipeline.model import Failure, FailureCode, Observation, identity
from pipeline.runtime.cluster.arrival import TooEarly
from pipeline.runtime.cluster.outputs import Output
from pipeline.runtime.observing import ATTEMPTS

log = structlog.get_logger("saqshy.worker")


def folded(
    fold: Callable[[Posted], list[Output]], undo: Callable[[], None], posted: Posted, place: str
) -> list[Output]:
    """Fold a message; where that breaks three times, what is left of it, and its failures.

    An observation keeps its place in its source's order, without what rules found; any other
    message is left out. ``undo`` takes back what a failed attempt did. SaqshyErrors are raised.
    """
    reason = ""
    for _ in range(ATTEMPTS):
        try:
            return fold(posted)
        except (SaqshyError, TooEarly):
            undo()
            raise
        except Exception as error:  # noqa: BLE001 (it counts and routes)
            undo()
            reason = type(error).__name__
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{last.name}:{last.lineno}"
            log.error("fold.broke", place=place, error=reason, where=where)  # noqa: TRY400 (a traceback may quote the record)
    failures = _failures(posted, place, reason)
    found = Output("failures", None, pack_failures(Failed(place, failures)))
    if posted.observation is None:
        return [found]
    left = replace(posted.observation, matches=(), withheld=())
    return [found, *fold(replace(posted, observation=left))]


def _failures(posted: Posted, place: str, reason: str) -> tuple[Failure, ...]:
    detail = f"a stage broke on this record three times: {reason}"[:500]
    seen = posted.observation
    if seen is None:
        batch = posted.batch
        at = batch.received_at if batch is not None else 0
        name = batch.id if batch is not None else identity("message", place)
        return (Failure(name, 0, "", "", "runtime", FailureCode.POISON, detail, at),)
    return tuple(
        Failure(
            batch_id=seen.batch_id,
            index=index,
            object_id=seen.object_id,
            source_id=seen.source_id,
            stage="runtime",
            code=FailureCode.POISON,
            detail=detail,
            received_at=seen.received_at,
        )
        for index in _indexes(seen)
    )


def _indexes(seen: Observation) -> list[int]:
    """Give the records that a rule fired on, or that were withheld."""
    names = [match.event_id for match in seen.matches] + [one for one, _, _ in seen.withheld]
    return sorted({int(name.rpartition("-")[2]) for name in names})
