"""The matcher against rsigma: every rule of SigmaHQ over both streams, and over made events."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from pipeline.content import Content
from pipeline.match import Matcher
from tests.match.flat_events import LogSource, flat_events
from tests.match.material import observed, taxonomy
from tests.match.one_product import make_events, one_product, own_matches, rules_of
from tests.match.sigmahq import NATURAL, PROCESS, RULE_FOLDERS
from tests.proof.rsigma_oracle import Rsigma, program

pytestmark = pytest.mark.proof

Record = Callable[[str, object], None]
Verdicts = set[tuple[str, int]]
TABLE = Path(__file__).with_name("rsigma_differences.yml")
SEED = 4
PLANT = LogSource("plant", "", "")


@pytest.fixture(scope="module")
def rsigma() -> Path:
    """Give the program."""
    return program()


def check(place: str, ours: Verdicts, theirs: Verdicts, record: Record) -> None:
    """Fail on a difference without an explanation, and on an explanation without a difference."""
    record("matches", len(theirs))
    record("differing verdicts", len(ours ^ theirs))
    different = {("added", name) for name, _ in ours - theirs}
    different |= {("missed", name) for name, _ in theirs - ours}
    table = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    explained = {
        (cause["side"], name)
        for cause in table.values()
        for name, places in cause["rules"].items()
        if place in places
    }
    assert sorted(different - explained) == []
    assert sorted(explained - different) == []


@pytest.mark.parametrize("name", [NATURAL, PROCESS], ids=["natural", "process"])
def test_real_events(
    rsigma: Path,
    sigmahq: Content,
    sigmahq_folder: Path,
    tmp_path: Path,
    record_property: Record,
    name: str,
) -> None:
    """On every event of both streams the verdicts are rsigma's, but for explained differences."""
    rules = tmp_path / "rules"
    rules.mkdir()
    for folder in RULE_FOLDERS:
        (rules / folder).symlink_to(sigmahq_folder / folder)
    events = list(flat_events(name))
    record_property("pipeline", "none; --logsource-routing, one run for each log source")
    record_property("events", len(events))
    theirs = Rsigma(rsigma, rules, tmp_path).verdicts(events)
    ours = observed(Matcher(sigmahq, taxonomy()), [(event.number, event.line) for event in events])
    check(name, ours, theirs, record_property)


def test_every_rule(
    rsigma: Path, sigmahq_folder: Path, tmp_path: Path, record_property: Record
) -> None:
    """On events made of each rule's words the verdicts are rsigma's, but for explained ones."""
    rules = rules_of(sigmahq_folder)
    made = make_events(rules, [], SEED, 4)
    matcher = one_product(sigmahq_folder, tmp_path)
    asked = Rsigma(rsigma, tmp_path / "rules", tmp_path)
    found = asked.ask(PLANT, ((event.number, event.raw) for event in made))
    theirs = {
        (name, number)
        for name, number in found
        if name in rules and rules[name].source == made[number].source
    }
    check("made", own_matches(matcher, made, rules), theirs, record_property)
