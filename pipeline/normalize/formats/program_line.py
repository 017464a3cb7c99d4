"""Lines of servers' own log files: a time of their own before the words of a program.

BIND's channels, Unbound, Exim's main log, vsftpd, OpenVPN, Fail2Ban, Kea. What the words mean is
told by the same readers that read them inside syslog (``pipeline/normalize/programs``).
Source: BIND 9, "Administrator Reference Manual", logging (print-time, print-category,
print-severity); Unbound, unbound.conf(5), log-time-ascii; Exim, "Specification", 53.4; vsftpd,
logging.c; OpenVPN, error.c (time_string); Fail2Ban, fail2ban.conf, logtarget; Kea, "Logging".
"""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from pipeline.model import FailureCode, Json, TimeConfidence
from pipeline.normalize.ecs_schema import fitting
from pipeline.normalize.formats.syslog_header import LINE_ENDS
from pipeline.normalize.moments import Moment, in_zone, moment
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.programs import read_program
from pipeline.normalize.text import decode
from pipeline.normalize.tree import put

NAME = "program_line"

_ISO = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
_C_TIME = r"[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}"
_ID = r"[0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4} "
_PEER = r"(?:us=\d+ )?(?:[^\s/\[\]]{1,256}/)?(?:\[AF_INET6?\])?[0-9A-Fa-f.:\[\]]{4,48}:\d{1,5} "


@dataclass(frozen=True, slots=True)
class Layout:
    """How a program's own file looks: its time, its name, and how its words begin."""

    program: str
    time: str
    begins: str = ""


LAYOUTS = (
    Layout("named", r"\d{1,2}-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d\.\d{3}"),
    Layout("unbound", r"\[\d{9,11}\]", r"unbound\[\d"),
    Layout("fail2ban", rf"{_ISO},\d{{3}}", r"fail2ban\."),
    Layout("kea-dhcp4", rf"{_ISO}\.\d{{3}}", r"[A-Z]{4,5} +\[kea-"),
    Layout(
        "exim",
        rf"{_ISO}(?:\.\d{{3}})?(?: [+-]\d{{4}})?",
        rf"(?:\[\d{{1,10}}\] )?(?:{_ID}|H=\S+ |SMTP |[a-z_0-9]{{2,64}} authenticator failed )",
    ),
    Layout("vsftpd", _C_TIME, r"\[pid \d{1,10}\] "),
    Layout("openvpn", rf"(?:{_C_TIME}|{_ISO})", _PEER),
)
_LINE = re.compile(
    "|".join(f"({one.time}) (?={one.begins})" for one in LAYOUTS)  # one group a layout
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PID = re.compile(r"\[(?:pid )?(\d{1,10})\] ")
_NAMED_TIME = re.compile(r"(\d{1,2})-([A-Z][a-z]{2})-(\d{4}) (\d\d):(\d\d):(\d\d)\.(\d{3})")
_C_TIMES = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) (\d{4})")
_NO_LINE = Refusal(
    FailureCode.SYNTAX,
    "is no line of a server's own log that is known (BIND, Unbound, Exim, vsftpd, OpenVPN, "
    "Fail2Ban, Kea): let the server write to syslog, or set the source's format",
)


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one line."""
    found = decode(record)
    if isinstance(found, Refusal):
        return found
    return read(*found, context) or _NO_LINE


def read(text: str, notes: tuple[str, ...], context: Context) -> Parsed | None:
    """Read a line's text; None where no program that is known wrote it."""
    text = text.rstrip(LINE_ENDS)
    match = _LINE.match(text)
    if match is None or match.lastindex is None:
        return None
    layout = LAYOUTS[match.lastindex - 1]
    message = text[match.end() :]
    ecs: Json = {
        "event": {"kind": "event", "dataset": f"{layout.program}.log", "provider": layout.program},
        "process": {"name": layout.program},
        "log": {"syslog": {"appname": layout.program}},
    }
    pid = _PID.match(message) if layout.program in ("vsftpd", "exim") else None
    if pid is not None:
        ecs["process"]["pid"] = int(pid[1])
        message = message[pid.end() :]
    told = read_program(layout.program, message)
    native: Json = {}
    if told is not None:
        ecs["event"].update(told.event)
        native = told.native
        for path, value in told.fields.items():
            put(ecs, path, fitting(path, value))
    put(ecs, "message", text)
    time, confidence = _moment(match[match.lastindex], context) or (None, TimeConfidence.RECEIVED)
    return Parsed(NAME, "linux", time, confidence, ecs, native, notes)


def _moment(stamp: str, context: Context) -> Moment | None:
    if stamp[0] == "[":
        return moment(stamp[1:-1], context.zone)
    if stamp[:4].isdigit():
        return moment(stamp.replace(",", "."), context.zone)
    parts = _parts(stamp)
    at = in_zone(parts[0], context.zone) if parts else None
    return None if at is None or not parts else (at + parts[1], TimeConfidence.ZONE_ASSUMED)


@lru_cache(maxsize=1024)
def _parts(stamp: str) -> tuple[datetime, int] | None:
    """Give wall-clock time and nanoseconds of BIND's time or the C library's."""
    millis = "0"
    if match := _NAMED_TIME.fullmatch(stamp):
        day, month, year, hour, minute, second, millis = match.groups()
    elif match := _C_TIMES.fullmatch(stamp):
        month, day, hour, minute, second, year = match.groups()
    else:
        return None
    if month not in _MONTHS:
        return None
    number = _MONTHS.index(month) + 1
    try:
        naive = datetime(int(year), number, int(day), int(hour), int(minute), int(second))  # noqa: DTZ001 (zoned by the caller)
    except ValueError:
        return None
    return naive, int(millis) * 1_000_000
