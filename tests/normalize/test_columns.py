"""Cells, names and directives of rows."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.normalize.columns import (
    cells,
    csv_names,
    delimiter_of,
    directives,
    is_header,
    stays_open,
)


@pytest.mark.parametrize(
    ("text", "delimiter", "found"),
    [
        ("a,b,,d", ",", ["a", "b", "", "d"]),
        ('"a,b",c', ",", ["a,b", "c"]),
        ('"a""b"', ",", ['a"b']),
        ('a,"b"', ",", ["a", "b"]),
        ('a,"b",', ",", ["a", "b", ""]),
        (',"b"', ",", ["", "b"]),
        ('a;"b;c"', ";", ["a", "b;c"]),
        ('x "a b" y', " ", ["x", "a b", "y"]),
        ('a,"b,c', ",", ["a", '"b', "c"]),
        ('say "b",c', ",", ['say "b"', "c"]),
    ],
)
def test_cells(text: str, delimiter: str, found: list[str]) -> None:
    """A row is parted as RFC 4180 says; a quote that never ends parts nothing."""
    assert cells(text, delimiter) == found


@given(
    row=st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x00"), max_size=5),
        min_size=2,
        max_size=6,
    )
)
def test_what_a_writer_writes_is_read(row: list[str]) -> None:
    """What Python's csv module writes reads back."""
    written: list[str] = []
    csv.writer(Lines(written), quoting=csv.QUOTE_ALL, lineterminator="").writerow(row)
    assert cells("".join(written), ",") == row


class Lines:
    """Takes what is written."""

    def __init__(self, written: list[str]) -> None:
        self.write = written.append


@pytest.mark.parametrize(
    ("preamble", "names", "delimiter"),
    [
        (b"a,b", ("a", "b"), ","),
        (b"a;b,c;d", ("a", "b,c", "d"), ";"),
        (b"sep=|\na|b", ("a", "b"), "|"),
        (b'#TYPE x\n"a","b"', ("a", "b"), ","),
        (b"a,,a", ("a", "column2", "a.3"), ","),
        ("Имя;Адрес".encode("cp1251"), ("Имя", "Адрес"), ";"),
        (b"", (), ","),
    ],
)
def test_names_of_a_csv_file(preamble: bytes, names: tuple[str, ...], delimiter: str) -> None:
    """A header gives names that differ, and its delimiter."""
    assert csv_names(preamble) == (names, delimiter)


def test_directives() -> None:
    """Directives give names and what else they say; bare names are names."""
    told = directives(b"#Software: X\r\n#Fields: a b\tc\r\n#Time Format: Local")
    assert (told.names, told.said["software"], told.said["time format"]) == (
        ("a", "b", "c"),
        "X",
        "Local",
    )
    assert directives(b"#Fields: a,b c,d").names == ("a", "b c", "d")
    assert directives(b"date time c-ip").names == ("date", "time", "c-ip")
    assert directives(b"#Date: x").names == ()


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (b"time,user,src_ip", True),
        (b"2026-03-02,aliya,192.0.2.1", False),
        (b"user,192.0.2.1", False),
        (b"user,7", False),
        (b"user,2001:db8::1", False),
        (b"alone", False),
        (b"a,,b", False),
        (b"5m_average,user", True),
        ("Уровень;Дата и время".encode(), True),
    ],
)
def test_a_header_names_and_has_no_values(line: bytes, found: bool) -> None:
    """A first line with a number, a time or an address is a row."""
    assert is_header(line) is found


@pytest.mark.parametrize(
    ("line", "inside", "found"),
    [
        (b'a,"b', False, True),
        (b'a,"b"', False, False),
        (b'a,"b""', False, True),
        (b'a,b"c', False, False),
        (b'b",c', True, False),
        (b'b"",c', True, True),
        (b'b","c', True, True),
    ],
)
def test_a_quote_that_goes_on(line: bytes, inside: bool, found: bool) -> None:
    """A line ends inside a quote where the quote began a cell and did not end."""
    assert stays_open(line, ",", inside=inside) is found


def test_the_delimiter_is_the_one_that_parts_most() -> None:
    """Of four delimiters the one that gives most cells counts."""
    assert [delimiter_of(text) for text in ("a,b;c;d", "a\tb", "a|b", "a")] == [";", "\t", "|", ","]
