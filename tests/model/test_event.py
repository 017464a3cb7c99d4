"""An event's document, and back."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Event, Json, TimeConfidence, event_from
from pipeline.model.times import NANOSECONDS

WORDS = st.text(max_size=8)
TREES = st.dictionaries(
    WORDS.filter(lambda name: name not in ("@timestamp", "saqshy")),
    st.one_of(WORDS, st.integers(-5, 5), st.lists(WORDS, max_size=2)),
    max_size=3,
)


@given(
    st.integers(0, 4_000_000_000 * NANOSECONDS), TREES, TREES, st.lists(WORDS, max_size=2),
    st.booleans(), st.sampled_from(TimeConfidence),
)  # fmt: skip
def test_an_event_comes_back_from_its_document(
    time: int, ecs: Json, native: Json, notes: list[str], trial: bool, confidence: TimeConfidence
) -> None:
    """What is kept of an event is the event: nothing that rules ask for is lost on the way."""
    event = Event(
        "batch", 3, "object", "source", time, time + 1, confidence, "00", "json", "generic", ecs,
        native, trial, tuple(notes),
    )  # fmt: skip
    assert event_from(orjson.loads(orjson.dumps(event.document()))) == event


@pytest.mark.parametrize(
    "document",
    [{}, {"saqshy": {}}, {"saqshy": 1}, {"saqshy": {"batch": "b"}, "@timestamp": "x"}, []],
)
def test_what_is_no_event_is_refused(document: Json) -> None:
    """A document that Saqshy did not write is told apart."""
    with pytest.raises(ValueError, match="no event"):
        event_from(document)
