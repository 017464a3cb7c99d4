"""BSD syslog as RFC 3164 observed it, and the dirt that goes by its name.

Without priority, without host, with an ISO time, with a year before or behind, with milliseconds,
with a named zone, with what Cisco's devices put before their message. The year that the time leaves
out is resolved against the reference time, the zone is the source's.
Source: RFC 3164, section 4 (parts), 4.3 (what a relay meets), 5.4 (examples); Cisco, "Configuring
System Message Logs", system log message format.
"""

import re
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

from pipeline.model import NANOSECONDS, FailureCode, TimeConfidence
from pipeline.normalize.formats.signs import format_shown
from pipeline.normalize.formats.syslog_header import LINE_ENDS, MOST_PRIORITY, header_ecs
from pipeline.normalize.formats.syslog_message import read_message
from pipeline.normalize.limits import FUTURE_LIMIT
from pipeline.normalize.moments import EARLIEST, Moment, in_zone, moment
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.text import decode
from pipeline.normalize.zones import KNOWN_ZONES, zone_of

NAME = "rfc3164"

MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_PRIORITY = re.compile(r"<([0-9]{1,3})>(?: +(?=[A-Z][a-z]{2} |[0-9]{4}[-/ ]))?")
# Cisco: a message counter, a "*" or "." for a clock that is not set or not synchronised; others
# put RFC 5424's version before a time of this one's.
_COUNTER = re.compile(r"(?:1 |(?:[0-9]{1,10}: ){0,2})[*.]?(?=[A-Z][a-z]{2} )")
# Of a word behind the time that is no known zone only the place tells that it is one and no host:
# at the end, before a year, or before the colon of a device that writes codes.
_STAMP = re.compile(
    r"(?:(\d{4}) )?([A-Z][a-z]{2}) {1,2}(\d{1,2})(?: (\d{4}))? (\d\d):(\d\d):(\d\d)"
    rf"(?:[.,](\d{{1,9}}))?(?: ((?:{KNOWN_ZONES})(?:[+-]\d{{1,2}}(?::\d\d)?)?(?=[ :]|$)"
    r"|[+-]\d\d:?\d\d|[A-Za-z]{3,6}(?=: [*%])|[A-Z]{3,5}(?=$| (?:19|20)\d\d[ :])))?"
    r"(?: ((?:19|20)\d\d)(?=[ :]|$))?:?(?: +|$)",
    flags=re.ASCII,
)
_ISO_STAMP = re.compile(
    r"(\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
    r"(?: ?(?:Z|UTC|[+-]\d\d:?\d\d)(?= |$))?):?(?: +|$)",
    flags=re.ASCII,
)
_HOST = re.compile(r"([A-Za-z0-9][A-Za-z0-9._:%-]{0,254}) ")
# polkitd(authority=local) is a name, too.
_TAG = re.compile(r"([A-Za-z0-9_./()@+%-]{1,64}(?:=[a-z]{1,16}\))?)(?:\[([^\]\s]{0,64})\])?: ?")
# Cisco: %FACILITY-SUBFACILITY-SEVERITY-MNEMONIC; before it counters, the device's name (logging
# origin-id), sequence number and time, which may be the time since it was started.
_CODE = re.compile(
    r"%([A-Z][A-Z0-9_]{0,63}(?:-[A-Z0-9_]{1,63}){0,4}-[0-7]-[A-Z0-9_]{1,63}) ?:(?= |$)"
)
_UPTIME = r"(?:[0-9]{1,3}[ywd][0-9]{1,2}[wdh]|[0-9]{1,4}:[0-9]{2}:[0-9]{2})"
_DEVICE = re.compile(
    rf"(?::? )?(?:[0-9]{{1,10}}: )?"
    rf"(?:(?![0-9]+: |{_UPTIME}: )([A-Za-z0-9][A-Za-z0-9._:%-]{{0,254}}) ?: )?"
    rf"(?:[0-9]{{1,10}}: )?(?:[*.]?{_UPTIME}: )?"
    rf"(?:[A-Z]{{1,3}}/[0-9]+(?:/[A-Z0-9]{{1,8}}){{1,2}}:)?"  # IOS XR's place in the chassis
    rf"(?=(?:[*.]?(?:[0-9]{{4}} )?[A-Z][a-z]{{2}} [^%]{{0,48}})?{_CODE.pattern})"
)
_TAG_WITH_PID = re.compile(r"([A-Za-z0-9_./()@+-]{1,64})\[([0-9]{1,10})\]: ?")
# Solaris puts the message's number, facility and severity before its text (syslog.conf, msgid).
_SOLARIS = re.compile(r"\[ID [0-9]{1,10} [a-z0-9]{2,16}\.[a-z]{2,16}\] ")
_YEARS_BACK = 8  # a 29 February is at most eight years back (around 1900, 2100)

