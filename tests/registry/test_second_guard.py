"""Tests of the second guard beside its framings: what it costs, and that it fails closed."""

import time
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.model import Event, TimeConfidence
from pipeline.normalize.nested import nests
from pipeline.registry import load_registry
from pipeline.registry.second_guard import MOST_NODES, SecondGuard
from tests.normalize.golden_rows import events
from tests.registry.making import RULES

MARKS = load_registry([RULES / "objects"]).marks
GUARD = SecondGuard(MARKS, nests)
NESTED = b'{"a":[{"b":1}]}'


def stops(*found: Event, record: bytes = NESTED) -> list[int]:
    """Give which events are stopped; their records hold lists of objects."""
    return GUARD(found, [record] * (1 + max(event.index for event in found)))


def event(index: int = 0, ecs: dict[str, Any] | None = None, **native: Any) -> Event:
    """Make an event with vendor fields."""
    return Event(
        "b", index, "o", "s", 0, 0, TimeConfidence.EXACT, "", "json", "generic", ecs or {}, native
    )


@pytest.mark.parametrize(
    ("native", "stopped"),
    [
        pytest.param({"гриф": ["a", "секретно"]}, True, id="list-of-values"),
        pytest.param({"doc.гриф": "секретно"}, True, id="dotted"),
        pytest.param({"mark.level": "секретно"}, True, id="two-parts"),
        pytest.param({"secrecy": 3}, True, id="number-in-a-marks-field"),
        pytest.param({"secrecy": False}, False, id="false"),
        pytest.param({"classification": 3}, False, id="number-elsewhere"),
        pytest.param({"secrecy": ""}, False, id="empty"),
        pytest.param({"a": {"гриф": {"kk": "өте құпия"}}}, True, id="value-with-parts"),
        pytest.param({"a": [[{"гриф": "секретно"}]]}, True, id="lists-in-lists"),
        pytest.param({"a": [{"Name": "гриф", "Value": "секретно"}]}, True, id="pair"),
        pytest.param({"a": [{"Name": "x", "Value": "секретно"}]}, False, id="other-pair"),
        pytest.param({"app": "secret", "kind": "Secret"}, False, id="other-names"),
    ],
)
def test_a_field_counts_by_its_name_and_its_value(native: dict[str, Any], stopped: bool) -> None:
    """Names come from a closed list; only what may be a mark in such a field stops an event."""
    assert stops(event(**native)) == ([0] if stopped else [])


@pytest.mark.parametrize(
    "ecs",
    [
        pytest.param({"labels": {"secrecy": "секретно"}}, id="labels"),
        pytest.param(
            {"log": {"syslog": {"structured_data": {"x": {"гриф": "секретно"}}}}}, id="syslog"
        ),
        pytest.param({"host": {"entity": {"raw": {"гриф": "секретно"}}}}, id="entity"),
    ],
)
def test_members_that_a_sender_named_are_looked_at_in_ecs(ecs: dict[str, Any]) -> None:
    """Where the schema lets senders name members, a mark among them stops the event."""
    assert stops(event(ecs=ecs)) == [0]
    assert stops(event(ecs={"labels": {"sector": "banking"}})) == []


class Broken:
    """A value that nobody can look at."""

    def __str__(self) -> str:
        raise RuntimeError("CANARY")


def test_what_cannot_be_looked_at_is_stopped() -> None:
    """A look that breaks, or does not end, stops its own event and lets the others pass."""
    deep: Any = [{"x": number} for number in range(MOST_NODES + 1)]
    batch = [event(0, secrecy=Broken()), event(1, a=1), event(2, a=deep)]
    assert stops(*batch) == [0, 2]
    odd = replace(event(3), native=None)  # type: ignore[arg-type] # what no parser gives
    assert stops(event(0), odd) == [0, 3]


def test_no_reviewed_record_of_any_format_is_stopped() -> None:
    """Real formats have no field that looks like a mark with a mark's value."""
    found = events()
    assert len(found) > 500
    for row, one in found:
        copied = event(0, one.ecs, **{f"{key}": value for key, value in one.native.items()})
        assert stops(copied, record=row.record) == [], row.name


@settings(deadline=None)  # several suites share one machine
@given(st.dictionaries(st.text(max_size=20), st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)))  # fmt: skip
def test_no_event_makes_it_raise_and_a_mark_always_shows(native: dict[str, Any]) -> None:
    """Whatever stands beside it, a mark in a field of that name is found."""
    assert stops(replace(event(), native=native)) in ([], [0])
    assert stops(replace(event(), native={**native, "гриф": "секретно"})) == [0]


_NAMES = st.sampled_from(["a", "x", "name", "value", "Key", "гриф", "classification", "a.гриф"])
_VALUES = st.sampled_from(["a", "", 3, None, "секретно", "открыто", "гриф", "secret"])
_HELD = st.recursive(
    _VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.lists(st.dictionaries(_NAMES, _HELD, max_size=4), min_size=1, max_size=12))
def test_what_was_seen_before_changes_no_answer(natives: list[dict[str, Any]]) -> None:
    """A guard that remembers the names of many objects stops what a new one stops."""
    seen = SecondGuard(MARKS, nests)
    for native in natives:
        one = replace(event(), native=native, ecs={"host": {"entity": native}})
        assert seen([one], [NESTED]) == SecondGuard(MARKS, nests)([one], [NESTED])


_ECS = st.dictionaries(st.sampled_from(["labels", "network", "host", "log"]), st.dictionaries(
    st.sampled_from(["name", "value", "entity", "гриф", "x"]), _VALUES, max_size=3
), max_size=3)  # fmt: skip


@settings(deadline=None)
@example([{"labels": {"name": "гриф", "value": "секретно"}}, {"network": {"x": "a"}}])
@given(st.lists(_ECS, min_size=2, max_size=6))
def test_what_stands_beside_an_event_changes_no_answer(several: list[dict[str, Any]]) -> None:
    """Each event of a batch is stopped, or not, as it is alone."""
    batch = [event(index, ecs) for index, ecs in enumerate(several)]
    alone = [one.index for one in batch if GUARD([one], [b"{}"] * len(batch))]
    assert GUARD(batch, [b"{}"] * len(batch)) == alone


@pytest.mark.proof
def test_an_event_costs_little() -> None:
    """A flat event of thirty fields costs a few microseconds at most, on any machine."""
    batch = [event(n, **_thirty()) for n in range(500)]
    best = min(_timed(batch) for _ in range(5))
    assert best / 500 < 5e-6


def _thirty() -> dict[str, Any]:
    return {f"field{number}": "v" for number in range(30)}


def _timed(batch: list[Event]) -> float:
    begin = time.perf_counter()
    assert GUARD(batch, [b"{}"] * 500) == []
    return time.perf_counter() - begin
