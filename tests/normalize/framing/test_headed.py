"""Files of rows: which header is in force for a row, and that reading resumes under it."""

import gzip
import io
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.normalize.framing import Framed, read_stream
from pipeline.normalize.framing.header import MOST_PREAMBLE

A = b"#Software: X\n#Fields: date time c-ip"
B = b"#Date: 2026-03-02\n#Fields: date time s-ip"
DHCP = "Журнал DHCP\n\n00\tНачато\n\nКод,Дата,Время,Описание,IP,Узел,MAC".encode()
DNS = b"DNS Server log file creation at 3/2/2026\n\nMessage logging key (for packets):\n\t 1 Date"
ROW = b"3/2/2026 2:00:00 PM 0E90 PACKET  0000000002865700 UDP Rcv 192.0.2.1 0002   Q [0001]"
FILES: dict[str, tuple[str, bytes, list[tuple[bytes, bytes]]]] = {
    "W3C": ("auto", A + b"\nr1\nr2\n", [(b"r1", A), (b"r2", A)]),
    "another header": (
        "auto", A + b"\nr1\n" + B + b"\nr2\n", [(b"r1", A), (b"r2", B)],
    ),
    "directives that name nothing": (
        "auto", A + b"\nr1\n#Software: X\n#Date: 2\nr2\n", [(b"r1", A), (b"r2", A)],
    ),
    "CR LF and a mark": (
        "auto", b"\xef\xbb\xbf#Fields: a b\r\nr1\r\n\r\nr2", [(b"r1", b"#Fields: a b")] * 1
        + [(b"r2", b"#Fields: a b")],
    ),
    "Zeek": (
        "auto", b"#separator \\x09\n#fields\tts\n1.0\n#close\n",
        [(b"1.0", b"#separator \\x09\n#fields\tts")],
    ),
    "rows without a header": ("w3c", b"r1\n#Remark: x\nr2\n", [(b"r1", b""), (b"r2", b"")]),
    "CSV": ("csv", b"a,b\nx,y\n", [(b"x,y", b"a,b")]),
    "CSV with line ends in quotes": (
        "csv", b'a,b\n1,"x\r\n""y""\r\nz"\r\n2,w\r\n',
        [(b'1,"x\r\n""y""\r\nz"', b"a,b"), (b"2,w", b"a,b")],
    ),
    "CSV with a slip": ("csv", b'a,b\n1,"x\n2,y\n', [(b'1,"x', b"a,b"), (b"2,y", b"a,b")]),
    "CSV without a header": (
        "csv", b"1,2026-03-02\n2,x\n", [(b"1,2026-03-02", b""), (b"2,x", b"")],
    ),
    "CSV files one behind the other": (
        "csv", b"a,b\n1,x\na,b\n2,y\n", [(b"1,x", b"a,b"), (b"2,y", b"a,b")],
    ),
    "PowerShell": (
        "auto", b'#TYPE T\n"a";"b"\n"1";"x"\n', [(b'"1";"x"', b'#TYPE T\n"a";"b"')],
    ),
    "a CSV header that is known": (
        "auto", b"Level,Date and Time,Source,Event ID,Task Category\nError,1,S,2,N\n",
        [(b"Error,1,S,2,N", b"Level,Date and Time,Source,Event ID,Task Category")],
    ),
    "DHCP": (
        "auto", b"\t\t" + DHCP + b"\n10,03/02/26,14:00:00,Assign\n",
        [(b"10,03/02/26,14:00:00,Assign", DHCP)],
    ),
    "a broken row of DHCP": (
        "auto", b"10,03/02/26,14:00:00,A\nbroken\n10,03/02/26,14:00:01,B\n",
        [(b"10,03/02/26,14:00:00,A", b""), (b"broken", b""), (b"10,03/02/26,14:00:01,B", b"")],
    ),
    "DNS": ("auto", DNS + b"\n\n" + ROW + b"\n\n" + ROW + b"\n", [(ROW, DNS)] * 2),
    "DNS with details": (
        "auto", DNS + b"\r\n" + ROW + b"\r\nUDP info\r\n\r\n  Socket = 1\r\n" + ROW + b"\r\n",
        [(ROW + b"\r\nUDP info\r\n\r\n  Socket = 1", DNS.replace(b"\n", b"\n")), (ROW, DNS)],
    ),
    "UTF-16": (
        "csv", b"\xff\xfe" + "имя,b\r\nx,y\r\n".encode("utf-16-le"),
        [("x,y".encode("utf-16-le"), "имя,b".encode())],
    ),
}  # fmt: skip


def read(content: bytes, form: str = "auto", resume: int = 0, header: int = 0) -> list[Framed]:
    return list(read_stream(io.BytesIO(content), form, 1 << 20, resume, header))


