"""The audit entry of a notice."""

from pipeline.incidents.audit import Draft
from pipeline.model import Notice


def notice_draft(notice: Notice, at: int) -> Draft:
    """Make the audit entry of a notice as it stands: made, sent, answered or given up."""
    receipt = notice.receipt
    return Draft(
        chain=notice.object_id,
        entry_id=f"notice:{notice.id}:{notice.state.value}:{notice.attempts}",
        kind="notice",
        subject=notice.id,
        at=at,
        actor="saqshy",
        detail={
            "incident": notice.incident_id,
            "leg": notice.leg,
            "recipient": f"{notice.recipient.role}:{notice.recipient.party_id}",
            "state": notice.state.value,
            "attempts": notice.attempts,
            "receipt": receipt.body if receipt else None,
            "error": notice.last_error,
        },
    )
