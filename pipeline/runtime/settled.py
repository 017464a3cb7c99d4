"""The audit trail as far as it is whole where one looks.

In a cluster the brokers have a checkpoint before the store that people read has all entries under
it: what was made in the last minute may still be on its way there.
"""

from collections.abc import Iterable, Iterator

from pipeline.incidents.checkpoints import KIND as CHECKPOINT
from pipeline.incidents.checkpoints import read_token
from pipeline.model import NANOSECONDS, AuditEntry, Instant
from pipeline.model.checkpoint import Checkpoint

SETTLING = 60 * NANOSECONDS
ADMINISTRATION = "administration"


def checkpoints_by(settled: Instant, checkpoints: Iterable[Checkpoint]) -> Iterator[Checkpoint]:
    """Give the checkpoints made by an instant; what cannot be read is for the verifier."""
    for one in checkpoints:
        try:
            late = read_token(one.token).statement.at > settled
        except ValueError:
            late = False
        if late:
            return
        yield one


def entries_by(settled: Instant, entries: Iterable[AuditEntry]) -> Iterator[AuditEntry]:
    """Give the entries, the administration's up to the first checkpoint behind an instant."""
    ended = False
    for one in entries:
        if one.chain == ADMINISTRATION:
            ended = ended or (one.kind == CHECKPOINT and one.at > settled)
            if ended:
                continue
        yield one
