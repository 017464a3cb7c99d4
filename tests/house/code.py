"""The project's code as the house rules see it: modules, their imports, their rooms."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT_FOLDERS = (".ci", "connectors", "dashboards", "deploy", "pipeline", "rules", "tests")
FOUNDATION = (
    "compilation", "documents", "errors", "lookalikes", "model", "ports", "settings",
)  # fmt: skip


@dataclass(frozen=True)
class Module:
    """One source file: dotted name, path from the root, syntax tree."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def place(self) -> str:
        """Give the path as messages show it."""
        return self.path.as_posix()

    @property
    def is_package(self) -> bool:
        """Tell whether this is a package's own file."""
        return self.path.name == "__init__.py"

    @property
    def room(self) -> str:
        """Give the folder under ``pipeline``, ``connectors``, or ``foundation`` for the leaves."""
        return room_of(self.name)

    def imports(self) -> Iterator[tuple[int, str]]:
        """Give line and dotted name of everything imported, relative names resolved."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = node.module or ""
                if node.level:
                    parts = self.name.split(".")
                    kept = parts[: len(parts) - node.level + self.is_package]
                    base = ".".join([*kept, *([base] if base else [])])
                yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def room_of(dotted: str) -> str:
    """Give the room of a dotted name of ours, "" for a name of others or the root package."""
    parts = dotted.split(".")
    if parts[0] == "connectors":
        return "connectors"
    if parts[0] != "pipeline" or len(parts) == 1 or parts[1].startswith("__"):
        return ""
    return "foundation" if parts[1] in FOUNDATION else parts[1]


@cache
def modules(*folders: str) -> tuple[Module, ...]:
    """Parse every Python file of the folders."""
    found = []
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            relative = path.relative_to(ROOT)
            parts = relative.with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found.append(Module(name, relative, ast.parse(path.read_text(encoding="utf-8"))))
    return tuple(found)


def core() -> tuple[Module, ...]:
    """Give ``pipeline`` outside ``runtime`` and ``web``."""
    return tuple(part for part in modules("pipeline") if part.room not in ("runtime", "web"))


@cache
def text_files() -> tuple[tuple[str, str], ...]:
    """Give (path, text) of the project's text files, caches left out."""
    paths = [path for path in ROOT.iterdir() if path.is_file()]
    for folder in TEXT_FOLDERS:
        paths += [path for path in (ROOT / folder).rglob("*") if path.is_file()]
    found = []
    for path in sorted(paths):
        if "__pycache__" in path.parts or path.name == "uv.lock":
            continue
        try:
            found.append((path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue  # a binary file says nothing that these rules read
    return tuple(found)
