"""Notices, receipts, and the links of the audit chain."""

from dataclasses import dataclass
from enum import StrEnum

from pipeline.model.times import Instant
from pipeline.model.wire import Json, identity


class NoticeState(StrEnum):
    """Where a notice stands between the outbox and its receipt."""

    HELD = "held"
    PENDING = "pending"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    FAILED = "failed"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets a notice: a role of the law and a party of the registry."""

    role: str
    party_id: str


@dataclass(frozen=True, slots=True)
class GuardDecision:
    """What the secrecy guard decided before the sink, and by which rule."""

    decision: str  # open | stub | hold
    rule: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the recipient answered to one notice."""

    notice_id: str
    recipient: str
    received_at: Instant
    body: Json
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """One leg to one recipient. ``payload`` follows a closed schema and is fixed when made."""

    id: str
    incident_id: str
    revision: int
    leg: str  # first | update | correction | final | advisory | event_stream
    ordinal: int
    recipient: Recipient
    channel: str
    language: str
    created_at: Instant
    due_at: Instant
    basis: str
    set_by: str
    guard: GuardDecision
    payload: Json
    object_id: str = ""
    state: NoticeState = NoticeState.PENDING
    attempts: int = 0
    next_attempt_at: Instant = 0
    last_error: str = ""
    receipt: Receipt | None = None


def notice_id(subject: str, leg: str, ordinal: int, recipient: Recipient) -> str:
    """Identity of a notice: subject, leg, ordinal and recipient."""
    return identity("notice", subject, leg, ordinal, recipient.role, recipient.party_id)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One link of a chain: per object, or ``administration``.

    ``hash`` covers chain, number, previous hash and every other field in canonical JSON.
    """

    chain: str
    number: int
    entry_id: str
    kind: str
    subject: str
    at: Instant
    actor: str
    detail: Json
    previous_hash: str
    hash: str
