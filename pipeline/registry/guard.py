"""The secrecy guard: may a record of this object be kept, may this notice say what it knows.

Pure and closed: what is not known to be open is held (SPEC 5; State Secrets Law 14(19), 16, 18;
Informatization Law 54(2)(6)). It runs before anything is persisted (``admission``) and again
before every sink, dead letter and log line.
"""

from enum import StrEnum

from pipeline.model import GuardDecision, Tri
from pipeline.registry.records import Attestation, ObjectRecord


class Standing(StrEnum):
    """Whether an object may be watched at an instant, and the bounded reason where it may not."""

    OPEN = "attested_open"
    UNKNOWN_OBJECT = "unknown_object"
    SECRET = "object_secret"  # noqa: S105 (a reason's name, no password)
    RESTRICTION_UNKNOWN = "restriction_unknown"
    UNATTESTED = "unattested"
    ATTESTATION_LATER = "attestation_not_yet_valid"
    ATTESTATION_EXPIRED = "attestation_expired"


def standing(record: ObjectRecord | None, at: int) -> Standing:
    """Tell whether the head's attestation makes an object open at an instant (nanoseconds)."""
    if record is None:
        return Standing.UNKNOWN_OBJECT
    if record.restriction == "state_secret":
        return Standing.SECRET
    attested = _attested(record.attestation, at)
    if attested is Standing.OPEN and record.restriction not in {"none", "confidential"}:
        return Standing.RESTRICTION_UNKNOWN
    return attested


def _attested(attestation: Attestation | None, at: int) -> Standing:
    if attestation is None:
        return Standing.UNATTESTED
    if at < attestation.at:
        return Standing.ATTESTATION_LATER
    if at >= attestation.valid_until:
        return Standing.ATTESTATION_EXPIRED
    return Standing.OPEN


_OPEN = GuardDecision("open", Standing.OPEN.value)
_STUBS = {
    ("marked", Tri.YES): GuardDecision("stub", "mark_valid"),
    ("marked", Tri.UNKNOWN): GuardDecision("stub", "mark_unknown"),
    ("suspected", Tri.YES): GuardDecision("stub", "mark_suspected"),
    ("suspected", Tri.UNKNOWN): GuardDecision("stub", "suspicion_unknown"),
}
_HOLDS = {
    reason: GuardDecision("hold", reason.value) for reason in Standing if reason != Standing.OPEN
}


def decide(
    record: ObjectRecord | None,
    at: int,
    *,
    marked: Tri = Tri.UNKNOWN,
    suspected: Tri = Tri.UNKNOWN,
) -> GuardDecision:
    """Decide what may leave: ``open`` in full, ``stub`` without content, ``hold`` nothing.

    ``at`` is now, in nanoseconds. ``marked``: a record behind it carries a valid secrecy mark;
    ``suspected``: perhaps one. What is not known to be clean goes as a stub, so that the duty to
    tell at once is met and the content stays; what is not known to be open goes nowhere.
    """
    reason = standing(record, at)
    if reason is not Standing.OPEN:
        return _HOLDS[reason]
    return _STUBS.get(("marked", marked)) or _STUBS.get(("suspected", suspected)) or _OPEN