_UNKNOWN = Refusal(
    FailureCode.UNKNOWN_FORMAT,
    "is text that no parser takes: it has no syslog priority, time or program; name the source's "
    "format in the registry, or add a header at the sender",
)


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one message."""
    found = decode(record)
    if isinstance(found, Refusal):
        return found
    text, notes = found
    return read(text, notes, context)


def read(text: str, notes: tuple[str, ...], context: Context) -> Parsed | Refusal:
    """Read a message's text; text without any part of a header is refused."""
    text = text.rstrip(LINE_ENDS)
    priority, text, notes = _priority(text, notes)
    device, text = _device(text)
    found, rest = stamp(text, context)
    known = priority is not None or found is not None or _TAG_WITH_PID.match(text)
    if not known and not _CODE.match(text):
        return _UNKNOWN
    host, rest = _origin(device, rest, timed=rest != text)
    shown = format_shown(rest)
    match = None if shown else _TAG.match(rest)
    match, rest = (match, rest) if match or shown else _relayed(rest, context)
    program, process_id = (match[1], match[2] or "") if match else ("", "")
    message = rest[match.end() :] if match else rest
    if message[:4] == "[ID " and (solaris := _SOLARIS.match(message)):
        message = message[solaris.end() :]
    at, confidence = found or (None, TimeConfidence.RECEIVED)
    mnemonic = program[1:] if program[:1] == "%" else ""
    told = None if mnemonic else _CODE.match(message)
    ecs = header_ecs(priority, host, "" if mnemonic else program, process_id)
    if mnemonic or told:  # Cisco: %FACILITY-SEVERITY-MNEMONIC in the place of a program, or behind
        ecs["event"]["code"] = told[1] if told else mnemonic
    answer = Parsed(NAME, "linux", at, confidence, ecs, {}, notes)
    plain = not shown and match is None and message[:1] != " "
    inner = read_message(answer, program, message, context, plain=plain)
    if mnemonic and inner is answer:  # rules seek the code in the text
        answer.ecs["message"] = rest
    return inner


def _relayed(text: str, context: Context) -> tuple[re.Match[str] | None, str]:
    """Find the program behind a second header, which a relay left in the message (time, host)."""
    found, rest = stamp(text, context)
    if found is None:
        return None, text
    _, rest = _host(rest, timed=True)
    match = _TAG.match(rest)
    return (match, rest) if match else (None, text)


def _priority(text: str, notes: tuple[str, ...]) -> tuple[int | None, str, tuple[str, ...]]:
    match = _PRIORITY.match(text)
    if match is None:
        return None, text, notes
    value = int(match[1])
    rest = text[match.end() :]
    return (
        (value, rest, notes) if value <= MOST_PRIORITY else (None, rest, (*notes, "bad_priority"))
    )


def peek_host(text: str) -> str:
    """Give the host of a message's header without reading its time; "" where it names none."""
    return peek_message(text)[0]


def peek_message(text: str) -> tuple[str, str]:
    """Give the host of a message's header, "" where it names none, and what follows the header."""
    match = _PRIORITY.match(text)
    device, text = _device(text[match.end() :] if match else text)
    rest = _behind_stamp(text)
    return _origin(device, rest, timed=rest != text)


def begins_with_code(text: str) -> bool:
    """Tell whether a text is a message of Cisco's without a header of syslog."""
    return "%" in text and _DEVICE.match(text) is not None


def _device(text: str) -> tuple[str, str]:
    """Part what a device of Cisco's puts before its time and code: its name, and what follows."""
    match = _DEVICE.match(text) if "%" in text else None
    return (match[1] or "", text[match.end() :]) if match else ("", text)


