"""Real records, broken: what a hostile or a careless sender makes of them."""

from hypothesis import strategies as st

from pipeline.model import Event
from pipeline.normalize import Normalizer, Profile
from tests.normalize.golden_rows import rows_of
from tests.normalize.reading import batch_of

_DIRT = st.sampled_from(
    [bytes([one]) for one in b"=|\\\"';,: \t\n\x00[]()<>%\xff"]
    + [b"", b"->", b"src=", "Ж".encode(), b"0" * 40, b"=|\\" * 30]
)


@st.composite
def broken(draw: st.DrawFn, name: str) -> bytes:
    """Give a record of a golden file with some places cut out, doubled or filled with dirt."""
    record = draw(st.sampled_from([row.record for row in rows_of(name)]))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(record)))
        to = min(len(record), at + draw(st.integers(0, 60)))
        record = record[:at] + draw(_DIRT | st.just(record[at:to] * 2)) + record[to:]
    return record


def expect_one_outcome(record: bytes, format_name: str) -> None:
    """Assert that a record becomes at most one event, which can be written, or a failure."""
    done = Normalizer(lambda _object, _source: Profile())(batch_of(record, format_name=format_name))
    assert len(done.events) <= 1
    assert len(done.events) + len(done.failures) >= 1
    for event in done.events:
        assert isinstance(event, Event)
        assert event.document()["event"]["kind"]
