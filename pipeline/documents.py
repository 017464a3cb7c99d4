"""Read YAML documents so that every error names its file and line.

Used for settings, registry, packs and scenarios: ``read_yaml`` keeps the line of each key, and
``validated`` turns pydantic's errors into ``Problem``s, with a suggestion for a misspelt key.
"""

import difflib
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from pipeline.errors import ConfigurationError, Problem

MOST_BYTES = 64 * 1024 * 1024

Place: TypeAlias = tuple[str | int, ...]
_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data of one YAML document and the line on which each part stands."""

    file: str
    data: Any
    lines: dict[Place, int]

    def line(self, place: Place) -> int:
        """Give the line of a place, or of the nearest part around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def problem(self, place: Place, message: str, way_out: str = "") -> Problem:
        """Make a problem that stands at a place of this document."""
        return Problem(self.file, self.line(place), message, way_out)


def read_yaml(path: Path, *, name: str | None = None) -> Document:
    """Read one YAML document; ConfigurationError where it is missing, too large or broken."""
    file = name or str(path)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ConfigurationError([Problem(file, 0, "is larger than 64 MiB", "split it")])
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        problem = Problem(file, 0, f"is not UTF-8 at byte {error.start}", "save it as UTF-8")
        raise ConfigurationError([problem]) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigurationError([Problem(file, 0, f"cannot be read: {reason}")]) from error
    return parse_yaml(text, file)


def parse_yaml(text: str, file: str) -> Document:
    """Parse one YAML document; ConfigurationError with file and line where it is broken."""
    try:
        with _collector_paused():
            return _parsed(yaml.CSafeLoader(text), file)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = Problem(file, mark.line + 1 if mark else 0, f"is not YAML: {error.problem}")
        raise ConfigurationError([problem]) from error
    except yaml.YAMLError as error:
        raise ConfigurationError([Problem(file, 0, f"is not YAML: {error}")]) from error
    except (ValueError, RecursionError) as error:
        raise ConfigurationError([Problem(file, 0, f"cannot be read: {error}")]) from error


def _parsed(loader: yaml.CSafeLoader, file: str) -> Document:
    try:
        node = loader.get_single_node()
        if node is None:
            return Document(file, None, {})
        lines: dict[Place, int] = {}
        problems: list[Problem] = []
        _walk(node, (), lines, problems, file, frozenset())
        if problems:
            raise ConfigurationError(problems)
        return Document(file, loader.construct_document(node), lines)
    finally:
        loader.dispose()


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Let a large document become objects without the cycle collector: three times faster."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _walk(
    node: yaml.Node,
    place: Place,
    lines: dict[Place, int],
    problems: list[Problem],
    file: str,
    above: frozenset[int],
) -> None:
    lines[place] = node.start_mark.line + 1
    if id(node) in above:
        problems.append(Problem(file, node.start_mark.line + 1, "an alias refers to itself"))
        return
    above |= {id(node)}
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in seen and name != "<<":
                message = f"the key {name!r} stands twice"
                problems.append(Problem(file, key.start_mark.line + 1, message, "keep one"))
            seen.add(name)
            _walk(value, (*place, name), lines, problems, file, above)
            lines[(*place, name)] = key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _walk(value, (*place, index), lines, problems, file, above)


def validated(model: type[_Model], document: Document, place: Place = ()) -> _Model:
    """Validate a document's part; ConfigurationError with every problem at its line."""
    part = document.data
    for step in place:
        part = part[step]
    try:
        return model.model_validate(part)
    except ValidationError as error:
        raise ConfigurationError(problems_of(error, document, model, place)) from error


def problems_of(
    error: ValidationError, document: Document, model: type[BaseModel], place: Place = ()
) -> list[Problem]:
    """Turn pydantic's errors into problems with file and line."""
    found = []
    for item in error.errors(include_url=False):
        where = (*place, *item["loc"])
        label = ".".join(map(str, where)) or "the document"
        if item["type"] == "extra_forbidden":
            found.append(
                document.problem(where, f"{label}: unknown key", _suggestion(model, item["loc"]))
            )
        elif item["type"] == "missing":
            found.append(document.problem(where, f"{label}: is missing", "add it"))
        else:
            found.append(document.problem(where, f"{label}: {item['msg']}"))
    return found


def _suggestion(model: type[BaseModel], loc: tuple[str | int, ...]) -> str:
    names = _names_at(model, loc[:-1])
    close = difflib.get_close_matches(str(loc[-1]), names, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known here: {', '.join(sorted(names))}" if names else "remove it"


def _names_at(model: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    current: type[BaseModel] | None = model
    for step in loc:
        if current is None:
            return []
        if isinstance(step, int) or step not in current.model_fields:
            continue
        current = _model_in(current.model_fields[step].annotation)
    return list(current.model_fields) if current is not None else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        found = _model_in(part)
        if found is not None:
            return found
    return None
