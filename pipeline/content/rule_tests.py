"""Tests that stand beside rules: ``<name>.tests.yml`` beside ``<name>.yml``.

Each test has a ``name``, ``records`` (raw texts, or mappings that stand for their JSON), a
``format`` of the normaliser, the ``object`` that sends them where a rule asks for what the registry
says of it (fields of an object's record), and ``hits``: on how many records a plain rule matches,
or how many findings a correlation gives. A file with several rules needs ``rule``, the id of the
one meant; in a file with a correlation it is the correlation.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Protocol

from pydantic import BaseModel, ConfigDict, Field

from pipeline.content.content import Content
from pipeline.documents import Document, read_yaml, validated
from pipeline.errors import ConfigurationError, Problem
from pipeline.model import Event, Failure, Finding, Observation, RawBatch, instant

SUFFIX = ".tests.yml"
RULE_SUFFIXES = (".yml", ".yaml")
RECEIVED = "2036-01-01T00:00:00Z"  # later than the times in any test, so that none is clamped
TESTED = "rule-test"  # the object of a test, and its source


def path_of_tests(path: Path) -> Path:
    """Give the path that the tests of a rule file have."""
    return path.with_name(path.name.removesuffix(path.suffix) + SUFFIX)


def find_tests(paths: Iterable[Path]) -> list[Path]:
    """Give the test files under folders, beside rule files, or themselves; sorted by name.

    ConfigurationError names every path that does not exist.
    """
    found: set[Path] = set()
    missing = []
    for path in paths:
        if path.is_dir():
            found.update(each for each in path.rglob(f"*{SUFFIX}") if each.is_file())
        elif not path.exists():
            missing.append(Problem(str(path), 0, "does not exist", "name a rule file or folder"))
        elif path.name.endswith(SUFFIX):
            found.add(path)
        elif path_of_tests(path).is_file():
            found.add(path_of_tests(path))
    if missing:
        raise ConfigurationError(missing)
    return sorted(found)


class _Piece(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RuleTest(_Piece):
    """One test of one rule."""

    name: Annotated[str, Field(min_length=1)]
    records: Annotated[tuple[str | dict[str, Any], ...], Field(min_length=1)]
    format: str = "auto"
    object: dict[str, Any] | None = None
    hits: Annotated[int, Field(ge=0)]
    rule: str | None = None


class RuleTestsDocument(_Piece):
    """One ``.tests.yml`` file."""

    tests: Annotated[tuple[RuleTest, ...], Field(min_length=1)]


class ReadBatch(Protocol):
    """What the normaliser makes of a batch."""

    @property
    def events(self) -> list[Event]:
        """Give the events."""

    @property
    def failures(self) -> list[Failure]:
        """Give the records that became none."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one test; ``failures`` are records that could not be read or asked about."""

    file: str
    line: int
    name: str
    rule_id: str
    wanted: int
    found: int
    failures: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Tell whether the test holds."""
        return self.found == self.wanted and not self.failures

    def __str__(self) -> str:
        told = f"{self.file}:{self.line}: {self.name}: {self.found} hits, {self.wanted} wanted"
        return "; ".join((told, *self.failures))


def _unknowing(_object: dict[str, Any]) -> Callable[[RawBatch], ReadBatch]:
    told = "the test describes an object, and nothing here knows the registry's records"
    raise ConfigurationError([Problem("object", 0, told, "run saqshy rules test")])


@dataclass(frozen=True, slots=True)
class RuleTester:
    """Runs the tests beside rules through the stages that it is given.

    ``normalize`` and ``observe`` are the normaliser's and the matcher's own; ``correlate`` gives
    the findings of a whole stream of observations, of an object that nothing is known of.
    ``knowing`` gives the normaliser of a test's ``object``; ConfigurationError where it is none.
    """

    content: Content
    normalize: Callable[[RawBatch], ReadBatch]
    observe: Callable[[RawBatch, Sequence[Event], list[Failure]], Observation]
    correlate: Callable[[Sequence[Observation]], Iterable[Finding]]
    knowing: Callable[[dict[str, Any]], Callable[[RawBatch], ReadBatch]] = _unknowing

    def __call__(self, path: Path) -> list[Outcome]:
        """Run a test file's tests; ConfigurationError where it is broken or names no rule."""
        document = read_yaml(path)
        tests = validated(RuleTestsDocument, document).tests
        subjects = [self._subject(path, document, index, each) for index, each in enumerate(tests)]
        problems = [subject for subject in subjects if isinstance(subject, Problem)]
        if problems:
            raise ConfigurationError(problems)
        return [
            self._run(test, str(subject), str(path), document.line(("tests", index)))
            for index, (test, subject) in enumerate(zip(tests, subjects, strict=True))
        ]

    def _subject(self, path: Path, document: Document, index: int, test: RuleTest) -> str | Problem:
        """Find the rule that a test is of."""
        beside = str(path).removesuffix(SUFFIX)
        here = {f"{beside}{suffix}" for suffix in RULE_SUFFIXES}
        rules = [item.id for item in self.content.rules.values() if item.file in here]
        wider = [item.id for item in self.content.correlations.values() if item.file in here]
        known = [test.rule] if test.rule in (*rules, *wider) else wider or rules
        if test.rule is not None and test.rule not in (*rules, *wider):
            return document.problem(
                ("tests", index, "rule"), f"the rule {test.rule!r} is not in {beside}.yml"
            )
        if len(known) != 1:
            told = "no rule in force" if not known else "several rules: name one by rule"
            return document.problem(("tests", index), f"{beside}.yml holds {told}")
        return str(known[0])

    def _run(self, test: RuleTest, rule_id: str, file: str, line: int) -> Outcome:
        batch = _batch(test)
        normalize = self.normalize if test.object is None else self.knowing(test.object)
        read = normalize(batch)
        failures = list(read.failures)
        seen = self.observe(batch, read.events, failures)
        if rule_id in self.content.correlations:
            found = sum(
                finding.rule.id == rule_id and not finding.retracted
                for finding in _last_revisions(self.correlate([seen]))
            )
        else:
            found = sum(match.rule_id == rule_id for match in seen.matches)
        told = tuple(
            f"record {failure.index}: {failure.code.value}: {failure.detail}"
            for failure in failures
        )
        return Outcome(file, line, test.name, rule_id, test.hits, found, told)


def _batch(test: RuleTest) -> RawBatch:
    at = instant(RECEIVED)
    return RawBatch(
        id="rule-test",
        object_id=TESTED,
        source_id=TESTED,
        sequence=1,
        previous=0,
        received_at=at,
        reference_at=at,
        format=test.format,
        records=tuple(
            (
                record
                if isinstance(record, str)
                else json.dumps(record, ensure_ascii=False, default=str)
            ).encode()
            for record in test.records
        ),
    )


def _last_revisions(findings: Iterable[Finding]) -> list[Finding]:
    last: dict[str, Finding] = {}
    for finding in findings:
        known = last.get(finding.id)
        if known is None or known.revision <= finding.revision:
            last[finding.id] = finding
    return list(last.values())
