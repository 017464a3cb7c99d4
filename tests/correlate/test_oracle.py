"""Every correlation type, in any order of arrival, against an oracle written from the text."""

import string
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.content import Content
from pipeline.content.linking import link
from pipeline.content.parsing import parse_file
from pipeline.content.rule import Item
from pipeline.correlate import ROW_TYPES, Correlator, Evidence, SourceTiming
from pipeline.model import (
    NANOSECONDS,
    BatchKind,
    Finding,
    Labels,
    Match,
    Observation,
    Revisions,
)
from pipeline.model.rows import Rows
from tests.correlate.oracle import Found, Happened, Oracle

S = NANOSECONDS
BASE = 1_772_424_000 * S
LATENESS = 60
RULES = ("r1", "r2", "r3")
EVIDENCE = Evidence(
    labels=lambda _: Labels(),
    timing=lambda _object, _source, _at: SourceTiming(LATENESS * S),
    expected=lambda _object, _at: (),
    trial=lambda _object, _at: False,
)


def rule_document(name: str) -> dict[str, Any]:
    """Make the document of a rule; the fold never looks at its detection."""
    return {
        "title": name,
        "name": name,
        "id": identifier(name),
        "logsource": {"product": "linux"},
        "detection": {"selection": {"a": 1}, "condition": "selection"},
    }


def identifier(name: str) -> str:
    """Give a UUID for a name of the story."""
    return f"00000000-0000-4000-8000-{int(name.encode().hex(), 16):012d}"


@cache
def parsed(text: str) -> tuple[Item, ...]:
    """Parse one document; a rule's is asked for again and again."""
    return tuple(parse_file(text.encode()))


def content_of(documents: Sequence[dict[str, Any]]) -> Content:
    """Load documents; none may be put aside."""
    linked = link(
        item
        for each in documents
        for item in parsed(
            yaml.safe_dump({key: value for key, value in each.items() if key != "positive"})
        )
    )
    assert linked.problems == []
    return Content("made", linked.rules, linked.correlations, ())


def counts(draw: st.DrawFn, most: int) -> dict[str, Any]:
    """Draw a comparison with a whole number, or two."""
    ops = draw(
        st.sampled_from([("gte",), ("gt",), ("lte",), ("lt",), ("eq",), ("neq",), ("gt", "lte")])
    )
    return {op: draw(st.integers(0, most)) for op in ops}


WORDS = [
    ("r1 and r2", None),
    ("r2 and (r1 or r3)", None),
    ("r1 or r2 and r3", None),
    ("r1 and not r2", ["r1"]),
    ("r3 and not (r1 or r2)", ["r3"]),
    ("r1 and r2 and not r3", ["r1", "r2"]),
]


@st.composite
def correlations(draw: st.DrawFn, kind: str, name: str, known: Sequence[str]) -> dict[str, Any]:
    """Draw a correlation of a type over rules and correlations."""
    rules = draw(st.lists(st.sampled_from(list(known)), min_size=1, max_size=3, unique=True))
    section: dict[str, Any] = {
        "type": kind.removesuffix("_in_words"),
        "rules": rules,
        "group-by": draw(st.sampled_from([[], ["user"], ["who"], ["user", "host"]])),
        "timespan": f"{draw(st.integers(1, 90))}s",
    }
    document: dict[str, Any] = {"title": name, "name": name, "id": identifier(name)}
    if "who" in section["group-by"] or draw(st.booleans()):
        section["aliases"] = {"who": {rule: "user" if rule == "r1" else "host" for rule in RULES}}
    if kind.endswith("_in_words"):
        words, positive = draw(st.sampled_from(WORDS))
        section["condition"] = words
        section["rules"] = [rule for rule in RULES if rule in words]
        document["custom"] = {"saqshy.extended": True}
        if positive:
            document["positive"] = positive
    elif kind == "event_count":
        section["condition"] = counts(draw, 5)
    elif kind.startswith("temporal"):
        if draw(st.booleans()):
            section["condition"] = counts(draw, 3)
    elif kind == "value_count":
        field = draw(st.sampled_from(["value", ["value", "host"]]))
        section["condition"] = {**counts(draw, 4), "field": field}
    else:
        limit = draw(st.sampled_from([-3, 0, 2, 10, 50, 0.1, 33.5]))
        op = draw(st.sampled_from(["gt", "gte", "lt", "lte", "eq", "neq"]))
        section["condition"] = {op: limit, "field": "value"}
        if kind == "value_percentile":
            section["condition"]["percentile"] = draw(st.integers(0, 100))
    if draw(st.booleans()):
        section["generate"] = True
    document["correlation"] = section
    return document


