"""The runner of tests beside rules, and our own rules' tests."""

from datetime import UTC
from functools import partial
from pathlib import Path

import pytest

from pipeline.content import load_content
from pipeline.content.rule_tests import (
    SUFFIX,
    Outcome,
    RuleTester,
    find_tests,
    path_of_tests,
)
from pipeline.errors import ConfigurationError
from pipeline.match import Matcher
from pipeline.normalize import Normalizer, Profile
from pipeline.runtime.cli.match import correlated
from pipeline.runtime.tested_object import reading_of
from tests.match.material import taxonomy

OURS = Path(__file__).parents[2] / "rules"

RULE = """title: T
id: 00000000-0000-4000-8000-000000000001
name: base
logsource: {product: windows}
detection: {s: {EventID: 7}, condition: s}
"""
OTHER = RULE.replace("0001", "0002").replace("base", "other").replace("7", "8")
CORRELATION = """title: C
id: 00000000-0000-4000-8000-000000000003
correlation:
  type: event_count
  rules: [base]
  group-by: [Computer]
  timespan: 1m
  condition: {gte: 2}
"""
EVENT = "{EventID: %d, Channel: System, Computer: a, TimeCreated: '2026-03-02T10:00:%02dZ'}"


def runner_of(folder: Path) -> RuleTester:
    content = load_content([folder], None)
    return RuleTester(
        content,
        Normalizer(lambda _object, _source: Profile("auto", UTC)),
        Matcher(content, taxonomy()).observe,
        partial(correlated, content),
    )


def run(folder: Path, rules: str, tests: str) -> list[Outcome]:
    (folder / "x.yml").write_text(rules, encoding="utf-8")
    (folder / "x.tests.yml").write_text(tests, encoding="utf-8")
    return runner_of(folder)(folder / "x.tests.yml")


def written(*records: str, hits: int, more: str = "") -> str:
    listed = "".join(f"      - {record}\n" for record in records)
    return f"tests:\n  - name: n\n    records:\n{listed}    hits: {hits}\n{more}"


def test_hits_are_counted_by_record(tmp_path: Path) -> None:
    """A plain rule's hits are the records that it matches on; raw text and mappings alike."""
    raw = """'{"EventID": 7, "Channel": "System"}'"""
    (outcome,) = run(tmp_path, RULE, written(EVENT % (7, 1), raw, EVENT % (8, 2), hits=2))
    assert outcome.passed
    assert (outcome.found, outcome.rule_id[-4:], outcome.line) == (2, "0001", 2)


def test_a_wrong_count_is_told(tmp_path: Path) -> None:
    """A test whose count differs fails and says where it stands and what was found."""
    (outcome,) = run(tmp_path, RULE, written(EVENT % (7, 1), hits=0))
    assert not outcome.passed
    assert str(outcome).endswith("x.tests.yml:2: n: 1 hits, 0 wanted")


def test_a_record_that_cannot_be_read_fails_its_test(tmp_path: Path) -> None:
    """A test whose record is no event does not hold, whatever its count."""
    (outcome,) = run(tmp_path, RULE, written("'{'", hits=0))
    assert not outcome.passed
    assert "record 0" in str(outcome)


def test_findings_of_a_correlation_are_counted(tmp_path: Path) -> None:
    """In a file with a correlation the hits are its findings."""
    rules = f"{RULE}---\n{CORRELATION}"
    near = written(EVENT % (7, 1), EVENT % (7, 2), EVENT % (7, 3), hits=1)
    assert all(outcome.passed for outcome in run(tmp_path, rules, near))
    assert all(outcome.passed for outcome in run(tmp_path, rules, written(EVENT % (7, 1), hits=0)))


def test_of_several_rules_one_is_named(tmp_path: Path) -> None:
    """In a file of several rules a test names the one that it is of."""
    rules = f"{RULE}---\n{OTHER}"
    named = "    rule: 00000000-0000-4000-8000-000000000002\n"
    (outcome,) = run(tmp_path, rules, written(EVENT % (8, 1), hits=1, more=named))
    assert outcome.passed
    with pytest.raises(ConfigurationError, match=r"x\.tests\.yml:2: .*several rules"):
        run(tmp_path, rules, written(EVENT % (8, 1), hits=1))


BROKEN = [
    ("no hits", "tests:\n  - name: n\n    records: [x]\n", "tests.0.hits: is missing"),
    ("an unknown key", written("x", hits=1, more="    hints: 1\n"), "hints: unknown key"),
    ("no test", "tests: []\n", "tests"),
    ("no record", "tests:\n  - {name: n, records: [], hits: 0}\n", "records"),
    ("no such rule", written("x", hits=1, more="    rule: nine\n"), "'nine' is not in"),
    ("no YAML", "tests: [\n", "is not YAML"),
]


@pytest.mark.parametrize(
    ("text", "told"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN]
)
def test_a_broken_test_file_is_told(tmp_path: Path, text: str, told: str) -> None:
    """A test file that is not one is refused with file and line."""
    with pytest.raises(ConfigurationError, match=r"x\.tests\.yml:\d+") as caught:
        run(tmp_path, RULE, text)
    assert told in str(caught.value)


def test_tests_of_a_broken_rule_are_told(tmp_path: Path) -> None:
    """Tests beside a rule that is put aside are refused."""
    with pytest.raises(ConfigurationError, match="no rule in force"):
        run(tmp_path, RULE.replace("EventID", "EventID|sideways"), written("x", hits=0))


def test_an_object_needs_somebody_who_knows_records(tmp_path: Path) -> None:
    """Where nothing knows the registry's records a test that describes an object is an error."""
    tests = written(EVENT % (7, 1), hits=1, more="    object: {state_body: true}\n")
    with pytest.raises(ConfigurationError, match="knows the registry"):
        run(tmp_path, RULE, tests)


def test_test_files_are_found(tmp_path: Path) -> None:
    """Tests are found under a folder, beside a rule of either suffix, and by themselves, once."""
    for name in ("a.yml", "a.tests.yml", "b.yaml", "b.tests.yml", "c.yml"):
        (tmp_path / name).write_text("", encoding="utf-8")
    both = [tmp_path / "a.tests.yml", tmp_path / "b.tests.yml"]
    assert find_tests([tmp_path]) == both
    assert find_tests([tmp_path / "b.yaml", tmp_path / "c.yml", *both]) == both
    assert path_of_tests(tmp_path / "b.yaml") == both[1]
    with pytest.raises(ConfigurationError) as caught:
        find_tests([tmp_path / "x", tmp_path / "y"])
    assert len(caught.value.problems) == 2


def test_our_rules_pass_their_tests() -> None:
    """Every rule of ours loads, has tests beside it that hit and that miss, and passes."""
    ours = runner_of(OURS / "detection").content
    everything = load_content([OURS / "detection", OURS / "correlation"], None)
    assert everything.quarantined == ours.quarantined == ()
    runner = RuleTester(
        everything,
        Normalizer(lambda _object, _source: Profile("auto", UTC)),
        Matcher(everything, taxonomy()).observe,
        partial(correlated, everything),
        reading_of,
    )
    wrong: list[str] = []
    files = [item.file for item in everything.rules.values()]
    files += [item.file for item in everything.correlations.values()]
    for file in sorted(set(files)):
        outcomes = runner(Path(file.removesuffix(".yml") + SUFFIX))
        wrong += [str(outcome) for outcome in outcomes if not outcome.passed]
        if not {0} < {min(outcome.wanted, 1) for outcome in outcomes}:
            wrong.append(f"{file}: has no test that hits, or none that misses")
    assert wrong == []
    assert len(files) >= 15