@pytest.mark.parametrize(("form", "content", "rows"), FILES.values(), ids=FILES)
def test_a_row_goes_with_the_header_in_force(
    form: str, content: bytes, rows: list[tuple[bytes, bytes]]
) -> None:
    """Each row is its exact bytes, with the header that stands before it; a header is no record."""
    found = read(content, form)
    assert [one.data for one in found] == [data for data, _ in rows]
    assert [one.preamble.replace(b"\r", b"") for one in found] == [held for _, held in rows]
    assert [one.note_kind for one in found] == [""] * len(rows)


@pytest.mark.parametrize(("form", "content", "rows"), FILES.values(), ids=FILES)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_reading_resumes_under_the_header_in_force(
    form: str, content: bytes, rows: list[tuple[bytes, bytes]], packed: bool
) -> None:
    """Behind any row the rest is read as before, with end and header of that row alone."""
    whole = gzip.compress(content) if packed else content
    found = read(whole, form)
    assert len(found) == len(rows)
    for at, one in enumerate(found):
        assert read(whole, form, one.end, one.header) == found[at + 1 :]


def test_a_file_is_not_read_from_its_beginning_to_find_the_header() -> None:
    """Far inside a file, its head, the header in force and the rest are read, nothing between."""
    rows = b"".join(b"row %07d\n" % number for number in range(60_000))
    content = A + b"\n" + rows + B + b"\n" + rows
    found = read(content)
    last = found[-2]
    stream = Counting(content)
    assert list(read_stream(stream, "auto", 1 << 20, last.end, last.header)) == found[-1:]
    assert found[-1].preamble == B
    assert stream.count < 400_000 < len(content)


class Counting(io.BytesIO):
    """Counts the bytes that are read."""

    count = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Give bytes."""
        given = super().read(size)
        self.count += len(given)
        return given


def test_an_old_position_reads_under_the_first_header() -> None:
    """A position that knows no header means the one at the file's beginning."""
    found = read(A + b"\nr1\n" + B + b"\nr2\nr3\n")
    (rest,) = read(A + b"\nr1\n" + B + b"\nr2\nr3\n", "auto", found[1].end)
    assert (rest.data, rest.preamble) == (b"r3", A)


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ("auto", A + b"\n" + b"#x\n" * 60_000 + b"r\n"),
        ("windows_dhcp", b"no row\n" * 60_000),
        ("csv", b"a,b\n" + b'1,"' + b"x\n" * 60_000),
        ("windows_dns", ROW + b"\n" + b"details\n" * 60_000),
        ("w3c", b"#Fields: " + b"a " * 60_000 + b"\nr\n"),
    ],
    ids=["directives", "DHCP", "quote", "details", "names"],
)
def test_a_header_or_row_without_end_is_bounded(form: str, content: bytes) -> None:
    """However long a header, a quote or details go on, memory and preamble stay bounded."""
    tracemalloc.start()
    try:
        sizes = [
            (len(one.data), len(one.preamble))
            for one in read_stream(io.BytesIO(content), form, 1 << 16)
        ]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert max(size for size, _ in sizes) <= 1 << 16
    assert max(size for _, size in sizes) <= MOST_PREAMBLE
    assert peak < 100_000_000


def test_what_may_still_grow_is_open() -> None:
    """The last row of details or of a quote, and a header that has no row yet, may get more."""
    assert [one.open for one in read(ROW + b"\nUDP info\n")] == [True]
    assert [one.open for one in read(ROW + b"\n\n")] == [False]
    assert [one.open for one in read(b'a,b\n1,"x\n2,y\n', "csv")] == [True, False]
    assert [one.open for one in read(b"10,03/02/26,14:00:00,A\nprose\n")] == [False, True]


pieces = st.lists(
    st.sampled_from(
        [A, B, b"#Software: X", b"r1", b"r,2", b'"q', b'x"', b'a,"b', b'""', b"", b" ", ROW,
         b"10,03/02/26,14:00:00,A", b"a,b,c,d,e,f", DHCP, DNS, b"sep=;", b"#TYPE T", b"\r", b"\x00"]
    ),
    max_size=12,
)  # fmt: skip


@given(lines=pieces, form=st.sampled_from(["auto", "csv", "w3c", "windows_dhcp", "windows_dns"]))
@example(lines=[b'a,"b', b"x", b'y"', A], form="csv")
@example(lines=[b"", b"alone", b"a,b"], form="csv")
@example(lines=[b"", A, b"r1", b"r2"], form="w3c")
def test_any_file_of_rows_resumes(lines: list[bytes], form: str) -> None:
    """Whatever lines a file has, positions grow and reading resumes behind any record."""
    content = b"\n".join(lines)
    found = read(content, form)
    ends = [one.end for one in found]
    assert ends == sorted(ends)
    for at, one in enumerate(found):
        if not one.open:
            rest = read(content, form, one.end, one.header)
            assert [(two.data, two.end) for two in rest] == [
                (two.data, two.end) for two in found[at + 1 :]
            ]
