import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from pipeline.assess import load_pack
from pipeline.assess.labels import read_tags
from pipeline.content import Content, load_content
from pipeline.content.rule_tests import RuleTester, RuleTestsDocument
from pipeline.correlate import ROW_TYPES, Correlator, Evidence, SourceTiming
from pipeline.match import Matcher, load_taxonomy
from pipeline.model import NANOSECONDS, Finding, Labels, Observation, Tri
from pipeline.model.rows import Rows
from pipeline.normalize import Normalizer, Profile
from pipeline.runtime.tested_object import reading_of

ROOT = Path(__file__).parents[2]
RULES = ROOT / "rules"
PATHS = (RULES / "detection", RULES / "correlation")
SUFFIX = ".tests.yml"
FILES = sorted(
    path for folder in PATHS for path in folder.rglob("*.yml") if not path.name.endswith(SUFFIX)
)
KEYS = ("title", "id", "status", "description", "author", "date", "tags", "falsepositives", "level")


def named(path: Path) -> str:
    return path.relative_to(RULES).with_suffix("").as_posix()


def document(path: Path) -> dict[str, Any]:
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


@cache
def content() -> Content:
    return load_content(PATHS, None)


@cache
def rule_tester() -> RuleTester:
    normalizer = Normalizer(lambda *_: Profile("auto", ZoneInfo("Asia/Almaty"), False, ()))
    matcher = Matcher(content(), load_taxonomy(RULES / "taxonomies/sigma"), ())
    evidence = Evidence(
        labels=lambda _: Labels(),
        timing=lambda *_: SourceTiming(lateness=300 * NANOSECONDS, silence=None),
        expected=lambda *_: (),
        trial=lambda *_: False,
    )
    correlator = Correlator(content(), evidence, 3600 * NANOSECONDS)

    def correlate(observations: Sequence[Observation]) -> list[Finding]:
        state = Rows("rule-test", ROW_TYPES, {})
        return [found for seen in observations for found in correlator.step(state, seen)]

    return RuleTester(content(), normalizer, matcher.observe, correlate, reading_of)


def test_every_rule_of_ours_is_in_force() -> None:
    """All bundled rules load, none is quarantined; there are about fifteen and three over them."""
    assert content().quarantined == ()
    assert len(content().rules) >= 15
    assert len(content().correlations) >= 3
    assert len(content().rules) + len(content().correlations) == len(FILES)


@pytest.mark.parametrize("path", FILES, ids=named)
def test_the_tests_beside_a_rule_pass(path: Path) -> None:
    """Each rule hits and misses what the tests beside it say, and every record is readable."""
    beside = path.with_name(path.name.removesuffix(".yml") + SUFFIX)
    outcomes = rule_tester()(beside)
    assert [str(outcome) for outcome in outcomes if not outcome.passed] == []


@pytest.mark.parametrize("path", FILES, ids=named)
def test_a_rule_has_a_hit_a_miss_and_a_variant(path: Path) -> None:
    """Beside each rule stand a hit, a miss and another shape of one of them."""
    beside = path.with_name(path.name.removesuffix(".yml") + SUFFIX)
    tests = RuleTestsDocument.model_validate(document(beside)).tests
    assert any(test.hits for test in tests)
    assert any(not test.hits for test in tests)
    assert len(tests) >= 2
    assert len({test.name for test in tests}) == len(tests)


@pytest.mark.parametrize("path", FILES, ids=named)
def test_a_rule_says_what_its_readers_need(path: Path) -> None:
    """A rule has every key that its readers need, in one style, and a fresh id."""
    found = document(path)
    assert [key for key in KEYS if not found.get(key)] == []
    assert found["author"] == "Saqshy"
    assert re.fullmatch(
        r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", found["id"]
    )
    assert len(found["title"]) <= 60
    assert not path.name.startswith(("rule", "test"))


def test_no_two_rules_share_a_name() -> None:
    """Ids, titles and names are told once."""
    documents = [document(path) for path in FILES]
    for key in ("id", "title", "name"):
        told = [found[key] for found in documents if key in found]
        assert len(set(told)) == len(told), key


@pytest.mark.parametrize("path", FILES, ids=named)
def test_the_law_pack_understands_every_tag(path: Path) -> None:
    """Every tag of ours says something that the law pack knows."""
    view = load_pack(RULES / "law/kz").at(NANOSECONDS * 1_772_000_000)
    read = read_tags(view, document(path)["tags"])
    assert read.faults == ()
    assert read.named or read.techniques, "the rule says nothing of what it is evidence for"


@pytest.mark.parametrize("path", FILES, ids=named)
def test_a_level_is_no_verdict(path: Path) -> None:
    """A rule that says failure: yes names the reason in its description, never in its level."""
    view = load_pack(RULES / "law/kz").at(NANOSECONDS * 1_772_000_000)
    found = document(path)
    said = read_tags(view, found["tags"]).labels.failure
    if said is Tri.YES:
        assert len(found["description"]) > 60
    if found["level"] in ("informational", "low"):
        assert said is not Tri.YES
