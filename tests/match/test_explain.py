"""Explanations of verdicts: they agree with the matcher, and name what was found where."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.match import Matcher
from pipeline.match.explain import Explainer, Explanation, Found, Step
from pipeline.model import Event
from tests.match.material import content_of, event, rule_text, taxonomy

SECURITY = {"Channel": "Security", "EventID": 4688}
SYSMON = {"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 1}
CREATION = {"product": "windows", "category": "process_creation"}


def explained(detection: dict[str, Any], on: Event, **more: Any) -> Explanation:
    """Explain a rule of one text on an event."""
    content = content_of(rule_text(detection, **more))
    (rule,) = content.rules.values()
    return Explainer(content, taxonomy())(rule, on)


def leaves(step: Step) -> Iterator[Step]:
    if step.kind == "leaf":
        yield step
    for part in step.parts:
        yield from leaves(part)


def test_each_leaf_has_its_answer() -> None:
    """Every test of a condition is answered, also where another one has decided."""
    detection = {
        "one": {"a": "x", "b|endswith": "y"},
        "two": {"c": ["p", "q"]},
        "condition": "one and not two",
    }
    told = explained(detection, event({"a": "no", "b": "why", "c": "Q"}))
    assert not told.fires
    said = {leaf.says: leaf.holds for leaf in leaves(told.condition)}
    assert said == {"a: x": False, "b: *y": True, "c: p": False, "c: q": True}
    assert told.condition.kind == "and"
    assert told.condition.parts[-1] == Step(
        "not", holds=False, parts=told.condition.parts[-1].parts
    )


NAMES = [
    ("own name", "windows", {"Image": "a.exe"}, {}, ("Image", "vendor", ("a.exe",))),
    ("ecs", "ecs", {}, {"process": {"executable": "a.exe"}},
     ("process.executable", "ecs", ("a.exe",))),
    ("within", "ecs", {}, {"winlog": {"event_data": {"Image": "a.exe"}}},
     ("winlog.event_data.Image", "ecs", ("a.exe",))),
    ("null is passed over", "ecs", {"Image": None}, {"process": {"executable": "b.exe"}},
     ("process.executable", "ecs", ("b.exe",))),
    ("several", "windows", {"Image": ["a", 1, None]}, {}, ("Image", "vendor", ("a", "1", "null"))),
    ("nowhere", "windows", {}, {}, ("", "", ())),
]  # fmt: skip


@pytest.mark.parametrize(
    ("of", "native", "ecs", "wanted"), [row[1:] for row in NAMES], ids=[row[0] for row in NAMES]
)
def test_a_field_is_told_with_the_name_it_was_found_under(
    of: str, native: dict[str, Any], ecs: dict[str, Any], wanted: tuple[Any, ...]
) -> None:
    """The first name that holds a value is told, with its place and its values."""
    detection = {"s": {"Image": "a.exe"}, "condition": "s"}
    told = explained(detection, event(native, of=of, ecs=ecs), logsource={"product": "windows"})
    (found,) = next(leaves(told.condition)).found
    assert (found.under, found.place, found.values) == wanted
    assert found.tried[0] == "Image"


def test_a_log_sources_own_names_are_used() -> None:
    """A 4688 event is told by the names that process creation has there."""
    detection = {"s": {"Image|endswith": "\\cmd.exe"}, "condition": "s"}
    on = event({**SECURITY, "NewProcessName": "C:\\cmd.exe"}, of="windows")
    told = explained(detection, on, logsource=CREATION)
    assert told.fires
    (found,) = next(leaves(told.condition)).found
    assert found.under == "NewProcessName"


def test_the_log_source_is_told_with_the_entry_that_gave_it() -> None:
    """Each wanted label is told with the entry that gave it."""
    detection = {"s": {"Image": "a"}, "condition": "s"}
    told = explained(detection, event(SYSMON, of="windows"), logsource=CREATION)
    assert told.source.covers
    category = told.source.wishes[1]
    assert (category.kind, category.label, category.holds) == ("category", "process_creation", True)
    assert any("EventID: 1 (windows_log.yml:" in reason for reason in category.because)
    assert told.source.key["EventID"] == ("1",)


def test_a_log_source_that_an_event_is_not_of_is_told_with_what_it_lacks() -> None:
    """A label that the event has not is told with what would give it, and what decided."""
    detection = {"s": {"Image": "a"}, "condition": "s"}
    on = event({"Channel": "System", "EventID": 7045, "Image": "a"}, of="windows")
    told = explained(detection, on, logsource=CREATION)
    assert (told.fires, told.source.covers, told.condition.holds) == (False, False, True)
    category = told.source.wishes[1]
    assert not category.holds
    assert any(reason.startswith("needs ") and "4688" in reason for reason in category.because)
    unknown = explained(detection, on, logsource={"category": "teleportation"})
    assert "no entry" in unknown.source.wishes[0].because[0]


def test_long_values_are_cut() -> None:
    """A value of a megabyte and a list of thousands are shown in part."""
    detection = {"s": {"a": "x", "b": "y"}, "condition": "s"}
    told = explained(detection, event({"a": "z" * 1_000_000, "b": ["w"] * 5000}))
    first, second = (leaf.found[0] for leaf in leaves(told.condition))
    assert len(first.values[0]) < 400
    assert "1000000 characters" in first.values[0]
    assert second.values[-1] == "… and 4992 more"


def test_both_fields_of_a_reference_are_told() -> None:
    """A comparison of two fields tells what stood in both."""
    detection = {"s": {"a|fieldref": "b"}, "condition": "s"}
    told = explained(detection, event({"a": "x", "b": "X"}))
    (leaf,) = leaves(told.condition)
    assert leaf.holds
    assert [found.values for found in leaf.found] == [("x",), ("X",)]


def test_a_match_hands_over_what_correlations_group_by() -> None:
    """The fields that a correlation groups by are among those told of a match."""
    rule = rule_text({"s": {"a": "x"}, "condition": "s"}, name="base")
    correlation = yaml.safe_dump(
        {
            "title": "C",
            "id": "00000000-0000-4000-8000-000000000009",
            "correlation": {
                "type": "event_count",
                "rules": ["base"],
                "group-by": ["who"],
                "timespan": "1m",
                "condition": {"gte": 2},
            },
        }
    )
    content = content_of(f"{rule}---\n{correlation}")
    (base,) = content.rules.values()
    told = Explainer(content, taxonomy())(base, event({"a": "x", "who": "bob"}))
    assert told.fields["who"] == "bob"


VALUES = st.one_of(
    st.sampled_from(["x", "X", "xy", "", "1", "1.0"]),
    st.integers(0, 2),
    st.none(),
    st.lists(st.sampled_from(["x", "y", 1, None]), max_size=3),
)
TESTS = st.one_of(
    st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["x", "x*", 1, None, ["x", "y"]])),
    st.tuples(st.sampled_from(["a|exists", "b|exists"]), st.booleans()),
    st.tuples(st.sampled_from(["a|re", "b|re"]), st.sampled_from(["x.?", "^$"])),
    st.tuples(st.sampled_from(["a|gte", "b|lt"]), st.integers(0, 2)),
    st.just(("a|fieldref", "b")),
)
SELECTIONS = st.lists(TESTS, min_size=1, max_size=3).map(dict)
CONDITIONS = st.sampled_from(["one and two", "one or two", "one and not two", "not 1 of them"])


@given(
    SELECTIONS, SELECTIONS, CONDITIONS, st.dictionaries(st.sampled_from(["a", "b"]), VALUES),
    st.booleans(),
)  # fmt: skip
def test_the_explanation_agrees_with_the_matcher(
    one: dict[str, Any], two: dict[str, Any], condition: str, native: dict[str, Any], other: bool
) -> None:
    """A rule fires exactly where its log source covers the event and its condition holds."""
    source = {"product": "elsewhere" if other else "plant"}
    content = content_of(
        rule_text({"one": one, "two": two, "condition": condition}, logsource=source)
    )
    on = event(native)
    (rule,) = content.rules.values()
    told = Explainer(content, taxonomy())(rule, on)
    assert told.fires == (told.source.covers and told.condition.holds)
    assert told.fires == bool(Matcher(content, taxonomy()).match(on))


def test_what_was_not_found_says_where_it_was_sought() -> None:
    """A field that is nowhere is told with every name that was tried."""
    told = explained({"s": {"a": "x"}, "condition": "s"}, event({}))
    (found,) = next(leaves(told.condition)).found
    assert found == Found("a", found.tried)
    assert found.tried[0] == "a"
