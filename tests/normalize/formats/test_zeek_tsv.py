r"""Rows of Zeek's logs: columns, types, escapes, and whatever else may stand in them."""

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.model import Event, Failure
from pipeline.normalize.formats.zeek_tsv import columns_of, unescaped
from tests.normalize.golden_rows import rows_of
from tests.normalize.reading import batch_of, normalized

HEAD = (
    b"#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n"
    b"#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tlocal_orig\ttunnels\n"
    b"#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tbool\tset[string]\n"
)
ROW = "1772442000.123456\tC1\t192.0.2.5\t50000\t2001:db8::7\t443\ttcp\tT\ta,b\\x2cc"


def outcome(row: bytes | str, preamble: bytes = HEAD, form: str = "auto") -> Event | Failure:
    (item,) = normalized(batch_of(row, preamble=preamble, format_name=form))
    return item


ESCAPES = [
    ("plain", "plain"),
    ("a\\x09b", "a\tb"),
    ("\\xd0\\xb0", "а"),
    ("\\xff", "\\xff"),
    ("\\\\x41", "\\x41"),
    ("c:\\\\dir", "c:\\dir"),
    ("\\x5cx41", "\\x41"),
    ("tail\\x4", "tail\\x4"),
]


@pytest.mark.parametrize(("written", "meant"), ESCAPES)
def test_escapes(written: str, meant: str) -> None:
    r"""``\xHH`` are bytes of UTF-8, a doubled backslash is one, the rest stands for itself."""
    assert unescaped(written) == meant


def test_a_row_is_what_json_would_be() -> None:
    """Types decide what a value is; the log's path counts as its name."""
    event = outcome(ROW)
    assert isinstance(event, Event)
    assert event.native == {
        "_path": "conn", "ts": 1772442000.123456, "uid": "C1", "id.orig_h": "192.0.2.5",
        "id.orig_p": 50000, "id.resp_h": "2001:db8::7", "id.resp_p": 443, "proto": "tcp",
        "local_orig": True, "tunnels": ["a", "b,c"],
    }  # fmt: skip
    assert (event.format, event.ecs["event"]["dataset"]) == ("zeek_tsv", "zeek.conn")


def test_a_log_without_a_time_is_told_by_its_header() -> None:
    """A row that shows no sign is read by what stands before it."""
    head = HEAD.split(b"#path")[0] + b"#path\tloaded_scripts\n#fields\tname\n#types\tstring\n"
    event = outcome("/opt/zeek/share/zeek/base/init-bare.zeek", head)
    assert isinstance(event, Event)
    assert event.ecs["event"]["dataset"] == "zeek.loaded_scripts"


REFUSED = [
    ("no columns", ROW, b"", "names its columns|name its columns"),
    ("a line that describes", "#fields\tts", HEAD, "describes a Zeek log"),
    ("no row", "hello", HEAD, "is no row"),
    ("empty", "", HEAD, "is empty"),
]


@pytest.mark.parametrize(
    ("row", "head", "told"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_what_is_refused(row: str, head: bytes, told: str) -> None:
    """What is no entry of a known log is refused with the way out."""
    failure = outcome(row, head, "zeek_tsv")
    assert isinstance(failure, Failure)
    assert any(one in failure.detail for one in told.split("|"))


def test_columns_without_types_are_texts() -> None:
    """Columns that a registry names without types hold texts, and truth where T or F stands."""
    columns = columns_of(b"#fields ts uid\n#path conn")
    assert columns is not None
    assert [read(text) for _, read in columns.readers for text in ("T", "F")] == [True, False] * 2
    assert [(name, read("1")) for name, read in columns.readers] == [("ts", "1"), ("uid", "1")]
    assert columns.path == "conn"


def test_rows_in_a_message_of_syslog() -> None:
    """Rows that a relay sends are read by the columns that the registry names."""
    event = outcome(f"<134>1 2026-03-02T09:00:00Z sensor zeek - - - {ROW}".encode())
    assert isinstance(event, Event)
    assert (event.format, event.ecs["host"]["name"]) == ("zeek_tsv", "sensor")


ROWS = [(row.record, row.preamble) for row in rows_of("zeek_tsv")]


@given(st.sampled_from(ROWS), st.data())
def test_mutated_rows_are_events_or_failures(
    sample: tuple[bytes, bytes], data: st.DataObject
) -> None:
    """A real row or header with bytes put in, cut out or doubled gives an Event or a Failure."""
    record, head = (mutated(part, data) for part in sample)
    item = outcome(record, head, data.draw(st.sampled_from(["auto", "zeek", "zeek_tsv"])))
    if isinstance(item, Event):
        assert orjson.dumps(item.document())


def mutated(part: bytes, data: st.DataObject) -> bytes:
    at = data.draw(st.integers(0, len(part)))
    end = data.draw(st.integers(at, min(len(part), at + 8)))
    return part[:at] + data.draw(st.binary(max_size=6)) * data.draw(st.integers(0, 3)) + part[end:]


@given(st.binary(max_size=120))
@example(b"#separator \n#fields\n")
@example(b"#separator \\x20\n#fields a b\n#types time")
@example(b"#fields\t\t\t\n#types\tset[\t]\tvector[time]")
def test_any_header_is_read(head: bytes) -> None:
    """Whatever stands before a row, reading it raises nothing."""
    columns = columns_of(head)
    assert columns is None or columns.readers
    assert outcome(ROW, head)
