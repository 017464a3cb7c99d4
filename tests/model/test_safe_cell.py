"""Cells of tables that leave the system: no formula, no control, nothing lost."""

import csv
import io
import re
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.safe_cell import csv_line, meant_by, safe_cell

CELLS = {
    "=1+1": "'=1+1", " =1": "' =1", "+1": "'+1", "-1": "'-1", "@a": "'@a", "'a": "''a",
    "a=1": "a=1", "": "", "a,b": "a,b", "C:\\temp\\users": "C:\\temp\\users",
    "a\nb": "a\\x0ab", "\x1b[31m": "\\x1b[31m", "\t=1": "'\\x09=1", "\r=1": "'\\x0d=1",
    # behind a separator of other places
    "x;=1+1": "x;'=1+1", "x; @a": "x;' @a", "x;y": "x;y", ";;-1": ";;'-1", "x;'a": "x;''a",
    "x\t=1": "x\\x09=1", "x,=1": "x,=1",
    # wide, small and typographic signs, and what stands before them unseen
    "\uff1d1+1": "'\uff1d1+1", "\uff0b1": "'\uff0b1", "\uff0d1": "'\uff0d1", "\uff20a": "'\uff20a",
    "\ufe621": "'\ufe621", "\u22121": "'\u22121",
    "\ufeff=1": "'\\ufeff=1", "\u202e=1": "'\\u202e=1", "\u200b=1": "'\u200b=1",
    "\xa0=1": "'\xa0=1", "\u3000=1": "'\u3000=1", "\xad+1": "'\xad+1", "\u3164=1": "'\u3164=1",
    "\u2800@a": "'\u2800@a", "\u0301=1": "'\u0301=1", "\U000e0041=1": "'\U000e0041=1",
    # what shows nothing, turns the line, or ends it
    "user\u202ename": "user\\u202ename", "a\u2028b": "a\\u2028b", "a\u2029b": "a\\u2029b",
    "a\x9bb": "a\\x9bb", "a\x85b": "a\\x85b", "a\x7fb": "a\\x7fb", "a\ufeffb": "a\\ufeffb",
    "a\u2066b\u2069": "a\\u2066b\\u2069", "a\u200fb\u061c": "a\\u200fb\\u061c",
    "a\udc80b": "a\\udc80b",
    # what only reads like one of those
    "\\x1b": "\\x5cx1b", "\\x5cx1b": "\\x5cx5cx1b", "\\x41": "\\x41", "\\u202e": "\\x5cu202e",
}  # fmt: skip


@pytest.mark.parametrize(("text", "cell"), CELLS.items(), ids=map(ascii, CELLS))
def test_a_cell_is_data(text: str, cell: str) -> None:
    """What a spreadsheet or a terminal would obey is written so that neither does."""
    assert safe_cell(text) == cell


HOSTILE = st.text(
    st.one_of(
        st.sampled_from("=+-@'\\xu;,\t\"|5c1b202e \u202e\ufeff\x1b\x9b\u2028\uff1d\u2212\u200b"),
        st.characters(exclude_categories=[]),
    ),
    max_size=24,
)


@given(HOSTILE)
def test_nothing_is_lost(text: str) -> None:
    """What a cell was made of comes back, whatever it was."""
    assert meant_by(safe_cell(text)) == text


@given(st.lists(HOSTILE, min_size=1, max_size=4))
def test_no_reader_finds_a_formula(texts: list[str]) -> None:
    """Split at commas, semicolons or tabs, quotes obeyed or not: no cell begins like a formula."""
    line = csv_line(texts)
    (row,) = csv.reader(io.StringIO(line, newline=""), strict=True)
    assert [meant_by(cell) for cell in row] == texts
    for separator in ",;\t":
        for cells in csv.reader(io.StringIO(line, newline=""), delimiter=separator):
            for cell in cells:
                assert not normalize("NFKC", _seen(cell)).startswith(("=", "+", "-", "@")), cell
    for part in re.split("[;\t]", line):
        assert not normalize("NFKC", _seen(part)).startswith(("=", "+", "-", "@")), line
    assert line.count("\r\n") == len(line.splitlines()) == 1


def _seen(cell: str) -> str:
    return re.sub(r"^[\s\u200b\u0300-\u036f]+", "", cell)


def test_numbers_stay_numbers() -> None:
    """A number below nothing is no formula: it is no text of anybody."""
    assert csv_line(["a", -5, 7]) == '"a","-5","7"\r\n'


@pytest.mark.parametrize("cell", ["'Qazaq", "it's", "\\x41", "C:\\temp", "a;'b"])
def test_what_a_person_wrote_stays(cell: str) -> None:
    """Only what this rule writes is read back otherwise than it stands."""
    assert meant_by(cell) == cell