VALUES = st.sampled_from(
    ["a", "b", "c", 1, 2, 40, -5, "7", " 8", 0.1, "0.2", "1e2", None, [], [3, 4], "x1", True]
)


@st.composite
def events(draw: st.DrawFn, most: int, numeric: bool) -> list[Happened]:
    """Draw events of few users and hosts, many of them at one instant or near."""
    times = draw(st.lists(st.integers(0, 200), min_size=1, max_size=most))
    found = []
    for number, time in enumerate(times):
        values = st.sampled_from([1, 2, 7, -4, "3", 0.1, None]) if numeric else VALUES
        fields = {
            "user": draw(st.sampled_from(["u", "u", "w", None])),
            "host": draw(st.sampled_from(["h", "u"])),
            "value": draw(values),
        }
        matched = draw(st.sets(st.sampled_from(RULES), min_size=1, max_size=2))
        named = f"{draw(st.sampled_from(string.ascii_lowercase))}{number:03d}"
        found.append(Happened(BASE + time * S, named, frozenset(matched), fields))
    return found


@dataclass(frozen=True)
class Story:
    """Documents, what happened, and how it arrived: batches, some read from the store anew."""

    documents: list[dict[str, Any]]
    events: list[Happened]
    batches: list[tuple[list[Happened], bool]]


@st.composite
def stories(draw: st.DrawFn, kind: str, nested: bool, most: int = 14) -> Story:
    """Draw a story of a type whose events arrive in any order within the lateness."""
    documents = [rule_document(name) for name in RULES]
    numeric = kind in ("value_sum", "value_avg", "value_percentile")
    if nested:
        inner = draw(
            st.sampled_from(["event_count", "value_count", "temporal", "temporal_ordered"])
        )
        documents.append(draw(correlations(inner, "c0", RULES)))
        documents.append(draw(correlations(kind, "c1", ["c0", "r1", "r2"])))
    else:
        documents.append(draw(correlations(kind, "c1", RULES)))
    happened = draw(events(most, numeric))
    delays = draw(
        st.lists(st.integers(0, LATENESS), min_size=len(happened), max_size=len(happened))
    )
    arrival = sorted(
        zip(delays, happened, strict=True), key=lambda pair: pair[1].time + pair[0] * S
    )
    batches, rest = [], [event for _, event in arrival]
    while rest:
        size = draw(st.integers(1, len(rest)))
        batches.append((rest[:size], draw(st.booleans())))
        rest = rest[size:]
    return Story(documents, happened, batches)


def matches_of(content: Content, batch: Sequence[Happened]) -> tuple[Match, ...]:
    """Give what the matcher would: each rule of each event, with the fields that are wanted."""
    names = {rule.name: rule.id for rule in content.rules.values()}
    return tuple(
        Match(
            rule_id,
            event.id,
            event.time,
            "host",
            {
                name: event.fields[name]
                for name in content.wanted_fields(rule_id)
                if name in event.fields
            },
        )
        for event in batch
        for rule_id in sorted(names[rule] for rule in event.rules)
    )


def told(story: Story) -> list[Finding]:
    """Run a story through the fold, to the instant at which nothing is waited for any more."""
    content = content_of(story.documents)
    stage = Correlator(content, EVIDENCE, 3600 * S)
    stored: dict[str, bytes] = {}
    state = Rows("o", ROW_TYPES, stored)
    findings: list[Finding] = []
    number = 0
    for number, (batch, anew) in enumerate(story.batches, 1):
        findings += stage.step(state, observed(number, matches_of(content, batch)))
        for key, row in state.changes().items():
            if row is None:
                stored.pop(key, None)
            else:
                stored[key] = row
        state.settled()
        if anew:
            state = Rows("o", ROW_TYPES, stored)
    findings += stage.step(state, tick(BASE + 86_400 * S))
    return findings


