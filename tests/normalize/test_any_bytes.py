"""Whatever bytes arrive, each gives an Event or a Failure in bounded time, never an exception."""

import io
import json
from datetime import UTC
from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.model import RawBatch
from pipeline.normalize import FORMATS, Normalizer, Profile, peek, read_stream
from pipeline.normalize.ecs_schema import fields, fitting
from tests.normalize.golden_rows import FILES, rows_of
from tests.normalize.windows_shapes import SHAPES

RECEIVED = 1_772_445_600_000_000_000
FEW = settings(max_examples=settings().max_examples // 4)  # of each of many formats

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
)
NAMES = [
    "EventID", "Channel", "SourceName", "Provider_Name", "Hostname", "Computer", "Level",
    "SeverityValue", "Keywords", "UtcTime", "TimeCreated", "@timestamp", "EventTime", "winlog",
    "event_data", "event_id", "log_name", "Event", "System", "EventData", "UserData", "#attributes",
    "#text", "@Name", "Data", "Provider", "Name", "TimeCreated", "SystemTime", "event", "code",
    "kind", "category", "ecs", "version", "ecs.version", "source.ip", "source", "ip", "user",
    "host", "name", "message", "labels", "dns", "answers", "process", "param1", "Image", "Hashes",
    "TargetObject", "QueryResults", "IpAddress", "", ".", "a.b", "xmlns", "RenderingInfo",
]  # fmt: skip
values = st.recursive(
    scalars | st.sampled_from(["1", "4624", "Security", "Microsoft-Windows-Sysmon", "::1", "-"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner, max_size=6)
    ),
    max_leaves=20,
)
documents = st.dictionaries(st.sampled_from(NAMES), values, max_size=10).map(
    lambda document: json.dumps(document).encode()
)
syslog_pieces = st.sampled_from(
    [
        "<34>", "<999>", "<34>1 ", "1 ", "- ", "Oct 11 22:14:15 ", "Feb 29 00:00:00 ",
        "2003-10-11T22:14:15.003Z ", "2026-13-45T99:99:99Z ", "host ", "su: ", "sshd[7]: ",
        "sudo: ", '[a b="c"]', "[a", '"', "\\", "]", "=", "a=b ", 'c="d" ', "Failed password for ",
        "invalid user ", " from ", "10.0.0.1 ", " port ", "22 ", "ssh2", "pam_unix(x:auth): ",
        "authentication failure; ", "user=root ", "COMMAND=", "USER=root ; ", " : ", "{", "}",
        "@cee:", "\x00", "\n", "\r", "é", "Ж", " ", "*", "000123: ", "%SYS-5-X: ", "CST 1987 ",
    ]
)  # fmt: skip
lines = st.lists(syslog_pieces | st.text(max_size=6), max_size=14).map(
    lambda parts: "".join(parts).encode("utf-8", "surrogatepass")
)
records = st.one_of(st.binary(max_size=200), documents, lines)


def batch_of(found: list[bytes], format_name: str = "auto") -> RawBatch:
    return RawBatch("b", "o", "s", 1, 0, RECEIVED, RECEIVED, format_name, tuple(found))


@pytest.mark.parametrize("format_name", sorted(FORMATS))
@FEW
@given(found=st.lists(records, min_size=1, max_size=4))
@example(found=[b"", b"\x00", b"{", b"[", b"<", b"<1>", b"<34>1", b"\xff\xfe", b"\xef\xbb\xbf"])
@example(found=[b"<13>Feb 29 00:00:00 h a: b", b"2000-00-00T00:00:00Z h a: b"])
@example(found=[b'{"EventID":1,"Channel":"x","Level":true,"Keywords":[{}],"UtcTime":"0"}'])
@example(found=[b'{"a":"\\ud800","EventID":99999999999,"Channel":7}', b"[" * 5000])
def test_any_bytes_give_an_event_or_a_failure(format_name: str, found: list[bytes]) -> None:
    """In every format each record gives one Event that can be written, or one Failure."""
    normalized = Normalizer(lambda _o, _s: Profile(format_name, UTC))(batch_of(found))
    read = {event.index for event in normalized.events}
    unread = {failure.index for failure in normalized.failures}
    assert read | unread == set(range(len(found)))
    assert len(read) == len(normalized.events)
    assert len(unread) == len(normalized.failures)
    unknown = {event.index for event in normalized.events if event.format == "unknown"}
    assert unknown == read & unread
    for event in normalized.events:
        assert orjson.loads(orjson.dumps(event.document()))["event"]["kind"]
    assert all(failure.detail for failure in normalized.failures)


