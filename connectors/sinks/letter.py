"""The bytes of a notice on every channel: canonical JSON, equal at each attempt.

Keys are sorted and nothing is spaced, so that the same notice has the same hash everywhere. What
is the sender's own business (state, attempts, errors, the guard's decision) is left out: a stub
goes out with no reason given. Receivers read it by ``pipeline/notify/letter.py``.
"""

import hashlib

import orjson

from pipeline.model import Notice, rfc3339

FORMAT = "saqshy-notice-1"
LATE = "saqshy-late-1"


def letter(notice: Notice) -> bytes:
    """Write a notice as it is sent, UTF-8."""
    return orjson.dumps(
        {
            "format": FORMAT,
            "id": notice.id,
            "incident_id": notice.incident_id,
            "revision": notice.revision,
            "leg": notice.leg,
            "ordinal": notice.ordinal,
            "recipient": {
                "role": notice.recipient.role,
                "party_id": notice.recipient.party_id,
            },
            "language": notice.language,
            "created_at": rfc3339(notice.created_at),
            "due_at": rfc3339(notice.due_at),
            "basis": notice.basis,
            "set_by": notice.set_by,
            "payload": notice.payload,
        },
        option=orjson.OPT_SORT_KEYS,
    )


def lateness(notice: Notice, now: int) -> bytes | None:
    """Write what is said beside a letter that comes after its time although it was tried.

    None where it is in time, or tried for the first time. Read by ``pipeline/notify/late.py``.
    """
    tried = notice.tried
    if now <= notice.due_at or notice.attempts < 2:
        return None
    return orjson.dumps(
        {
            "format": LATE,
            "notice_id": notice.id,
            "due_at": rfc3339(notice.due_at),
            "first_attempt_at": rfc3339(tried.first_at or now),
            "attempts": notice.attempts,
            "unrecorded": tried.unrecorded,
            "why": tried.why,
            "proof": tried.proof,
        },
        option=orjson.OPT_SORT_KEYS,
    )


def sha256(body: bytes) -> str:
    """Give the hash that receipts name, in hexadecimal."""
    return hashlib.sha256(body).hexdigest()
