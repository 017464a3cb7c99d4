"""Rows whose code or tests are not there, each told with the row's file and line."""

from pathlib import Path

import pytest

from pipeline.runtime.coverage import Coverage, Instrument, Row, Status
from pipeline.runtime.coverage import Entry as CoverageEntry
from pipeline.runtime.coverage_checks import Tree, broken

CODE = """\
from pipeline.parts import Part

LIMIT = 3

class Thing:
    size: int = 3

    def act(self) -> None: ...
"""
TESTS = """\
def check(value):
    assert value

def test_plain():
    assert True

def test_by_a_function():
    check(1)

def test_nothing():
    print("nothing")
"""


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    files = {
        "pyproject.toml": "",
        "pipeline/room/thing.py": CODE,
        "pipeline/room/__init__.py": "",
        "tests/room/test_thing.py": TESTS,
        "rules/law/kz/routes.yml": "routes:\n  - {id: any.ncc, when: {flags: [critical]}}\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Tree(tmp_path, tmp_path / "rules")


def told(tree: Tree, *, code: str = "", test: str = "") -> list[str]:
    row = Row(
        norm="1(1)",
        requirement="Something is to be done.",
        status=Status.DONE,
        code=(code or "pipeline.room.thing:Thing",),
        test=(test or "tests/room/test_thing.py::test_plain",),
    )
    entry = CoverageEntry(("kz-1/1(1)",), row, "a.md", "One", "coverage/one.yml", 7)
    instruments = {"kz-1": Instrument(id="kz-1", name="A law", digest="a.md")}
    return [str(problem) for problem in broken(Coverage(instruments, (entry,), ()), tree)]


@pytest.mark.parametrize(
    "name",
    [
        "pipeline.room.thing:Thing",
        "pipeline.room.thing:Thing.act",
        "pipeline.room.thing:Thing.size",
        "pipeline.room.thing:LIMIT",
        "pyproject.toml",
        "rules/law/kz/routes.yml",
        "rules/law/kz/routes.yml#any.ncc",
        "rules/law/kz/routes.yml#routes",
    ],
)
def test_code_that_is_there_is_found(tree: Tree, name: str) -> None:
    """Modules with symbols and members, files, and rows and sections of data are found."""
    assert told(tree, code=name) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("pipeline.room.other:Thing", "no such module"),
        ("pipeline.room.thing:Other", "defines no Other"),
        ("pipeline.room.thing:Part", "it is defined in pipeline.parts"),
        ("pipeline.room.thing:Thing.other", "Thing has no other"),
        ("pipeline.room.thing:LIMIT.other", "LIMIT has no other"),
        ("rules/law/kz/terms.yml", "no such file"),
        ("rules/law/kz/routes.yml#any.holder", "no row or section 'any.holder'"),
        ("Thing", "no such file"),
    ],
)
def test_dead_code_is_told_with_the_row(tree: Tree, name: str, message: str) -> None:
    """What is not there, or only imported there, is a problem at the row's file and line."""
    (problem,) = told(tree, code=name)
    assert problem.startswith("coverage/one.yml:7: ")
    assert message in problem


@pytest.mark.parametrize(
    "name",
    [
        "tests/room/test_thing.py::test_plain",
        "tests/room/test_thing.py::test_plain[one-two]",
        "tests/room/test_thing.py::test_by_a_function",
    ],
)
def test_tests_that_state_something_are_found(tree: Tree, name: str) -> None:
    """A test may be named with its parameters, and may state something by a function beside it."""
    assert told(tree, test=name) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("tests/room/test_thing.py::test_gone", "has no such test"),
        ("tests/room/test_gone.py::test_plain", "there is no tests/room/test_gone.py"),
        ("tests/room/test_thing.py", "is no test"),
        ("tests/room/test_thing.py::check", "is no test"),
        ("tests/room/test_thing.py::test_nothing", "asserts nothing"),
    ],
)
def test_a_missing_test_is_told_with_the_row(tree: Tree, name: str, message: str) -> None:
    """A row that names a test which does not exist, or cannot fail, is a problem at its line."""
    (problem,) = told(tree, test=name)
    assert problem.startswith("coverage/one.yml:7: ")
    assert message in problem


def test_without_a_checkout_code_alone_is_looked_for(tree: Tree) -> None:
    """Where tests are not installed only code and data are checked."""
    (tree.root / "pyproject.toml").unlink()
    assert told(tree, test="tests/room/test_gone.py::test_plain") == []
    assert told(tree, code="pyproject.toml") == []
    assert told(tree, code="pipeline.room.thing:Other") != []