def observed(number: int, matches: tuple[Match, ...]) -> Observation:
    """Make the observation of one batch."""
    times = [match.time for match in matches]
    return Observation(
        batch_id=f"b{number}",
        kind=BatchKind.RAW,
        object_id="o",
        source_id="s",
        sequence=number,
        previous=number - 1,
        received_at=BASE + 1000 * S,
        revisions=Revisions(),
        event_count=len(matches),
        first_event_at=min(times),
        last_event_at=max(times),
        matches=matches,
    )


def tick(at: int) -> Observation:
    """Make a tick of the clock."""
    return Observation("t", BatchKind.CLOCK, "o", "clock", 1, 0, at, Revisions())


def standing(findings: Sequence[Finding]) -> list[Found]:
    """Say what stands of correlations at the end, without ids and revisions."""
    latest: dict[str, Finding] = {}
    for finding in findings:
        if finding.kind == "correlation":
            assert finding.revision == getattr(latest.get(finding.id), "revision", 0) + 1
            latest[finding.id] = finding
    return sorted(
        (
            Found(
                finding.rule.id,
                tuple(finding.group.items()),
                finding.first_event_at,
                finding.last_event_at,
                finding.event_count,
                finding.event_ids,
            )
            for finding in latest.values()
            if not finding.retracted
        ),
        key=repr,
    )


KINDS = (
    "event_count",
    "value_count",
    "temporal",
    "temporal_ordered",
    "value_sum",
    "value_avg",
    "value_percentile",
    "temporal_in_words",
    "temporal_ordered_in_words",
)


CASES = [
    pytest.param(kind, nested, id=f"{kind}-of-{'correlations' if nested else 'rules'}")
    for kind in KINDS
    for nested in (False, True)
    if not (nested and kind.endswith("_in_words"))
]
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


@pytest.mark.parametrize(("kind", "nested"), CASES)
@settings(deadline=None, suppress_health_check=SLOW, max_examples=40)
@given(data=st.data())
def test_findings_are_the_oracles_in_any_order(
    kind: str, nested: bool, data: st.DataObject
) -> None:
    """Whatever the order within the lateness, what stands is what the text says of the events."""
    story = data.draw(stories(kind, nested))
    assert standing(told(story)) == Oracle(story.documents, story.events).findings()


@pytest.mark.proof
@pytest.mark.parametrize(("kind", "nested"), CASES)
@settings(deadline=None, suppress_health_check=SLOW, max_examples=1000)
@given(data=st.data())
def test_findings_are_the_oracles_in_many_stories(
    kind: str, nested: bool, data: st.DataObject
) -> None:
    """The same for many more and longer stories."""
    story = data.draw(stories(kind, nested, most=20))
    assert standing(told(story)) == Oracle(story.documents, story.events).findings()


SHARES = st.sampled_from(["powershell", "cmd", "cmd", "cmd", "svchost"])


@given(
    values=st.lists(st.tuples(st.integers(0, 90), SHARES), min_size=1, max_size=40),
    limit=st.sampled_from([5, 10, 20, 50, 100]),
    op=st.sampled_from(["lte", "lt", "gte", "eq"]),
)
def test_a_share_of_values_is_that_of_the_texts_example(
    values: list[tuple[int, str]], limit: int, op: str
) -> None:
    """value_percentile without a percentile asks how many percent of the values an event's is."""
    happened = [
        Happened(BASE + time * S, f"e{number:03d}", frozenset({"r1"}), {"image": name, "pc": "w"})
        for number, (time, name) in enumerate(values)
    ]
    document = {"title": "rare", "name": "c1", "id": identifier("c1")}
    document["correlation"] = {
        "type": "value_percentile",
        "rules": ["r1"],
        "group-by": ["pc"],
        "timespan": "1m",
        "condition": {"field": "image", op: limit},
    }  # type: ignore[assignment]
    documents: list[dict[str, Any]] = [*map(rule_document, RULES), document]
    by_time = sorted(happened, key=lambda event: event.time)
    story = Story(documents, happened, [([event], False) for event in by_time])
    assert standing(told(story)) == Oracle(documents, happened).findings()
