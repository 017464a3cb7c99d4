"""The matcher against a naive reading of the YAML, on real events under every rule of SigmaHQ."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.content import Content
from pipeline.match import Matcher
from tests.match.flat_events import FlatEvent, sample
from tests.match.material import observed, taxonomy
from tests.match.sigma_documents import OracleRule, read_rules
from tests.match.sigmahq import NATURAL, PROCESS, rule_files

Record = Callable[[str, object], None]


@pytest.fixture(scope="module")
def rules(sigmahq_folder: Path) -> dict[str, OracleRule]:
    """Read SigmaHQ's rules as the oracle does."""
    paths = rule_files(sigmahq_folder)
    return read_rules(path.read_text(encoding="utf-8") for path in paths)


def matching(rules: dict[str, OracleRule], events: list[FlatEvent]) -> set[tuple[str, int]]:
    """Give each rule that matches an event by the oracle, with the event's number."""
    found = set()
    for name, rule in rules.items():
        source = rule.source
        for event in events:
            if event.is_of(source) and rule.matches(event.fields_for(source)):
                found.add((name, event.number))
    return found


def compare(
    content: Content, rules: dict[str, OracleRule], events: list[FlatEvent], record: Record
) -> None:
    """Hold our verdicts on these events to the oracle's."""
    known = {name: rule for name, rule in rules.items() if name in content.rules}
    wanted = matching(known, events)
    found = observed(Matcher(content, taxonomy()), [(event.number, event.line) for event in events])
    record("events", len(events))
    record("matches", len(wanted))
    assert sorted(wanted - found) == []
    assert sorted(found - wanted) == []
    assert len(wanted) > len(events) // 20


@pytest.mark.parametrize(("name", "most"), [(NATURAL, 1), (PROCESS, 2)], ids=["natural", "process"])
def test_real_events(
    sigmahq: Content, rules: dict[str, OracleRule], record_property: Record, name: str, most: int
) -> None:
    """Every rule of SigmaHQ gives the oracle's verdict on real events of every shape."""
    compare(sigmahq, rules, sample(name, most), record_property)


@pytest.mark.proof
@pytest.mark.parametrize(
    ("name", "most"), [(NATURAL, 50), (PROCESS, 500)], ids=["natural", "process"]
)
def test_many_real_events(
    sigmahq: Content, rules: dict[str, OracleRule], record_property: Record, name: str, most: int
) -> None:
    """Every rule of SigmaHQ gives the oracle's verdict on thousands of real events."""
    compare(sigmahq, rules, sample(name, most), record_property)
