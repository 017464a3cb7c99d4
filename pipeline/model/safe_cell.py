r"""Tables as CSV (RFC 4180) in which every cell is data, to a spreadsheet, a terminal, a reader.

One rule for every table that leaves this system (OWASP: CSV injection):

- Every cell is quoted, so that no separator within it begins another.
- A spreadsheet runs a cell that begins with ``= + - @``, also behind white space, behind characters
  that cannot be seen, or in their wide forms; one that splits at semicolons (where the comma is the
  decimal sign, as in Kazakhstan) splits within quotes that begin in the middle of what it takes for
  a cell. So an apostrophe goes before what begins so, in a cell and behind each semicolon in it;
  and before an apostrophe there, so that a reader takes exactly one away.
- Controls, marks that turn the direction of writing, line and paragraph separators and byte order
  marks are spelled out: ``\x1b``, ``\u202e``. A backslash before what would read as such is
  ``\x5c``.

Numbers are no text and stand as they are. ``meant_by`` gives back what a cell was made of.
"""

import re
from collections.abc import Iterable
from unicodedata import category, normalize

_SIGNS = frozenset("=+-@'\N{MINUS SIGN}")
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and symbols without any ink
_PLAIN = re.compile(r"[A-Za-z0-9][ -:<-\[\]-~]*")  # ASCII without a semicolon or a backslash
_SPELLED = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_CODES = (
    r"(?:x(?:[01][0-9a-f]|7f|[89][0-9a-f])"
    r"|u(?:061c|200[ef]|202[89a-e]|206[6-9]|feff|d[89a-f][0-9a-f]{2}))"
)
_AMBIGUOUS = re.compile(rf"\\(?=(?:x5c)*{_CODES})")
_WRITTEN = re.compile(rf"\\(?:x5c(?=(?:x5c)*{_CODES})|{_CODES})")


def csv_line(cells: Iterable[str | int]) -> str:
    """Give a line of a table, with its end; every cell is quoted."""
    return ",".join(f'"{_quoted(one)}"' for one in cells) + "\r\n"


def safe_cell(text: str) -> str:
    """Give a text as no spreadsheet runs it, and no reader of lines breaks on it."""
    if _PLAIN.fullmatch(text):
        return text
    guarded = ";".join(f"'{one}" if _begins(one) else one for one in text.split(";"))
    return _SPELLED.sub(_code, _AMBIGUOUS.sub(r"\\x5c", guarded))


def meant_by(cell: str) -> str:
    """Give the text that ``safe_cell`` made a cell of; what a person wrote otherwise stays."""
    text = _WRITTEN.sub(_char, cell)
    parts = text.split(";")
    return ";".join(one[1:] if one[:1] == "'" and _begins(one[1:]) else one for one in parts)


def _quoted(cell: str | int) -> str:
    return safe_cell(cell).replace('"', '""') if isinstance(cell, str) else str(cell)


def _begins(text: str) -> bool:
    """Tell whether what is seen first of a text is a sign that begins a formula."""
    for char in text:
        if char in _SIGNS or normalize("NFKC", char)[:1] in _SIGNS:
            return True
        unseen = char.isspace() or not char.isprintable() or char in _BLANKS
        if not unseen and category(char) != "Mn":
            return False
    return False


def _code(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


def _char(found: re.Match[str]) -> str:
    return chr(int(found[0][2:], 16))
