"""What every test of the house keeps to."""

import ast
from collections.abc import Iterator

from tests.house.code import ROOT, Module, modules

CHECKS = ("assert", "check", "expect")


def every_test() -> Iterator[tuple[Module, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for part in modules("tests"):
        for node in ast.walk(part.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (
                node.name.startswith("test_")
            ):
                yield part, node


def called(node: ast.AST) -> set[str]:
    return {
        child.func.attr if isinstance(child.func, ast.Attribute) else ast.unparse(child.func)
        for child in ast.walk(node)
        if isinstance(child, ast.Call)
    }


def asserts(node: ast.AST, part: Module) -> bool:
    """Tell whether a test states something, itself or by a function of its own file."""
    if any(isinstance(child, ast.Assert) for child in ast.walk(node)):
        return True
    names = called(node)
    if names & {"raises", "warns", "fail"} or any(name.startswith(CHECKS) for name in names):
        return True
    return any(
        isinstance(other, ast.FunctionDef)
        and other is not node
        and other.name in names
        and any(isinstance(child, ast.Assert) for child in ast.walk(other))
        for other in part.tree.body
    )


def test_every_test_says_what_it_shows() -> None:
    """Each test's docstring begins with one sentence that states the behaviour; sources follow."""
    found = []
    for part, node in every_test():
        said = (ast.get_docstring(node) or "").partition("\n\n")[0]
        if not said.endswith("."):
            found.append(f"{part.place}:{node.lineno}: {node.name}: {said[:60]!r}")
    assert found == []


def test_every_test_can_fail() -> None:
    """Each test asserts something."""
    found = [
        f"{part.place}:{node.lineno}: {node.name}"
        for part, node in every_test()
        if not asserts(node, part)
    ]
    assert found == []


def test_no_test_sleeps_or_mocks() -> None:
    """Tests wait for conditions and use the real thing: they neither sleep nor mock."""
    found = []
    for part in modules("tests"):
        found += [
            f"{part.place}:{line}: imports {name}"
            for line, name in part.imports()
            if "mock" in name.split(".") or name == "time.sleep"
        ]
        found += [
            f"{part.place}:{node.lineno}: sleeps"
            for node in ast.walk(part.tree)
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "time.sleep"
        ]
    assert found == []


def test_tests_mirror_the_source() -> None:
    """A folder of tests is named after a room, after connectors, or after its own kind."""
    kinds = {
        "bench", "browser", "chaos", "content", "contract", "dashboards", "deploy", "golden",
        "house", "integration", "proof", "reporting", "rules",
    }  # fmt: skip
    rooms = {path.name for path in (ROOT / "pipeline").iterdir() if path.is_dir()}
    folders = {part.path.parts[1] for part in modules("tests") if len(part.path.parts) > 2}
    assert folders - rooms - kinds - {"connectors"} == set()


def test_allowed_skips_name_tests_that_exist() -> None:
    """Each line of tests/skips.txt names a test or a file that is there."""
    known = {part.place for part in modules("tests")}
    known |= {f"{part.place}::{node.name}" for part, node in every_test()}
    lines = (ROOT / "tests/skips.txt").read_text(encoding="utf-8").splitlines()
    named = [line.partition("|")[0].strip() for line in lines if line and not line.startswith("#")]
    assert [name for name in named if name not in known] == []
