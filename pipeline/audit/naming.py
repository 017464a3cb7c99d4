"""How alarms name a notice's recipient."""

from pipeline.model import Notice


def named(notice: Notice) -> str:
    """Name a notice's recipient: role and party."""
    return f"{notice.recipient.role} {notice.recipient.party_id}".rstrip()
