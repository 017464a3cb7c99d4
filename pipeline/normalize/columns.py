"""Rows of delimited values: which delimiter, which names, which cells.

Source: RFC 4180, section 2 (quotes, doubled inside); W3C, "Extended Log File Format", "Fields".
"""

import re
from functools import lru_cache
from typing import NamedTuple

from pipeline.normalize.text import decode

DELIMITERS = ",;\t|"
MOST_COLUMNS = 512
MOST_NAME = 128  # characters of a column's name
_SEP = re.compile(r"sep=(.)$", re.IGNORECASE)
_CELL = {
    delimiter: re.compile(
        # Quoted, with what stands between its end and the next delimiter; else bare.
        rf'[ ]*"((?:[^"]++|"")*+)"([^{re.escape(delimiter)}]*+)(?:{re.escape(delimiter)}|$)'
        rf"|([^{re.escape(delimiter)}]*+)(?:{re.escape(delimiter)}|$)"
    )
    for delimiter in (*DELIMITERS, " ")
}
# What stands in rows and never is a column's name: numbers, times, addresses.
_VALUE = re.compile(
    r"[-+]?\d+(?:[.,]\d+)?%?$|\d{1,4}[-./]\d{1,2}[-./]\d{1,4}(?:$|[T ])|\d{1,2}:\d\d|"
    r"\d{1,3}(?:\.\d{1,3}){3}$|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}$|true$|false$|\{",
    re.IGNORECASE,
)

# First lines by which a CSV file is known without being told: names that only one vendor gives.
KNOWN_HEADER = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:"
    # Event Viewer; Get-WinEvent | Export-Csv; Get-EventLog | Export-Csv
    rb'"?Level"?,"?Date and Time"?,"?Source"?,"?Event ID"?,'
    rb'|"Message","Id","Version","Qualifiers","Level","Task",'
    rb'|"EventID","MachineName","Data","Index","Category",'
    # Microsoft 365 audit search, old and new; Microsoft Entra sign-ins; Defender's advanced hunting
    rb'|"?(?:RecordId"?,"?)?CreationDate"?,"?(?:UserIds"?,"?Operations|RecordType"?,"?Operation)'
    rb'|"?Date \(UTC\)"?,"?Request ID"?,'
    rb'|"?Timestamp"?,"?DeviceId"?,"?DeviceName"?,"?ActionType"?,'
    rb")"
)


def cells(text: str, delimiter: str) -> list[str]:
    """Part a row into its cells; a cell in quotes without them, doubled quotes inside it single."""
    if '"' not in text:
        return text.split(delimiter, MOST_COLUMNS)
    found: list[str] = []
    at, size, pattern = 0, len(text), _CELL[delimiter]
    while at <= size and len(found) < MOST_COLUMNS:
        match = pattern.match(text, at)
        if match is None:  # a quote that never ends
            return [*found, *text[at:].split(delimiter, MOST_COLUMNS)]
        quoted, behind, bare = match.groups()
        found.append(bare if quoted is None else quoted.replace('""', '"') + behind.strip())
        at = match.end()
        if at == size and text[at - 1 : at] != delimiter:
            break
        if match.end() == match.start():
            break
    return found


_OPENS = {one.encode(): re.compile(re.escape(one.encode()) + rb' *"') for one in _CELL}
_FIRST = re.compile(rb'(?:\xef\xbb\xbf)? *"')
_CLOSES = re.compile(rb'(?:[^"]++|"")*+"')


def stays_open(line: bytes, delimiter: str, *, inside: bool) -> bool:
    """Tell whether a line ends inside a quote; ``inside``: it begins inside one."""
    opens = _OPENS[delimiter.encode()]
    at = 0
    if not inside:
        match = _FIRST.match(line) or opens.search(line)
        if match is None:
            return False
        at = match.end()
    while closed := _CLOSES.match(line, at):
        match = opens.search(line, closed.end())
        if match is None:
            return False
        at = match.end()
    return True


def delimiter_of(line: str) -> str:
    """Give the delimiter that parts a line of names into most; a comma where none does."""
    return max(DELIMITERS, key=lambda one: len(cells(line, one)))


@lru_cache(maxsize=256)
def csv_names(preamble: bytes) -> tuple[tuple[str, ...], str]:
    """Give the names of a CSV file's header, in its order, and its delimiter; no names: ``()``.

    ``sep=`` of a line before it tells the delimiter. A name that stands twice, or is empty, gets
    its column's number.
    """
    read = decode(preamble)
    if not isinstance(read, tuple):
        return (), ","
    lines = [line.strip("\ufeff\r") for line in read[0].split("\n")]
    lines = [line for line in lines if line.strip()]
    told = next((match[1] for line in lines[:-1] if (match := _SEP.match(line))), "")
    if not lines:
        return (), ","
    delimiter = told if told in _CELL else delimiter_of(lines[-1])
    return distinct(cells(lines[-1], delimiter)), delimiter


class Directives(NamedTuple):
    """What the directives before rows say: names, and whatever else under its word in lower case.

    ``delimiter`` parts the names; rows may be parted otherwise.
    """

    names: tuple[str, ...]
    delimiter: str
    said: dict[str, str]


@lru_cache(maxsize=256)
def directives(preamble: bytes) -> Directives:
    """Read ``#Word: text`` lines; of a preamble without any each word is a name.

    Exchange parts names by commas, the others by blanks or tabs.
    """
    read = decode(preamble)
    text = read[0] if isinstance(read, tuple) else ""
    said: dict[str, str] = {}
    for line in text.split("\n"):
        word, colon, rest = line.strip("\ufeff\r ").partition(":")
        if colon and word[:1] == "#":
            said[word[1:].strip().casefold()] = rest.strip()
    fields = said.get("fields", "" if "#" in text else text.strip())
    delimiter = "," if "," in fields else "\t" if "\t" in fields else " "
    names = cells(fields, ",") if delimiter == "," else fields.split()
    return Directives(distinct(names) if fields else (), delimiter, said)


def distinct(names: list[str]) -> tuple[str, ...]:
    """Give names of which each stands once and none is empty or without end."""
    found: dict[str, None] = {}
    for number, name in enumerate(names, 1):
        plain = name.strip()[:MOST_NAME]
        if not plain:
            plain = f"column{number}"
        found[plain if plain not in found else f"{plain}.{number}"] = None
    return tuple(found)


def is_header(line: bytes) -> bool:
    """Tell whether a CSV file's first line names columns: no cell of it is a value.

    RFC 4180 leaves the header away as it likes; a number, a time or an address names nothing.
    """
    read = decode(line.strip(b"\r\n"))
    if not isinstance(read, tuple):
        return False
    text = read[0].strip("\ufeff \r\n")
    names = [cell.strip() for cell in cells(text, delimiter_of(text))]
    return len(names) > 1 and all(names[:-1]) and not any(map(_VALUE.match, names))