GOLDEN = [
    (row.format, row.preamble, row.record)
    for name in [*FILES, *SHAPES]
    for row in rows_of(name)
    if len(row.record) < 16_384
]
HOSTILE = [
    b"\x00",
    b"\xff",
    b'"',
    b"\\",
    b"=",
    b"|",
    b"{",
    b"[",
    b"<",
    b"\n",
    b"\t",
    b"%",
    b" " * 64,
    b"9" * 40,
]


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, bytes, bytes]:
    """Give a golden record with its format and preamble, cut, changed, or joined to another."""
    form, preamble, record = draw(st.sampled_from(GOLDEN))
    for _ in range(draw(st.integers(0, 4))):
        begin = draw(st.integers(0, len(record)))
        end = draw(st.integers(begin, min(len(record), begin + 64)))
        kind = draw(st.integers(0, 4))
        if kind == 0:
            record = record[:begin] + record[end:]
        elif kind == 1:
            record = record[:begin] + draw(st.binary(max_size=8)) + record[end:]
        elif kind == 2:
            record = record[:begin] + draw(st.sampled_from(HOSTILE)) + record[begin:]
        elif kind == 3:
            record = record[:end] + record[begin:end] * 3 + record[end:]
        else:
            other = draw(st.sampled_from(GOLDEN))[2]
            record = record[:begin] + other[draw(st.integers(0, len(other))) :]
    if draw(st.integers(0, 5)) == 0:
        preamble = preamble[: draw(st.integers(0, len(preamble)))]
    return draw(st.sampled_from([form, form, "auto", *sorted(FORMATS)])), preamble, record


@settings(max_examples=5 * settings().max_examples)
@given(found=mutated())
def test_a_damaged_record_gives_an_event_or_a_failure(found: tuple[str, bytes, bytes]) -> None:
    """Each reviewed record, cut, changed or joined to another, is read the same way twice."""
    form, preamble, record = found
    batch = RawBatch("b", "o", "s", 1, 0, RECEIVED, RECEIVED, form, (record,), preamble=preamble)
    once, again = (Normalizer(lambda _o, _s: Profile())(batch) for _ in range(2))
    assert once == again
    assert {one.index for one in once.events} | {one.index for one in once.failures} == {0}
    for event in once.events:
        orjson.dumps(event.document())
        for name, value in leaves(event.ecs):
            assert name in fields(), name
            assert fitting(name, value) == value, name


def leaves(tree: dict[str, Any], above: str = "") -> list[tuple[str, Any]]:
    found = []
    for name, value in tree.items():
        path = f"{above}{name}"
        nested = isinstance(value, dict) and path not in fields()
        found += leaves(value, f"{path}.") if nested else [(path, value)]
    return found


@pytest.mark.parametrize("format_name", sorted(FORMATS))
@FEW
@given(record=records)
def test_a_peek_never_raises(format_name: str, record: bytes) -> None:
    """A peek gives text for whatever bytes arrive."""
    found = peek(record, format_name, ("doc.mark", "a.b", "Image"))
    assert all(isinstance(value, str) for value in found.values())


