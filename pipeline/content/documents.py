"""A rule file as its YAML documents, with the line of each part.

One file may hold several documents: rules, correlations, filters, and the older collections in
which a document with ``action`` global, repeat or reset is a pattern for those after it.
"""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from pipeline.content.rule import Broken
from pipeline.content.yaml_tree import MOST_DEPTH, MOST_NODES, Place, Untellable, read_trees

__all__ = ["MOST_DEPTH", "MOST_NODES", "Place", "RuleDocument", "Unreadable", "read_documents"]


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
        documents = list(_documents(text))
    except Untellable as error:
        raise Unreadable(Broken(error.line, error.message, error.way_out)) from error
    if not documents:
        raise Unreadable(Broken(1, "holds no rule", "remove the file, or write a rule"))
    return list(_collected(documents))


def _documents(text: str) -> Iterator[RuleDocument | Broken]:
    for tree in read_trees(text):
        if tree.fault is not None:
            yield Broken(*tree.fault)
        elif isinstance(tree.data, dict):
            yield RuleDocument(tree.data, tree.line, tree.lines)
        elif tree.data is not None:
            way_out = "give it title, logsource and detection"
            yield Broken(tree.line, "is no mapping of keys to values", way_out)


@dataclass(slots=True)
class _Collection:
    """What ``action`` has said so far, and the ids that the file's rules have."""

    pattern: dict[str, Any]
    previous: dict[str, Any]
    ids: set[str]

    def laid(self, below: dict[str, Any], above: dict[str, Any], own: Any) -> dict[str, Any]:
        """Lay one document over another; a rule that only inherits a used id gets one of its own.

        It follows the inherited id and the rule's place, so that it stays the same. The name is
        then the first rule's alone.
        """
        data = _merged(below, above)
        given = data.get("id")
        if isinstance(given, str) and given in self.ids and own is None:
            data["id"] = str(uuid5(NAMESPACE_OID, f"{given} {len(self.ids)}"))
            data.pop("name", None)
        self.ids.add(str(data.get("id")))
        return data


def _collected(documents: list[RuleDocument | Broken]) -> Iterator[RuleDocument | Broken]:
    """Resolve ``action``: global is laid over the rules after it, repeat over the one before.

    The specification 2.1 has no collections any more; they mean what pySigma and the specification
    before 2 say. Behind a broken document of a collection nothing is certain.
    """
    collection = _Collection({}, {}, set())
    acts = any(isinstance(one, RuleDocument) and "action" in one.data for one in documents)
    broken: Broken | None = None
    for document in documents:
        if isinstance(document, Broken):
            broken = broken or document
            yield document
        elif acts and broken is not None:
            told = f"stands behind the broken document of line {broken.line}, which it may build on"
            yield Broken(document.line, told, "mend that one first")
        else:
            yield from _acted(document, collection)


def _acted(document: RuleDocument, collection: _Collection) -> Iterator[RuleDocument | Broken]:
    data = dict(document.data)
    action = data.pop("action", None)
    own = data.get("id")
    if action is None:
        if "correlation" in data or "filter" in data:
            yield document
            return
        collection.previous = collection.laid(data, collection.pattern, own)
        yield RuleDocument(collection.previous, document.line, document.lines)
    elif action == "global":
        collection.pattern = collection.previous = data
    elif action == "reset":
        collection.pattern = {}
    elif action == "repeat" and collection.previous:
        collection.previous = collection.laid(collection.previous, data, own)
        yield RuleDocument(collection.previous, document.line, document.lines)
    elif action == "repeat":
        line = document.line_of("action")
        yield Broken(line, "the action repeat has no rule before it", "write the rule out")
    else:
        line = document.line_of("action")
        told = f"the action {str(action)[:99]!r} is not known"
        yield Broken(line, told, "write global, repeat or reset")


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
