"""A line of text that a JSON document only carries: what a shipper took from a file, unread.

Filebeat, Elastic Agent and Fluent Bit leave the reading of syslog, CEF or an access log to a
pipeline behind them. Where the line shows its format, or begins with a header of syslog, it is the
record that counts; any other stays the document's message.
Source: Elastic, "Filebeat exported fields" (log, filestream, tcp and udp inputs).
"""

import re

from pipeline.model import Json
from pipeline.normalize.formats import auto, rfc3164
from pipeline.normalize.formats.carried import message_of
from pipeline.normalize.formats.signs import format_shown
from pipeline.normalize.parsed import Context, Parsed

_HEADER = re.compile(r"<\d{1,3}>")


def carried_line(document: Json) -> str | None:
    """Give the line that is all that a document says, if it shows what it is; None otherwise."""
    text = message_of(document)
    if text is None or text[:1] == "{":
        return None
    text = text.rstrip("\r\n")
    known = _HEADER.match(text) or format_shown(text) or rfc3164.peek_host(text)
    return text if known else None


def read(document: Json, context: Context) -> Parsed | None:
    """Read the line that a document carries; None where it carries none that is understood."""
    text = carried_line(document)
    answer = None if text is None else auto.parse(text.encode("utf-8", "replace"), context)
    return answer if isinstance(answer, Parsed) else None
