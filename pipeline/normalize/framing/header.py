"""What stands before the rows of a file and says how they are read: told from them, and kept.

Directives that begin with ``#`` (W3C extended log, Exchange, Zeek), the first line of a CSV file,
the prose before the rows of Microsoft's DHCP and DNS server logs.
Source: W3C, "Extended Log File Format" (WD-logfile-960323), "Directives"; RFC 4180, section 2;
Microsoft, "Analyze DHCP server log files", "DNS logging and diagnostics" (debug log).
"""

import re
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from pipeline.normalize.columns import KNOWN_HEADER, csv_names, is_header

MOST_PREAMBLE = 64 * 1024  # bytes of a header that go with its rows
BLANK = b" \t\r\n\x00\x0b\x0c"
_SNIFFED = 8 * 1024  # bytes of a file in which its first row must show
_NEVER = re.compile(rb"(?!)")


class More(Enum):
    """What carries a row over the end of its line."""

    NOTHING = "nothing"
    QUOTES = "quotes"
    LINES = "lines that are no rows"


@dataclass(frozen=True, slots=True)
class Style:
    """A kind of headed file. ``header``: how a line of a header begins; ``row``: how a row does.

    ``names``: what a header must hold to replace the one in force. ``kept``: lines that look like a
    header and turn out to be none are records after all.
    """

    header: re.Pattern[bytes]
    names: re.Pattern[bytes]
    row: re.Pattern[bytes] = _NEVER
    more: More = More.NOTHING
    kept: bool = False


DIRECTIVES = Style(
    # Some of Exchange's logs name their columns once more, before the directives.
    header=re.compile(rb"#|DateTime,RequestId,"),
    names=re.compile(rb"^#fields", re.MULTILINE | re.IGNORECASE),
)
CSV = Style(
    header=re.compile(rb"#TYPE |sep=.\r?\n?$", re.IGNORECASE), names=_NEVER, more=More.QUOTES
)
_DHCP_ROW = rb"\d{1,5},\d\d/\d\d/\d\d,\d\d:\d\d:\d\d,"
DHCP = Style(
    header=re.compile(rb"(?!\d{1,5},)"),  # Windows writes the prose in its own language
    names=re.compile(rb"^[^\d\s,#][^,\n]*(?:,[^,\n]*){5}", re.MULTILINE),
    row=re.compile(_DHCP_ROW),
    kept=True,
)
_DNS_ROW = (  # thread identifiers are hexadecimal; dates are in the system's own layout
    rb"(?:\d{8}|\d{1,4}[-./]\d{1,2}[-./]\d{1,4}) \d{1,2}:\d\d:\d\d(?: [AaPp][Mm])? "
    rb"[0-9A-Fa-f]{3,8} "
)
DNS = Style(
    header=re.compile(rb"DNS Server log file creation at |Log file wrap at |Message logging key"),
    names=re.compile(rb"DNS Server log|Message logging key"),
    row=re.compile(_DNS_ROW),
    more=More.LINES,
)
STYLES = {
    "csv": CSV,
    "csv_rows": CSV,
    "exchange": DIRECTIVES,
    "w3c": DIRECTIVES,
    "windows_dhcp": DHCP,
    "windows_dns": DNS,
    "zeek": DIRECTIVES,
    "zeek_tsv": DIRECTIVES,
}
_DIRECTIVE = re.compile(
    rb"#(?:Software|Version|Fields|Date|Start-Date|End-Date|Remark|Log-type|separator)\b"
    rb"|DateTime,RequestId,[^\n]*\n#Software:",
    re.IGNORECASE,
)
_DHCP_SHOWN = re.compile(rb"^" + _DHCP_ROW, re.MULTILINE)
_DNS_SHOWN = re.compile(
    rb"DNS Server log file creation at |" + _DNS_ROW + rb" *(?:PACKET|EVENT|Note:)"
)


def style_of(format_name: str, head: bytes) -> Style | None:
    """Give the kind of headed file that a format names, or that a file's first bytes show."""
    if format_name != "auto":
        return STYLES.get(format_name)
    shown = head[:_SNIFFED].replace(b"\x00", b"").lstrip(BLANK)
    if _DIRECTIVE.match(shown):
        return DIRECTIVES
    if shown[:6].upper() == b"#TYPE " or KNOWN_HEADER.match(shown):
        return CSV
    if _DNS_SHOWN.match(shown):
        return DNS
    return DHCP if _DHCP_SHOWN.search(shown) else None


class Line(NamedTuple):
    """A line with its end, exactly; ``shown`` is it in UTF-8. ``kind``: it was cut, as ``detail``.

    A preamble is made of what is shown, a record of what stands there.
    """

    raw: bytes
    shown: bytes
    begin: int
    end: int
    open: bool = False
    kind: str = ""
    detail: str = ""


@dataclass(slots=True)
class Header:
    """The header in force, and the one that is being read. ``at`` is where it begins.

    ``due``: the next line that is no directive names the columns (a CSV file's first).
    ``delimiter`` is a CSV header's.
    """

    style: Style
    due: bool = False
    preamble: bytes = b""
    at: int = 0
    delimiter: str = ","
    _last: bytes = b""
    _held: list[Line] = field(default_factory=list)
    _size: int = 0

    def rows(self, line: Line) -> list[Line]:
        """Give the lines that are known to be no header's now that this one is read."""
        style = self.style
        if style is CSV:
            return [] if self._names_csv(line) else [line]
        if self._held and (style.row is not _NEVER or not line.shown.strip(BLANK)):
            inside = not style.row.match(line.shown)
        else:
            inside = style.header.match(line.shown) is not None
        if inside:
            return self._hold(line)
        return [*self.close(), line] if self._held else [line]

    def close(self) -> list[Line]:
        """End the header that is being read: it comes into force if it names columns.

        Gives its lines where they may be rows after all.
        """
        held, self._held, self._size = self._held, [], 0
        if held and self.style.names.search(b"".join(line.shown for line in held)):
            self._force(held)
            return []
        return held if self.style.kept else []

    def _hold(self, line: Line) -> list[Line]:
        self._size += len(line.shown)
        if self._size <= MOST_PREAMBLE:
            self._held.append(line)
            return []
        return [*self.close(), line] if self.style.kept else []

    def _names_csv(self, line: Line) -> bool:
        shown = line.shown.strip(BLANK)
        if self.style.header.match(shown):
            self._held, self.due = [*self._held[-8:], line], True
            return True
        if not self.due or not shown:
            return bool(shown) and shown == self._last
        self.due, held, self._held = False, self._held, []
        if line.kind or not is_header(shown):
            return False
        self._force([*held, line])
        self._last = shown
        return True

    def _force(self, held: list[Line]) -> None:
        whole = b"".join(line.shown for line in held)
        self.preamble, self.at = whole.strip(BLANK), held[0].begin
        if self.style is CSV:
            self.delimiter = csv_names(self.preamble)[1]
