"""Syslog of either format, told by its header."""

from pipeline.normalize.formats import rfc3164, rfc5424
from pipeline.normalize.jsontext import empty
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.text import decode


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one message: RFC 5424 where its version stands behind the priority, else RFC 3164."""
    found = decode(record)
    if isinstance(found, Refusal):
        return found
    return read(*found, context)


def read(text: str, notes: tuple[str, ...], context: Context) -> Parsed | Refusal:
    """Read a message's text."""
    text = text.removeprefix("\ufeff").lstrip(" \t\r\n\x00")
    if not text:
        return empty()
    if text[0] == "<":
        answer = rfc5424.read(text, notes, context)
        if answer is not None:
            return answer
    return rfc3164.read(text, notes, context)
