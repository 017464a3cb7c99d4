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


HINDRANCES = (
    "answer",  # answered nonsense, or what is no receipt for this notice
    "busy",  # answered that it takes nothing now
    "certificate",  # its certificate is not accepted: expired, of another, revoked, untrusted
    "no_channel",  # the channel is not set up, or has no address for the recipient
    "no_name",  # its name does not resolve
    "not_let_in",  # it does not accept us: our certificate, our password
    "other",
    "rejected",  # it rejected this notice
    "room",  # no room on the disk, or no right to write
    "slow",  # did not answer in time
    "unreachable",  # no connection, or it broke off
)


@dataclass(frozen=True, slots=True)
class Tried:
    """What was tried of a notice: for the proof that it was, and for what comes next.

    ``first_at`` is when the first attempt began (0: none did), ``since`` when the first one through
    the present channel did. ``why`` holds the ``HINDRANCES`` met, each once, in their order;
    ``last`` is the last attempt's, "" where it was answered. ``rejected`` counts rejections and
    ``forgiven`` the attempts before a person's last replay.
    ``unrecorded`` counts claims that a kill left without a record: each may have gone out, and was
    sent again.
    ``proof`` is the hash of the audit entry of the last attempt.
    """

    first_at: Instant = 0
    since: Instant = 0
    why: tuple[str, ...] = ()
    last: str = ""
    rejected: int = 0
    forgiven: int = 0
    unrecorded: int = 0
    proof: str = ""


_URGENT = frozenset({"first", "page"})


@dataclass(frozen=True, slots=True)
class Notice:
    """One leg to one recipient. ``payload`` follows a closed schema and is fixed when made.

    ``kind`` is what our protocol calls the leg (``first update correction final``, ``page``), whose
    own name is the law pack's.
    """

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
    kind: str = ""
    tried: Tried = Tried()

    @property
    def urgent(self) -> bool:
        """Tell whether nothing may hold it up: a first notice, or a page to who is on duty."""
        return (self.kind or self.leg) in _URGENT


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
