"""The matcher against pySigma's SQLite backend: the same rules over the same events, as queries."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.content import Content
from pipeline.match import Matcher
from tests.match.flat_events import FlatEvent, parts, sample
from tests.match.material import observed, taxonomy
from tests.match.sigmahq import NATURAL, PROCESS, rule_files
from tests.match.sqlite_oracle import Converted, convert, verdicts

Record = Callable[[str, object], None]


@pytest.fixture(scope="module")
def converted(sigmahq_folder: Path) -> Converted:
    """Convert SigmaHQ's rules to queries."""
    return convert(rule_files(sigmahq_folder))


def test_rules_are_converted(converted: Converted, record_property: Record) -> None:
    """Every rule of SigmaHQ becomes a query but two, whose placeholder nobody has values for."""
    record_property("rules converted to SQLite", converted.count)
    record_property("not converted", dict(converted.reasons))
    placeholder = "Attempt to convert unhandled placeholder 'known_cdcs' into query."
    assert converted.reasons == {f"SigmaPlaceholderError: {placeholder}": 2}
    assert converted.count == 3755


def differences(
    matcher: Matcher, converted: Converted, events: list[FlatEvent]
) -> tuple[int, dict[str, list[tuple[str, int]]]]:
    """Count the queries' verdicts, and name those that we miss and those that we add."""
    wanted = verdicts(converted, events)
    found = observed(matcher, [(event.number, event.line) for event in events])
    told = {"missed": sorted(wanted - found), "added": sorted(found - wanted)}
    return len(wanted), {name: rows for name, rows in told.items() if rows}


@pytest.mark.proof
@pytest.mark.parametrize(
    ("name", "most", "least"),
    [(NATURAL, 60, 100), (PROCESS, 150, 300)],
    ids=["natural", "process"],
)
def test_real_events(
    sigmahq: Content,
    converted: Converted,
    record_property: Record,
    name: str,
    most: int,
    least: int,
) -> None:
    """On real events of every shape each rule of SigmaHQ gives the verdict that its query gives."""
    events = sample(name, most)
    matches, different = differences(Matcher(sigmahq, taxonomy()), converted, events)
    record_property("events", len(events))
    record_property("matches", matches)
    assert different == {}
    assert matches > least


@pytest.mark.proof
@pytest.mark.parametrize(
    ("name", "count", "total"),
    [(NATURAL, 40_000, 479), (PROCESS, 5_524, 1_184)],
    ids=["natural", "process"],
)
def test_every_real_event(
    sigmahq: Content,
    converted: Converted,
    record_property: Record,
    name: str,
    count: int,
    total: int,
) -> None:
    """On every event of both streams each rule of SigmaHQ gives the verdict of its query."""
    matcher = Matcher(sigmahq, taxonomy())
    read = matches = 0
    for events in parts(name, 4_000):
        some, different = differences(matcher, converted, events)
        assert different == {}
        read, matches = read + len(events), matches + some
    record_property("events", read)
    record_property("matches", matches)
    assert (read, matches) == (count, total)
