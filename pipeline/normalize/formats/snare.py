"""Windows events of Snare agents and of what writes their format: ``MSWinEventLog`` and its tokens.

In a syslog message or behind the host name alone, parted by tabs or by another character that the
agent was told. The event's own fields are read out of the rendered text; SNARE v2 carries the whole
event as JSON instead.
Source: Snare Agent for Windows, "Appendix A - Windows Event Output Format"; NXLog, xm_syslog,
``to_syslog_snare()``.
"""

import re

from pipeline.model import FailureCode, Json
from pipeline.normalize.formats import windows_event
from pipeline.normalize.jsontext import read_object
from pipeline.normalize.moments import Moment, moment
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.text import decode
from pipeline.normalize.windows.build import event_id, parsed
from pipeline.normalize.windows.messages import fields_of

NAME = "snare"
# "#011" is what rsyslog makes of a tab, where it escapes control characters (its default).
_BEGIN = re.compile(r"(?:([^\s|#]{1,255})(?:[\t|]|#011))?MSWinEventLog(#011|[\t|;])")
_TIME = re.compile(
    r"(?:[A-Za-z]{3},? )?([A-Za-z]{3}) +(\d{1,2}) (\d\d):(\d\d):(\d\d)(?: ([A-Z]{3,4}))? (\d{4})$"
)
_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9,
    "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
_FEWEST = 10  # tokens up to the computer's name
# Tokens by their place behind "MSWinEventLog". The texts at the end shift by one in some senders.
_NAMES = (
    "Criticality", "Channel", "SnareCounter", "", "", "SourceName", "AccountName", "SIDType",
    "EventType", "Computer", "CategoryString", "DataString",
)  # fmt: skip
_AUDITS = {
    "success audit": "AUDIT_SUCCESS", "failure audit": "AUDIT_FAILURE",
    "audit success": "AUDIT_SUCCESS", "audit failure": "AUDIT_FAILURE",
}  # fmt: skip
_LEVELS = {"critical": 1, "error": 2, "warning": 3, "information": 4, "verbose": 5}
_TOO_FEW = Refusal(
    FailureCode.TRUNCATED,
    "is a Snare record that ends before its event's computer: raise the sender's message size",
)
_NO_SNARE = Refusal(
    FailureCode.SYNTAX,
    "is no Snare record: MSWinEventLog and its tokens are missing; set the source's format to what "
    "it sends, or to auto",
)


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one record without a syslog header."""
    found = decode(record)
    if isinstance(found, Refusal):
        return found
    text, notes = found
    return read(text.lstrip("\ufeff \t\r\n\x00"), notes, context) or _NO_SNARE


def read(text: str, notes: tuple[str, ...], context: Context) -> Parsed | Refusal | None:
    """Read a text that begins with the event's tokens; None where it does not."""
    match = _BEGIN.match(text)
    if match is None:
        return None
    host, delimiter = match.groups()
    tokens = text[match.end() :].rstrip("\r\n\x00").split(delimiter, 256)
    if len(tokens) > 1 and tokens[1].lstrip()[:1] == "{":
        return _read_json(delimiter.join(tokens[1:]), context)
    if len(tokens) < _FEWEST:
        return _TOO_FEW
    code = event_id(tokens[4].strip())
    if code is None:
        return _NO_SNARE
    native: Json = {"EventID": code}
    for name, token in zip(_NAMES, tokens, strict=False):
        if name and token not in ("", "N/A"):
            native[name] = token
    native["Provider_Name"] = native.get("SourceName", "")
    native.setdefault("Computer", host or "")
    _read_kind(native)
    _read_text(native, tokens[_FEWEST + 1 :])
    return parsed(NAME, native, _time(tokens[3].strip(), context), notes)


def _read_json(text: str, context: Context) -> Parsed | Refusal:
    found = read_object(text.encode("utf-8", "replace"))
    if isinstance(found, Refusal):
        return found
    answer = windows_event.read(found, context)
    if isinstance(answer, Parsed):
        answer.format = NAME
    return answer


def _read_kind(native: Json) -> None:
    """Write the audit's outcome and the level as other shippers do."""
    kind = str(native.get("EventType", "")).casefold()
    if kind in _AUDITS:
        native["EventType"], native["Level"] = _AUDITS[kind], 0
    elif kind in _LEVELS:
        native["Level"] = _LEVELS[kind]
    domain, backslash, name = str(native.get("AccountName", "")).rpartition("\\")
    if backslash:
        native["AccountName"], native["Domain"] = name, domain


def _read_text(native: Json, tokens: list[str]) -> None:
    """Find the rendered text among the last tokens, the counter behind it, and the event's fields.

    Its place differs: behind an empty data string, or in its stead.
    """
    said = [token.strip() for token in tokens]
    if len(said) > 1 and said[-1].startswith("EventSourceId="):
        native["EventSourceId"] = said.pop().partition("=")[2]
    if len(said) > 1 and said[-1].isdigit():
        native["EventRecordID"] = int(said.pop()[:18])
    message = "\t".join(said).strip()
    if not message:
        return
    native["Message"] = message
    for name, value in fields_of(str(native["Provider_Name"]), native["EventID"], message).items():
        native[name if name not in _SYSTEM else f"EventData.{name}"] = value


_SYSTEM = frozenset({"EventID", "Channel", "Computer", "Provider_Name", "Message", "Level"})


def _time(text: str, context: Context) -> Moment | None:
    match = _TIME.match(text)
    if match is None:
        return moment(text, context.zone)
    month, day, hour, minute, second, zone, year = match.groups()
    number = _MONTHS.get(month.lower())
    if number is None:
        return None
    iso = f"{year}-{number:02}-{int(day):02}T{hour}:{minute}:{second}"
    return moment(f"{iso}Z" if zone in ("UTC", "GMT") else iso, context.zone)
