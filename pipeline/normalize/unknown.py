"""What no parser takes as an event all the same: a situation that was not known before.

An event that indicates one is an information security event like any other (Law "On
Informatization", article 1(30), its second limb), so it is kept, matched and shown. Its text is
there as far as it can be decoded, and what a syslog header says where one is readable.
"""

import re

from pipeline.model import FailureCode, TimeConfidence
from pipeline.normalize.formats import syslog
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.text import decode

FORMAT = "unknown"
DATASET = "saqshy.unknown"
MOST_TEXT = 8192  # characters of a message
MOST_BINARY = 512  # bytes shown of what is no text
_MOST_DECODED = 4 * MOST_TEXT
_HEADER = re.compile(r"\s*+<\d{1,3}>")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_OF_HEADER = ("log", "host", "process")
# Of these the text stands, but a header in it is not to be trusted as whole.
_TORN = frozenset({FailureCode.CORRUPT, FailureCode.BINARY})


def unknown(record: bytes, refusal: Refusal, context: Context) -> Parsed:
    """Make the event of a record that was refused; ``refusal`` says why."""
    answer = Parsed(FORMAT, "generic", None, TimeConfidence.RECEIVED, {})
    text, notes = _text(record)
    if refusal.code not in _TORN and _HEADER.match(text):
        _read_header(answer, text, context)
    answer.ecs["event"] = {"kind": "event", "dataset": DATASET}
    answer.ecs["error"] = {"code": refusal.code.value, "message": refusal.detail}
    if len(text) > MOST_TEXT:
        text, notes = text[:MOST_TEXT], (*notes, "message_cut")
    if text:
        answer.ecs["message"] = text
    answer.notes = (*notes, *answer.notes)
    return answer


def _text(record: bytes) -> tuple[str, tuple[str, ...]]:
    """Give a record's text, or what can be shown of it, and notes on how it was read."""
    found = decode(record[:_MOST_DECODED])
    if isinstance(found, Refusal):
        shown = record[:MOST_BINARY].decode("utf-8", "backslashreplace")
        return _UNPRINTABLE.sub(lambda one: f"\\x{ord(one[0]):02x}", shown), ("binary",)
    return found


def _read_header(answer: Parsed, text: str, context: Context) -> None:
    """Take over what a syslog header says: who sent it and when."""
    read = syslog.read(text, (), context)
    if isinstance(read, Refusal):
        return
    answer.time, answer.confidence = read.time, read.confidence
    answer.ecs.update((name, read.ecs[name]) for name in _OF_HEADER if name in read.ecs)
