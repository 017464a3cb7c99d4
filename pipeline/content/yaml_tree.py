"""YAML as rule files use it: plain data with the line of each part, in bounded time and memory.

Read from the parser's events, never by recursion: libyaml's own composer overruns the stack where
brackets nest a hundred thousand deep. Plain words mean what the core schema of YAML 1.2.2 says,
which the Sigma specification names (rules, YAML file): ``yes``, ``22:15`` and ``2026-03-01`` are
texts. Two words stay texts that the schema would take for numbers and so change: those that begin
with a nought (``00050429``), and ``1e5``. The names of keys are texts as they are written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

MOST_NODES = 100_000
MOST_DEPTH = 50
Place = tuple[str | int, ...]

_NOT_TEXT = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WHOLE = re.compile(r"[-+]?(?:0|[1-9][0-9]*)|0o[0-7]+|0x[0-9a-fA-F]+")
_FRACTION = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?")
_MOST_DIGITS = 400
_WORDS: dict[str, bool | None] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_TEXT_TAGS = ("tag:yaml.org,2002:str", "!")
_PLAIN_TAGS = tuple(
    f"tag:yaml.org,2002:{kind}" for kind in ("int", "float", "bool", "null", "map", "seq")
)


class Untellable(Exception):
    """A text that is no YAML, or more of it than is read."""

    def __init__(self, line: int, message: str, way_out: str) -> None:
        self.line = line
        self.message = message
        self.way_out = way_out
        super().__init__(message)


@dataclass(slots=True)
class Tree:
    """One YAML document; ``fault`` tells, with its line, what would be lost or misread."""

    line: int
    data: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    fault: tuple[int, str, str] | None = None

    def refuse(self, line: int, message: str, way_out: str) -> None:
        """Note a fault; the first one is what is told."""
        if self.fault is None:
            self.fault = line, message, way_out


def read_trees(text: str) -> Iterator[Tree]:
    """Give the documents of a text; Untellable where it is not YAML, too deep or too large."""
    strange = _NOT_TEXT.search(text)
    if strange is not None:
        line = text.count("\n", 0, strange.start()) + 1
        told = f"is not YAML: the character U+{ord(strange[0]):04X} stands in it"
        raise Untellable(line, told, "save it as plain UTF-8 text")
    try:
        composer: _Composer | None = None
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            if isinstance(event, yaml.DocumentStartEvent):
                composer = _Composer(Tree(_line(event)))
            elif isinstance(event, yaml.DocumentEndEvent) and composer is not None:
                yield composer.tree
            elif isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent):
                assert composer is not None  # the parser gives no node outside a document
                composer.add(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        last = max(len(text.splitlines()), 1)
        line = min(mark.line + 1, last) if mark else last  # the end itself is no line
        raise Untellable(
            line, f"is not YAML: {error.problem or error.context}", "mend what stands here"
        ) from error


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being read; ``key`` is where its next value goes."""

    value: dict[str, Any] | list[Any]
    place: Place
    anchor: str | None
    began: int
    key: str | None = None
    merged: list[tuple[Any, int]] = field(default_factory=list)


class _Composer:
    """Puts the events of one document together; ``size`` counts its parts, aliases expanded."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.size = 0
        self.stack: list[_Open] = []
        self.known: dict[str, tuple[Any, int]] = {}

    def add(self, event: yaml.Event) -> None:
        line = _line(event)
        if isinstance(event, yaml.CollectionEndEvent):
            self._close()
            return
        self._count(1, line)
        anchor = getattr(event, "anchor", None)
        if isinstance(event, yaml.AliasEvent):
            value, size = self.known.get(anchor or "", (None, 0))
            if anchor not in self.known:
                told = f"the alias *{anchor} stands for nothing, or for what it stands in"
                self.tree.refuse(line, told, "write out what is meant")
            self._count(size, line)
            self._put(value, line, None)
        elif isinstance(event, yaml.ScalarEvent):
            value = self._scalar(event, line)
            if anchor is not None:
                self.known[anchor] = value, 1
            self._put(value, line, event)
        else:
            self._open(event, anchor, line)

    def _count(self, size: int, line: int) -> None:
        self.size += size
        if self.size > MOST_NODES:
            told = f"has more than {MOST_NODES} parts, aliases written out"
            raise Untellable(line, told, "split it into several files")

    def _open(self, event: yaml.Event, anchor: str | None, line: int) -> None:
        if len(self.stack) >= MOST_DEPTH:
            raise Untellable(line, f"is nested deeper than {MOST_DEPTH}", "write it flat")
        tag = getattr(event, "tag", None)
        if tag is not None and tag not in (*_PLAIN_TAGS, "!"):
            self.tree.refuse(line, f"the tag {tag!r} is not read", "leave the tag out")
        mapping = isinstance(event, yaml.MappingStartEvent)
        place = self._place()
        opened = _Open({} if mapping else [], place, anchor, self.size)
        self._put(opened.value, line, None)
        self.stack.append(opened)

    def _close(self) -> None:
        closed = self.stack.pop()
        for value, line in closed.merged:
            self._merge(closed.value, value, line)
        if closed.anchor is not None:
            self.known[closed.anchor] = closed.value, self.size - closed.began

    def _place(self) -> Place:
        """Give the place of the value that comes next."""
        if not self.stack:
            return ()
        top = self.stack[-1]
        return (*top.place, len(top.value) if isinstance(top.value, list) else top.key or "")

    def _put(self, value: Any, line: int, written: yaml.ScalarEvent | None) -> None:
        """Put a value, or a key, where it belongs; ``written`` is the scalar that it came from."""
        if not self.stack:
            self.tree.data = value
            self.tree.line = line
            return
        top = self.stack[-1]
        if isinstance(top.value, list):
            self.tree.lines[self._place()] = line
            top.value.append(value)
        elif top.key is None:
            self._key(top, value, line, written)
        else:
            if top.key == "<<":
                top.merged.append((value, line))
            else:
                top.value[top.key] = value
            top.key = None

    def _key(self, top: _Open, value: Any, line: int, written: yaml.ScalarEvent | None) -> None:
        if written is None and not isinstance(value, str):
            self.tree.refuse(line, "a key is no plain text", "write each key as a word")
        top.key = written.value if written is not None else str(value)[:99]
        if top.key in top.value:
            self.tree.refuse(line, f"the key {top.key!r} stands twice", "keep one")
        self.tree.lines[(*top.place, top.key)] = line

    def _merge(self, into: Any, value: Any, line: int) -> None:
        """Bring in what ``<<`` names; keys of the mapping itself and of earlier ones win."""
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(one, dict) for one in values):
            self.tree.refuse(line, "<< stands before what is no mapping", "write it out")
            return
        self._count(sum(map(len, values)), line)
        for one in values:
            for name, inner in one.items():
                into.setdefault(name, inner)

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> Any:
        text: str = event.value
        if event.tag in _TEXT_TAGS:
            return text
        if event.tag is not None and event.tag not in _PLAIN_TAGS:
            self.tree.refuse(line, f"the tag {event.tag!r} is not read", "leave the tag out")
        quoted = event.tag is None and not event.implicit[0]
        if text in _WORDS and not quoted:
            return _WORDS[text]
        if _FRACTION.fullmatch(text) and not quoted:
            return float(text)
        if quoted or not _WHOLE.fullmatch(text):
            return text
        if len(text) > _MOST_DIGITS:
            told = f"a number of more than {_MOST_DIGITS} digits"
            self.tree.refuse(line, told, "quote it where it is a text")
            return 0
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