def _behind_stamp(text: str) -> str:
    """Give what follows a time, without reading it."""
    match = _ISO_STAMP.match(text)
    if match is None:
        counter = _COUNTER.match(text)
        match = _STAMP.match(text, counter.end() if counter else 0)
    return text[match.end() :] if match else text


def _origin(device: str, text: str, *, timed: bool) -> tuple[str, str]:
    """Part the host from what follows, and from a header of a device's own behind a relay's."""
    host, rest = _host(text, timed=timed)
    if rest[:3] == ": %":
        rest = rest[2:]
    if rest[:1] == "%" or "%" not in rest:
        return host or device, rest
    tag = _TAG.match(rest)
    if host and tag and not tag[1].isdigit() and _CODE.match(rest, tag.end()):
        return host, rest  # a program that writes codes
    inner, behind = _device(rest)
    behind = _behind_stamp(behind)
    process = _TAG_WITH_PID.match(behind)  # of IOS XR, behind the place in the chassis and the time
    known = _CODE.match(behind, process.end() if process else 0)
    return host or device or inner, behind if known else rest


def _host(text: str, *, timed: bool) -> tuple[str, str]:
    """Part the host from what follows: the word before a tag or, behind a time, any first word.

    A word that is itself a tag (``su:``, ``sshd[7]:``) means that the host was left out.
    """
    match = _HOST.match(text)
    if match is None or match[1].endswith(":"):
        return "", text
    rest = text[match.end() :].lstrip(" ")
    if timed or _TAG.match(rest):
        return match[1], rest
    return "", text


def stamp(text: str, context: Context) -> tuple[Moment | None, str]:
    """Read the time at a text's start; gives it with the rest, or None with the text unchanged."""
    match = _ISO_STAMP.match(text)
    if match is not None:
        found = moment(match[1].replace(",", "."), context.zone)
        return found, text[match.end() :] if found else text
    counter = _COUNTER.match(text)
    match = _STAMP.match(text, counter.end() if counter else 0)
    if match is None:
        return None, text
    found = _resolve(match, context)
    return (found, text[match.end() :]) if found else (None, text)


def _resolve(match: re.Match[str], context: Context) -> Moment | None:
    before, month_name, day, inner, hour, minute, second, fraction, zone_name, behind = (
        match.groups()
    )
    month = MONTHS.get(month_name.lower())
    if month is None:
        return None
    parts = (month, int(day), int(hour), int(minute), int(second))
    nanos = int(fraction[:9].ljust(9, "0")) if fraction else 0
    zone, known = named_zone(zone_name, context.zone)
    year = before or inner or behind
    if year is not None:
        at = _at(int(year), parts, zone)
        confidence = TimeConfidence.EXACT if known else TimeConfidence.ZONE_ASSUMED
        return None if at is None or at < EARLIEST else (at + nanos, confidence)
    at = year_less(parts, zone, context.reference_at)
    return None if at is None else (at + nanos, TimeConfidence.YEAR_ASSUMED)


@lru_cache(maxsize=256)
def named_zone(name: str | None, assumed: tzinfo) -> tuple[tzinfo, bool]:
    """Give the zone that a time names and whether it does: ``UTC``, ``MSK``, ``+05:00``, ``UTC+5``.

    Letters that mean several zones in the world (``CST``, ``IST``) give ``assumed`` back.
    """
    found = zone_of(name) if name else None
    return (assumed, False) if found is None else (found, True)


def year_less(parts: tuple[int, int, int, int, int], zone: tzinfo, reference_at: int) -> int | None:
    """Resolve (month, day, hour, minute, second) to the latest year that is not in the future.

    Logs are of the past: what would lie more than ``FUTURE_LIMIT`` after the reference time belongs
    to the year before; a 29 February to the last leap year.
    """
    this_year = datetime.fromtimestamp(reference_at // NANOSECONDS, UTC).year
    for year in range(this_year + 1, this_year - _YEARS_BACK - 1, -1):
        at = _at(year, parts, zone)
        if at is not None and at <= reference_at + FUTURE_LIMIT:
            return at
    return None


def _at(year: int, parts: tuple[int, int, int, int, int], zone: tzinfo) -> int | None:
    month, day, hour, minute, second = parts
    try:
        naive = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 (zoned below)
    except ValueError:
        return None
    return in_zone(naive, zone)
