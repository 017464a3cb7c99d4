"""`saqshy rules test`: the tests that stand beside rules."""

from collections.abc import Iterable, Sequence
from datetime import UTC
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from pipeline.content import Content
from pipeline.content.overlay import lay_over
from pipeline.content.rule_tests import SUFFIX, Outcome, RuleTester, find_tests, path_of_tests
from pipeline.errors import ConfigurationError, Problem
from pipeline.match import Matcher, Taxonomy
from pipeline.model import Json
from pipeline.normalize import Normalizer, Profile
from pipeline.runtime.cli.match import correlated
from pipeline.runtime.cli.options import AsJson, Config
from pipeline.runtime.cli.output import FOUND, emit, say, show_table, stop, told_errors
from pipeline.runtime.cli.rules_options import Paths, taxonomy_of
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.tested_object import reading_of

SHOWN = 20


def run_rule_tests(
    paths: Paths = None,
    every: Annotated[
        bool, typer.Option("--all", help="Show every test, not only what fails.")
    ] = False,
    config: Config = None,
    json: AsJson = False,
) -> None:
    """Run the tests beside rules (NAME.tests.yml beside NAME.yml) through normaliser and matcher.

    Rules without tests are named; that alone is nothing wrong.

    Example: saqshy rules test rules/detection
    """
    with told_errors():
        settings = read_settings(config)
        below = settings.content.paths
        rules = [_rule_file(path) for path in paths or below]
        overlay = lay_over(rules, below if paths else (), settings.content.cache)
        files = find_tests(paths or below)
        outcomes, problems = _run(overlay.whole, taxonomy_of(settings), files)
        without = _without_tests(overlay.files)
        if json:
            for outcome in outcomes:
                emit(_document(outcome))
        else:
            _show(outcomes, every=every)
        _tell(outcomes, without)
        if problems:
            raise ConfigurationError(problems)
        if not outcomes or not all(outcome.passed for outcome in outcomes):
            stop(FOUND, "" if outcomes else "no tests were found")


def _rule_file(path: Path) -> Path:
    """Give the rule file that a test file is of; any other path is meant as it is."""
    if not path.name.endswith(SUFFIX):
        return path
    beside = str(path).removesuffix(SUFFIX)
    return Path(f"{beside}.yaml" if Path(f"{beside}.yaml").exists() else f"{beside}.yml")


def _run(
    content: Content, taxonomy: Taxonomy, files: Iterable[Path]
) -> tuple[list[Outcome], list[Problem]]:
    tester = RuleTester(
        content,
        Normalizer(lambda _object, _source: Profile("auto", UTC)),
        Matcher(content, taxonomy).observe,
        partial(correlated, content),
        reading_of,
    )
    outcomes: list[Outcome] = []
    problems: list[Problem] = []
    for file in files:
        try:
            outcomes += tester(file)
        except ConfigurationError as error:
            problems += error.problems
    return outcomes, problems


def _without_tests(files: frozenset[str]) -> list[str]:
    return [name for name in sorted(files) if not path_of_tests(Path(name)).is_file()]


def _document(outcome: Outcome) -> Json:
    return {
        "file": outcome.file,
        "line": outcome.line,
        "rule": outcome.rule_id,
        "name": outcome.name,
        "passed": outcome.passed,
        "wanted": outcome.wanted,
        "found": outcome.found,
        "failures": list(outcome.failures),
    }


def _show(outcomes: Sequence[Outcome], *, every: bool) -> None:
    chosen = [one for one in outcomes if every or not one.passed]
    rows = [
        (
            "passes" if one.passed else "fails",
            f"{one.file}:{one.line}",
            one.name,
            str(one.wanted),
            str(one.found),
            "; ".join(one.failures),
        )
        for one in chosen
    ]
    if rows:
        columns = ("", "where", "test", "wanted", "found", "failures")
        show_table(f"{len(rows)} of {len(outcomes)} tests", columns, rows)


def _tell(outcomes: Sequence[Outcome], without: Sequence[str]) -> None:
    for name in without[:SHOWN]:
        say(f"{name}: has no tests")
    if len(without) > SHOWN:
        say(f"and {len(without) - SHOWN} more have no tests")
    failed = sum(not outcome.passed for outcome in outcomes)
    rules = len({outcome.rule_id for outcome in outcomes})
    say(
        f"{len(outcomes)} tests of {rules} rules: {len(outcomes) - failed} pass, {failed} fail; "
        f"{len(without)} rule files without tests"
    )
