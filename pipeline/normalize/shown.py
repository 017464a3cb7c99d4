"""Records of one vendor's format that come raw or behind a syslog header."""

from pipeline.normalize.formats import syslog
from pipeline.normalize.formats.signs import read_shown
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.text import decode


def parse_shown(record: bytes, context: Context) -> Parsed | Refusal:
    """Read a record by the sign at its beginning, else as syslog, which looks at its message.

    A device's line that its format does not know is still an event of its syslog header.
    """
    found = decode(record)
    if isinstance(found, Refusal):
        return found
    text, notes = found
    text = text.lstrip("\ufeff \t\r\n\x00")
    return read_shown(text, notes, context) or syslog.read(text, notes, context)
