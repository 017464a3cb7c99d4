"""Events written as lines of JSON."""

from dataclasses import replace

import orjson
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Event, TimeConfidence, event_lines
from tests.normalize.golden_rows import events

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=6,
)
trees = st.dictionaries(st.sampled_from(["event", "@timestamp", "saqshy", "a"]) | texts, values)
made = st.builds(
    Event,
    batch=texts,
    index=st.integers(0, 10_000),
    object_id=texts,
    source_id=texts,
    time=st.integers(-(2**60), 2**61),
    received_at=st.integers(0, 2**61),
    time_confidence=st.sampled_from(TimeConfidence),
    original_hash=texts,
    format=texts,
    taxonomy=texts,
    ecs=trees,
    native=trees,
    trial=st.booleans(),
    notes=st.lists(texts, max_size=2).map(tuple),
    versions=st.dictionaries(texts, texts, max_size=2),
)


def slowly(those: list[Event]) -> bytes:
    return b"\n".join(orjson.dumps(event.document()) for event in those)


@given(st.lists(made, max_size=4))
def test_any_events_are_written_as_their_documents(those: list[Event]) -> None:
    """Whatever an event holds, its line is its document's JSON, byte for byte."""
    assert event_lines(those) == slowly(those)


def test_reviewed_events_are_written_as_their_documents() -> None:
    """The events of every reviewed record are written as their documents, in one go."""
    those = [replace(event, index=at) for at, (_, event) in enumerate(events())]
    assert event_lines(those) == slowly(those)
