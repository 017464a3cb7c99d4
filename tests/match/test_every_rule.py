"""Every rule of SigmaHQ on events made out of its words: the matcher against SQLite's verdicts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from pipeline.match import Matcher
from tests.match.one_product import (
    Fields,
    Rules,
    make_events,
    one_product,
    own_matches,
    rules_of,
)
from tests.match.sigmahq import rule_files
from tests.match.sqlite_oracle import Converted, convert, verdicts

Record = Callable[[str, object], None]
TABLE = Path(__file__).with_name("sqlite_differences.yml")
SEED = 4
FEWEST = 3_680  # rules that one of their events must match, of 3,755


@pytest.fixture(scope="module")
def rules(sigmahq_folder: Path) -> Rules:
    """Read SigmaHQ's rules as the oracle does, but the two that nobody has values for."""
    return rules_of(sigmahq_folder)


@pytest.fixture(scope="module")
def explained() -> dict[tuple[str, str], Fields]:
    """Read the differences that have an explanation, each with an event that shows it."""
    table = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    return {
        (row["rule"], row["side"]): row["event"]
        for cause in table.values()
        for row in cause["rows"]
    }


@pytest.fixture(scope="module")
def converted(sigmahq_folder: Path) -> Converted:
    """Convert SigmaHQ's rules to queries."""
    return convert(rule_files(sigmahq_folder))


@pytest.fixture(scope="module")
def matcher(sigmahq_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Matcher:
    """Load SigmaHQ's rules as rules of one product, whose events have no other names."""
    return one_product(sigmahq_folder, tmp_path_factory.mktemp("one_product"))


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that a comparison needs, but the events."""

    matcher: Matcher
    converted: Converted
    rules: Rules
    explained: Mapping[tuple[str, str], Fields]

    def __call__(self, seed: int, most: int, record: Record) -> list[object]:
        """Give what is wrong: a difference unexplained, an explanation without, too few matches."""
        more = [(self.rules[name].source, each) for (name, _), each in self.explained.items()]
        made = make_events(self.rules, more, seed, most)
        found = own_matches(self.matcher, made, self.rules)
        wanted = verdicts(self.converted, made)
        firing = {name for name, _ in wanted}
        different = [("added", *each) for each in sorted(found - wanted)]
        different += [("missed", *each) for each in sorted(wanted - found)]
        record("events", len(made))
        record("matches", len(wanted))
        record("rules that fire", len(firing))
        record("explained differences", len(different))
        unexplained = [
            (side, name, made[number].raw)
            for side, name, number in different
            if (name, side) not in self.explained
        ]
        stale = self.explained.keys() - {(name, side) for side, name, _ in different}
        few = [len(firing)] if len(firing) < FEWEST else []
        return [*unexplained, *sorted(stale), *few]


@pytest.fixture(scope="module")
def compare(
    matcher: Matcher,
    converted: Converted,
    rules: Rules,
    explained: Mapping[tuple[str, str], Fields],
) -> Comparison:
    """Bring together what a comparison needs."""
    return Comparison(matcher, converted, rules, explained)


def test_every_rule(compare: Comparison, record_property: Record) -> None:
    """On events made of their words all rules give SQLite's verdicts, and nearly all fire."""
    assert compare(SEED, 2, record_property) == []


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(10))
def test_every_rule_on_many_events(compare: Comparison, record_property: Record, seed: int) -> None:
    """On four events made of each rule's words the verdicts are SQLite's, whatever was chosen."""
    assert compare(seed, 4, record_property) == []