@pytest.mark.parametrize(
    "format_name",
    ["auto", "evtx", "json", "syslog", "csv", "w3c", "windows_dhcp", "windows_dns", "windows_xml"],
)
@given(content=st.binary(max_size=600) | documents | lines, record_bytes=st.integers(8, 64))
@example(content=b"ElfFile\x00" + b"\x00" * 5000, record_bytes=64)
@example(content=b"\x1f\x8b\x08\x00garbage", record_bytes=64)
@example(content=b"\xff\xfe\n\x00\x00\n", record_bytes=8)
@example(content=b'[{"a":"\\', record_bytes=8)
def test_any_file_gives_records(format_name: str, content: bytes, record_bytes: int) -> None:
    """Framing gives records of bounded size for whatever a file holds, positions growing."""
    framed = list(read_stream(io.BytesIO(content), format_name, record_bytes))
    assert all(len(one.data) <= max(record_bytes, 64) for one in framed)
    ends = [one.end for one in framed]
    assert ends == sorted(ends)


@given(content=st.binary(max_size=400) | documents | lines, cut=st.integers(0, 10))
@example(content=b"[", cut=0)
@example(content=b'[{"a":1}', cut=0)
@example(content=b'[{"a":1}', cut=1)
@example(content=b'[{"a":', cut=0)
def test_reading_resumes_behind_any_record(content: bytes, cut: int) -> None:
    """A resumed file gives exactly what came behind the position."""
    framed = list(read_stream(io.BytesIO(content), "auto", 64))
    if not framed:
        return
    at = cut % len(framed)
    rest = list(read_stream(io.BytesIO(content), "auto", 64, framed[at].end, framed[at].header))
    assert rest == framed[at + 1 :]


SIZE = 1 << 18
LONG = {
    "imitated peers": b"<13>Mar  2 14:00:00 h sshd[1]: Failed password for "
    + b"x from y port 1 " * (SIZE // 16),
    "words": b"<13>Mar  2 14:00:00 h sshd[1]: Connection closed by user " + b"x " * (SIZE // 2),
    "pairs": b"<13>Mar  2 14:00:00 h x: " + b"a=b " * (SIZE // 4),
    "open quotes": b"<13>Mar  2 14:00:00 h x: " + b'a="' * (SIZE // 3),
    "escapes": b"<13>Mar  2 14:00:00 h x: k=1 j=" + b'\\"' * (SIZE // 2),
    "one name": b"<13>Mar  2 14:00:00 h x: " + b"a" * SIZE + b"=",
    "elements": b"<13>1 - h a - - " + b'[a b="c"]' * (SIZE // 9),
    "parameters": b"<13>1 - h a - - [a" + b' b="c"' * (SIZE // 6),
    "brackets": b"<13>1 - h a - - " + b"[" * SIZE,
    "sudo": b"<13>Mar  2 14:00:00 h sudo: " + b" : " * (SIZE // 3),
    "high bytes": b"\xcf\xf0" * (SIZE // 2),
    "NULs": b"a\x00" * (SIZE // 2),
    "same names": b'{"Event":{"System":{"EventID":1},"EventData":{"Data":['
    + b",".join([b'{"@Name":"a","#text":"x"}'] * (SIZE // 26))
    + b"]}}}",
    "ECS misfits": b'{"event":{"kind":"event"},'
    + b",".join(b'"source.%d":1' % n for n in range(SIZE // 16))
    + b"}",
    "hashes": b'{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","Hashes":"'
    + b"A=B," * (SIZE // 4)
    + b'"}',
}


@pytest.mark.parametrize("record", LONG.values(), ids=LONG)
def test_a_long_record_costs_what_it_is_long(record: bytes) -> None:
    """Records made to be slow (or to be read many times over) come to an end in every format."""
    for format_name in FORMATS:
        normalized = Normalizer(lambda _o, _s: Profile())(batch_of([record], format_name))
        read = {event.index for event in normalized.events}
        assert read | {failure.index for failure in normalized.failures} == {0}
        peek(record, format_name, ("doc.mark",))
