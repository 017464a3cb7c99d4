"""A message that breaks the notifier: tried again by itself, then left out and told of."""

from collections.abc import Sequence

import structlog

from connectors.stores.kafka.topics import Failed, Posted, Told, pack_failures
from pipeline.errors import IntegrityError, SaqshyError
from pipeline.model import Failure, FailureCode, identity
from pipeline.runtime.cluster.notifying import NotifierPartition
from pipeline.runtime.cluster.outputs import Output
from pipeline.runtime.observing import ATTEMPTS

log = structlog.get_logger("saqshy.notifier")


def taken(stage: NotifierPartition, messages: Sequence[tuple[str, Told | Posted]]) -> list[Output]:
    """Take messages with their places in one transaction; give the failures of what breaks it.

    SaqshyErrors are raised, but for IntegrityError: what says otherwise of what is known is not
    taken, and no reason to stand still.
    """
    if len(messages) > 1:
        try:
            stage(*(message for _, message in messages))
        except IntegrityError:
            log.warning("notifier.differs", count=len(messages))
        except SaqshyError:
            raise
        except Exception as error:  # noqa: BLE001 (each is tried by itself)
            log.warning("notifier.broke", error=type(error).__name__)
        else:
            return []
    return [failed for place, message in messages for failed in _alone(stage, place, message)]


def _alone(stage: NotifierPartition, place: str, message: Told | Posted) -> list[Output]:
    reason = ""
    for _ in range(ATTEMPTS):
        try:
            stage(message)
        except IntegrityError as error:
            reason = str(error)
            break
        except SaqshyError:
            raise
        except Exception as error:  # noqa: BLE001 (it counts and routes)
            reason = type(error).__name__
        else:
            return []
    log.error("notifier.left_out", place=place, error=reason)
    told = message if isinstance(message, Told) else None
    batch = message.batch if isinstance(message, Posted) else None
    failure = Failure(
        batch_id=batch.id if batch is not None else identity("message", place),
        index=0,
        object_id=told.object_id if told is not None else "",
        source_id="",
        stage="runtime",
        code=FailureCode.POISON,
        detail=f"the notifier does not take this message: {reason}"[:500],
        received_at=told.at if told is not None else batch.received_at if batch is not None else 0,
    )
    return [Output("failures", None, pack_failures(Failed(place, (failure,))))]
