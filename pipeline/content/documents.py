"""A rule file as its YAML documents, with the line of each part.

One file may hold several documents: rules, correlations, filters, and the older collections in
which a document with ``action`` global, repeat or reset is a pattern for those after it.
"""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import yaml

from pipeline.content.rule import Broken

MOST_NODES = 100_000
MOST_DEPTH = 50
Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class RuleDocument:
    """Plain data of one document; ``lines`` gives the line of each key and list item."""

    data: dict[str, Any]
    line: int
    lines: dict[Place, int]

    def line_of(self, *place: str | int) -> int:
        """Give the line of a place, or of the nearest part around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, self.line)


class Unreadable(Exception):
    """A file whose documents cannot be told apart."""

    def __init__(self, broken: Broken) -> None:
        self.broken = broken
        super().__init__(broken.message)


def read_documents(data: bytes) -> list[RuleDocument | Broken]:
    """Split a file into its documents; Unreadable where it is not UTF-8 or not YAML."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Unreadable(Broken(line, "is not UTF-8", "save it as UTF-8")) from error
    try:
        return list(_collected(list(_documents(text))))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = min(mark.line + 1, len(text.splitlines())) if mark else 0  # the end has no line
        raise Unreadable(Broken(line, f"is not YAML: {error.problem or error.context}")) from error
    except yaml.YAMLError as error:
        raise Unreadable(Broken(0, f"is not YAML: {error}")) from error
    except (ValueError, TypeError, RecursionError) as error:
        raise Unreadable(Broken(0, f"cannot be read: {error}")) from error


def _documents(text: str) -> Iterator[RuleDocument | Broken]:
    loader = yaml.CSafeLoader(text)
    try:
        while loader.check_node():
            node = loader.get_node()
            if node is None:
                continue
            line = node.start_mark.line + 1
            lines: dict[Place, int] = {}
            broken = _walk(node, lines)
            if broken is not None:
                yield broken
                continue
            data = loader.construct_document(node)
            if data is None:
                continue
            if not isinstance(data, dict):
                yield Broken(line, "is no mapping of keys to values", "give it title, logsource …")
                continue
            yield RuleDocument(data, line, lines)
    finally:
        loader.dispose()


def _walk(root: yaml.Node, lines: dict[Place, int]) -> Broken | None:
    """Note the line of every part; tell what would be lost in silence, or would not end."""
    stack: list[tuple[yaml.Node, Place]] = [(root, ())]
    steps = 0
    while stack:
        node, place = stack.pop()
        steps += 1
        if len(place) > MOST_DEPTH:
            return Broken(node.start_mark.line + 1, f"is nested deeper than {MOST_DEPTH}")
        if steps > MOST_NODES:
            return Broken(root.start_mark.line + 1, f"has more than {MOST_NODES} parts (aliases?)")
        lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            seen = set()
            for key, value in node.value:
                name = str(key.value)
                if name in seen:
                    message = f"the key {name!r} stands twice"
                    return Broken(key.start_mark.line + 1, message, "keep one")
                seen.add(name)
                lines[(*place, name)] = key.start_mark.line + 1
                stack.append((value, (*place, name)))
        elif isinstance(node, yaml.SequenceNode):
            stack += [(value, (*place, index)) for index, value in enumerate(node.value)]
    return None


def _collected(documents: list[RuleDocument | Broken]) -> Iterator[RuleDocument | Broken]:
    """Resolve ``action``: global is laid over the rules after it, repeat over the one before."""
    pattern: dict[str, Any] = {}
    previous: dict[str, Any] = {}
    for document in documents:
        if isinstance(document, Broken):
            yield document
            continue
        data = dict(document.data)
        action = data.pop("action", None)
        if action is None:
            if "correlation" in data or "filter" in data:
                yield document
                continue
            previous = _merged(data, pattern)
            yield RuleDocument(previous, document.line, document.lines)
        elif action == "global":
            pattern = previous = data
        elif action == "reset":
            pattern = {}
        elif action == "repeat":
            previous = _merged(previous, data)
            yield RuleDocument(previous, document.line, document.lines)
        else:
            line = document.line_of("action")
            yield Broken(line, f"the action {action!r} is not known", "global, repeat or reset")


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Lay one document over another, mapping by mapping; what lies above wins."""
    result = deepcopy(below)
    for key, value in above.items():
        inner = result.get(key)
        if isinstance(inner, dict) and isinstance(value, dict):
            result[key] = _merged(inner, value)
        else:
            result[key] = deepcopy(value)
    return result
