"""What the table of coverage names exists: code, rows of data, tests that state something.

Everything is read from source files; nothing of the project is imported for it. Tests and papers
are looked for only where the folder is a checkout, for what is installed does not hold them.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import Problem
from pipeline.runtime.coverage import Coverage, Entry

_TEST = re.compile(r"(?P<file>tests/[\w/]+\.py)::(?P<name>test_\w+)(?P<parameters>\[.+\])?")
_MODULE = re.compile(r"(?P<module>(?:pipeline|connectors)(?:\.\w+)+):(?P<symbol>\w+(?:\.\w+)?)")
_CHECKS = ("assert", "check", "expect")


@dataclass(frozen=True)
class Tree:
    """The project's files: ``root`` holds the packages, ``rules`` the content that ships."""

    root: Path
    rules: Path
    _parsed: dict[Path, ast.Module | None] = field(default_factory=dict, repr=False)
    _ids: dict[Path, frozenset[str]] = field(default_factory=dict, repr=False)

    @property
    def is_checkout(self) -> bool:
        """Tell whether tests and papers stand beside the packages."""
        return (self.root / "tests").is_dir() and (self.root / "pyproject.toml").is_file()

    def path(self, name: str) -> Path:
        """Give the place of a file that is named from the project's root."""
        folder, _, rest = name.partition("/")
        return self.rules / rest if folder == "rules" else self.root / name

    def module(self, path: Path) -> ast.Module | None:
        """Give a source file's syntax; None where there is no such file."""
        if path not in self._parsed:
            found = path.is_file()
            self._parsed[path] = ast.parse(path.read_text(encoding="utf-8")) if found else None
        return self._parsed[path]

    def source(self, name: str) -> ast.Module | None:
        """Give the syntax of a module by its dotted name; None where there is none."""
        base = self.root / name.replace(".", "/")
        return self.module(base.with_suffix(".py")) or self.module(base / "__init__.py")

    def ids(self, path: Path) -> frozenset[str]:
        """Give the keys and ids of a YAML file."""
        if path not in self._ids:
            data = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
            self._ids[path] = frozenset(_named(data))
        return self._ids[path]


def broken(coverage: Coverage, tree: Tree) -> list[Problem]:
    """Tell of every row that names code or a test which is not there, with the row's line."""
    found = []
    for entry in coverage.entries:
        wrong = [*_code(entry, tree)]
        if tree.is_checkout:
            wrong += _tests(entry, tree)
        found += [Problem(entry.file, entry.line, message, way) for message, way in wrong]
    return found


def _code(entry: Entry, tree: Tree) -> Iterator[tuple[str, str]]:
    for name in entry.row.code:
        match = _MODULE.fullmatch(name)
        if match is not None:
            yield from _symbol(match["module"], match["symbol"], tree)
            continue
        file, _, wanted = name.partition("#")
        path = tree.path(file)
        if not path.is_file():
            if tree.is_checkout or file.startswith("rules/"):
                yield f"{name}: no such file", "name module:Symbol, a file, or file#id"
        elif wanted and wanted not in tree.ids(path):
            yield f"{name}: the file has no row or section {wanted!r}", "correct the name"


def _symbol(module: str, symbol: str, tree: Tree) -> Iterator[tuple[str, str]]:
    source = tree.source(module)
    if source is None:
        yield f"{module}: no such module", "correct the name"
        return
    outer, _, inner = symbol.partition(".")
    node = _defined(source.body, outer)
    if node is None:
        home = _imported(source, outer)
        way = f"it is defined in {home}" if home else "correct the name"
        yield f"{module} defines no {outer}", way
    elif inner and (not isinstance(node, ast.ClassDef) or _defined(node.body, inner) is None):
        yield f"{module}: {outer} has no {inner}", "correct the name"


def _defined(body: Iterable[ast.stmt], name: str) -> ast.stmt | None:
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names = [node.name]
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [target.id for target in targets if isinstance(target, ast.Name)]
        else:
            continue
        if name in names:
            return node
    return None


def _imported(source: ast.Module, name: str) -> str:
    """Give the module from which a name is imported, "" where it is not."""
    for node in source.body:
        if isinstance(node, ast.ImportFrom) and any(one.name == name for one in node.names):
            return node.module or ""
    return ""


def _tests(entry: Entry, tree: Tree) -> Iterator[tuple[str, str]]:
    for name in entry.row.test:
        match = _TEST.fullmatch(name)
        if match is None:
            yield f"{name}: is no test", "write tests/ROOM/test_FILE.py::test_NAME"
            continue
        source = tree.module(tree.root / match["file"])
        if source is None:
            yield f"{name}: there is no {match['file']}", "correct the name"
            continue
        node = _defined(source.body, match["name"])
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{name}: {match['file']} has no such test", "correct the name"
        elif not _states(node, source):
            yield f"{name}: asserts nothing", "name a test that can fail"


def _states(node: ast.AST, source: ast.Module) -> bool:
    """Tell whether a test states something, itself or by a function of its own file."""
    if any(isinstance(child, ast.Assert) for child in ast.walk(node)):
        return True
    called = {_called(child) for child in ast.walk(node) if isinstance(child, ast.Call)}
    if called & {"raises", "warns", "fail"} or any(name.startswith(_CHECKS) for name in called):
        return True
    return any(
        isinstance(other, ast.FunctionDef)
        and other.name in called
        and any(isinstance(child, ast.Assert) for child in ast.walk(other))
        for other in source.body
    )


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)


def _named(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        yield from (str(key) for key in data)
        yield str(data.get("id", ""))
        for value in data.values():
            yield from _named(value)
    elif isinstance(data, list):
        for value in data:
            yield from _named(value)
