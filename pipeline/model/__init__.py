"""The nouns of the flow, their identities and their one JSON form.

Source -RawBatch-> normalise -Event-> match -Observation-> correlate -Finding-> assess
-Incident-> notify -Notice-> Sink, which answers with a Receipt
"""

from pipeline.model.batch import (
    ENDING,
    BatchKind,
    Failure,
    FailureCode,
    RawBatch,
    RecordNote,
    Revisions,
    batch_parts,
    pack_batch,
    unpack_batch,
)
from pipeline.model.command import Command
from pipeline.model.event import (
    CROSSING,
    INDICATOR,
    Event,
    Match,
    Observation,
    TimeConfidence,
    event_from,
)
from pipeline.model.event_lines import event_lines
from pipeline.model.finding import (
    Finding,
    Labels,
    RuleRef,
    Tri,
    finding_id,
)
from pipeline.model.incident import (
    Assessment,
    Decision,
    Incident,
    IncidentState,
    Leg,
    Limb,
    Link,
)
from pipeline.model.notice import (
    HINDRANCES,
    AuditEntry,
    GuardDecision,
    Notice,
    NoticeState,
    Receipt,
    Recipient,
    Tried,
    notice_id,
)
from pipeline.model.times import (
    NANOSECONDS,
    Instant,
    instant,
    rfc3339,
)
from pipeline.model.wire import (
    Json,
    as_document,
    from_json,
    identity,
    to_json,
)

__all__ = [
    "CROSSING",
    "ENDING",
    "HINDRANCES",
    "INDICATOR",
    "NANOSECONDS",
    "Assessment",
    "AuditEntry",
    "BatchKind",
    "Command",
    "Decision",
    "Event",
    "Failure",
    "FailureCode",
    "Finding",
    "GuardDecision",
    "Incident",
    "IncidentState",
    "Instant",
    "Json",
    "Labels",
    "Leg",
    "Limb",
    "Link",
    "Match",
    "Notice",
    "NoticeState",
    "Observation",
    "RawBatch",
    "Receipt",
    "Recipient",
    "RecordNote",
    "Revisions",
    "RuleRef",
    "TimeConfidence",
    "Tri",
    "Tried",
    "as_document",
    "batch_parts",
    "event_from",
    "event_lines",
    "finding_id",
    "from_json",
    "identity",
    "instant",
    "notice_id",
    "pack_batch",
    "rfc3339",
    "to_json",
    "unpack_batch",
]
