"""The letter that a receipt is for: its canonical bytes, written by an auditor on its own."""

import hashlib

import orjson

from pipeline.model import Notice, as_document

_SENT = (
    "id", "incident_id", "revision", "leg", "ordinal", "recipient", "language", "created_at",
    "due_at", "basis", "set_by", "payload",
)  # fmt: skip


def letter_hash(notice: Notice) -> str:
    """Give the SHA-256 (hexadecimal) of a notice as it is sent: sorted keys, nothing spaced."""
    document = as_document(notice)
    sent = {"format": "saqshy-notice-1", **{name: document[name] for name in _SENT}}
    return hashlib.sha256(orjson.dumps(sent, option=orjson.OPT_SORT_KEYS)).hexdigest()
