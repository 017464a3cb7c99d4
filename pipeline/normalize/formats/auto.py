"""Records of any known format, told by their first characters and their keys."""

from pipeline.model import FailureCode
from pipeline.normalize.formats import journald, json_document, keyvalue_line, syslog, windows_json
from pipeline.normalize.formats.signs import read_shown
from pipeline.normalize.jsontext import read_object
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.text import decode

_FEWEST_PAIRS = 3  # to call a line without any header a list of pairs


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one record in the format that its content shows."""
    if record[:1] == b"{" or record.startswith(b"__CURSOR="):
        return _read_named(record, context)
    found = decode(record)
    if isinstance(found, Refusal):
        return found
    text, notes = found
    shown = text.lstrip("\ufeff \t\r\n\x00")
    if shown[:1] == "{" or _is_json_array(shown):
        return _read_named(record, context)
    answer = read_shown(shown, notes, context)
    if answer is not None:
        return answer
    answer = syslog.read(text, notes, context)
    if isinstance(answer, Refusal) and answer.code is FailureCode.UNKNOWN_FORMAT:
        return keyvalue_line.read(text, notes, context, _FEWEST_PAIRS) or answer
    return answer


def _is_json_array(shown: str) -> bool:
    return shown[:1] == "[" and shown.rstrip("\x00 \t\r\n")[-1:] == "]" and shown[1:2] in '{["]'


def _read_named(record: bytes, context: Context) -> Parsed | Refusal:
    """Read JSON or an entry of a journal's export, which may hold values that are no text."""
    if record.startswith(b"__CURSOR="):
        return journald.parse(record, context)
    found = read_object(record)
    if isinstance(found, Refusal):
        return found
    reader = windows_json.reader(found[0]) or json_document.read
    return reader(found, context)
