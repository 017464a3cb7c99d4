"""Syslog as RFC 5424 defines it, strictly, with a best effort for what comes close.

Source: RFC 5424, section 6 (format), 6.2.3 (time), 6.3 (structured data), 6.4 (message), 7.1.1
(``tzKnown``).
"""

import re

from pipeline.model import FailureCode, Json, TimeConfidence
from pipeline.normalize.formats.syslog_header import LINE_ENDS, MOST_PRIORITY, header_ecs
from pipeline.normalize.formats.syslog_message import read_data, read_message
from pipeline.normalize.moments import Moment, moment
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.text import decode

NAME = "rfc5424"
LENIENT = "rfc5424_lenient"

_SD_NAME = r'[^ =\]"\x00-\x20\x7f-\U0010ffff]{1,32}'
_SD_PARAM = rf' ({_SD_NAME})="((?:[^"\\\]]|\\.)*+)"'
_SD_ELEMENT = re.compile(
    rf'\[({_SD_NAME})((?: {_SD_NAME}="(?:[^"\\\]]|\\.)*+")*+)\]', flags=re.DOTALL
)
_PARAM = re.compile(_SD_PARAM, flags=re.DOTALL)
_ESCAPED = re.compile(r'\\(["\\\]])')
_STRICT = re.compile(
    r"<(0|[1-9]\d{0,2})>([1-9]\d{0,2})"
    r" (-|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d))"
    r" ([!-~]{1,255}) ([!-~]{1,48}) ([!-~]{1,128}) ([!-~]{1,32}) (?=[-\[])",
    flags=re.ASCII,
)
_LOOSE = re.compile(
    r"<([0-9]{1,3})>([0-9]{1,3})\s+(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\S*"
    r"|(?![A-Z][a-z]{2}\s+\d{1,2}\s)\S+)"  # "Mar  2" begins a time of RFC 3164
    r"\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)(?:\s+|$)",
    flags=re.ASCII,
)
# Of senders that know time and host only, a message that says what it is follows at once.
_SHORT = re.compile(
    r"<([0-9]{1,3})>([0-9]{1,3})\s+(\S+)\s+(\S+)()()()\s+(?=CEF:\s?\d|LEEF:\d)", flags=re.ASCII
)

_NOT_5424 = Refusal(
    FailureCode.SYNTAX,
    "is no RFC 5424 message (<PRI>1 time host program process message-id …): set the source's "
    "format to syslog, which takes RFC 3164 and its relatives too",
)


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one message."""
    found = decode(record)
    if isinstance(found, Refusal):
        return found
    text, notes = found
    return read(text, notes, context) or _NOT_5424


def read(text: str, notes: tuple[str, ...], context: Context) -> Parsed | None:
    """Read a message's text; None where it is none, not even by best effort."""
    text = text.rstrip(LINE_ENDS)
    match = _STRICT.match(text)
    data: Json | None = None
    rest = ""
    if match is not None and int(match[1]) <= MOST_PRIORITY:
        data, rest = structured_data(text[match.end() :])
    if match is None or data is None:
        match = _SHORT.match(text) or _LOOSE.match(text)
        if match is None or int(match[1]) > MOST_PRIORITY:
            return None
        data, rest = structured_data(text[match.end() :])
        if data is None:
            data, rest = {}, text[match.end() :]
        notes = (*notes, LENIENT)
    return _parsed(match, data, rest.removeprefix("\ufeff"), notes, context)


def peek_host(text: str) -> str | None:
    """Give the host of a message's header, "" where it is nil; None where this is no RFC 5424."""
    match = _STRICT.match(text) or _SHORT.match(text) or _LOOSE.match(text)
    if match is None:
        return None
    return "" if match[4] == "-" else match[4]


def peek_data(text: str) -> Json:
    """Give the structured data of a message; empty where there is none."""
    match = _STRICT.match(text) or _SHORT.match(text) or _LOOSE.match(text)
    return (structured_data(text[match.end() :])[0] or {}) if match else {}


def data_start(text: str) -> int:
    """Give where the structured data of a message must begin; 0 where this is no RFC 5424."""
    match = _STRICT.match(text) or _SHORT.match(text) or _LOOSE.match(text)
    return match.end() if match else 0


def _parsed(
    match: re.Match[str], data: Json, message: str, notes: tuple[str, ...], context: Context
) -> Parsed:
    priority, version, stamp, host, program, process_id, message_id = (
        "" if part == "-" else part for part in match.groups()
    )
    ecs = header_ecs(int(priority), host, program, process_id)
    syslog = ecs["log"]["syslog"]
    syslog["version"] = version
    if message_id:
        syslog["msgid"] = ecs["event"]["code"] = message_id
    if data:
        syslog["structured_data"] = data
    at, confidence = _time(stamp, data, context) or (None, TimeConfidence.RECEIVED)
    answer = Parsed(NAME, "linux", at, confidence, ecs, {}, notes)
    inner = read_data(answer, data, message, context) if data else None
    return inner or read_message(answer, program, message, context)


def _time(stamp: str, data: Json, context: Context) -> Moment | None:
    found = moment(stamp, context.zone) if stamp else None
    quality = data.get("timeQuality")
    if found is not None and isinstance(quality, dict) and quality.get("tzKnown") == "0":
        return found[0], TimeConfidence.ZONE_ASSUMED  # the sender says that it guessed its zone
    return found


def structured_data(text: str) -> tuple[Json | None, str]:
    """Part structured data from the message behind it; None where it breaks the grammar.

    Gives ``{element: {parameter: value}}``; a parameter that stands twice becomes a list.
    """
    if text[:1] == "-":
        return ({}, text[2:]) if text[1:2] in ("", " ") else (None, text)
    data: Json = {}
    at = 0
    while match := _SD_ELEMENT.match(text, at):
        parameters = data.setdefault(match[1], {})
        for name, value in _PARAM.findall(match[2]):
            plain = _ESCAPED.sub(r"\1", value)
            if name not in parameters:
                parameters[name] = plain
            elif isinstance(parameters[name], list):
                parameters[name].append(plain)
            else:
                parameters[name] = [parameters[name], plain]
        at = match.end()
    if not at or text[at : at + 1] not in ("", " "):
        return None, text
    return data, text[at + 1 :]
