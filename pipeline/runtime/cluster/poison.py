"""A message that breaks the fold: tried three times, then folded without what broke it."""

import traceback
from collections.abc import Callable
from dataclasses import replace

import structlog

from connectors.stores.kafka.topics import Failed, Posted, pack_failures
from pipeline.errors import SaqshyError
from pipeline.model import Failure, FailureCode, identity
from pipeline.runtime.cluster.arrival import TooEarly
from pipeline.runtime.cluster.outputs import Output
from pipeline.runtime.observing import ATTEMPTS
from pipeline.runtime.surviving import Broken, observation_failures

log = structlog.get_logger("saqshy.worker")


def nothing_of(_: Posted) -> list[Output]:
    """Pass over a message that has no turn."""
    return []


def folded(
    fold: Callable[[Posted], list[Output]],
    undo: Callable[[], None],
    posted: Posted,
    place: str,
    pass_over: Callable[[Posted], list[Output]] = nothing_of,
) -> list[Output]:
    """Fold a message; where that breaks three times, what is left of it, and its failures.

    An observation keeps its place in its source's order, without what rules found; where that
    breaks too, ``pass_over`` (Posted) lets its source go on without it. Any other message is left
    out. ``undo`` takes back what a failed attempt did. SaqshyErrors are raised.
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
    found = _told(posted, place, reason)
    if posted.observation is None:
        return [found]
    left = replace(posted.observation, matches=(), withheld=())
    outputs = _once(fold, undo, replace(posted, observation=left), place)
    if outputs is None:
        found = _told(posted, place, reason, whole=True)
        outputs = _once(pass_over, undo, posted, place)
    return [found, *(outputs or ())]


def _once(
    fold: Callable[[Posted], list[Output]], undo: Callable[[], None], posted: Posted, place: str
) -> list[Output] | None:
    """Fold what is left of a message; None where that breaks too."""
    try:
        return fold(posted)
    except (SaqshyError, TooEarly):
        undo()
        raise
    except Exception as error:  # noqa: BLE001 (it routes)
        undo()
        log.error("fold.broke", place=place, error=type(error).__name__)  # noqa: TRY400 (a traceback may quote the record)
        return None


def _told(posted: Posted, place: str, reason: str, *, whole: bool = False) -> Output:
    failures = _failures(posted, place, reason, whole=whole)
    return Output("failures", None, pack_failures(Failed(place, failures)))


def _failures(posted: Posted, place: str, reason: str, *, whole: bool) -> tuple[Failure, ...]:
    seen = posted.observation
    if seen is None:
        detail = f"a stage broke on this record three times: {reason}"[:500]
        batch = posted.batch
        at = batch.received_at if batch is not None else 0
        name = batch.id if batch is not None else identity("message", place)
        return (Failure(name, 0, "", "", "runtime", FailureCode.POISON, detail, at),)
    return observation_failures(seen, Broken(reason), whole=whole)
