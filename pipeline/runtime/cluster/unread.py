"""The failure of a message that no process can read: its place, and what it is instead."""

from connectors.stores.kafka.frames import Unread
from connectors.stores.kafka.topics import Failed, pack_failures
from pipeline.model import Failure, FailureCode, identity
from pipeline.runtime.cluster.outputs import Output

_CODES = {"oversized": FailureCode.OVERSIZED}


def unread_failure(place: str, unread: Unread, at: int) -> Output:
    """Give the dead letter of a message at ``topic/partition/offset``, read at an instant (ns)."""
    failure = Failure(
        batch_id=identity("message", place),
        index=0,
        object_id="",
        source_id="",
        stage="transport",
        code=_CODES.get(unread.code, FailureCode.CORRUPT),
        detail=unread.detail,
        received_at=at,
    )
    key = failure.batch_id.encode()
    return Output("failures", key, pack_failures(Failed(place, (failure,))))
