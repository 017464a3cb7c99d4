"""Read large registry files of plain block YAML in a fifth of the time of the full parser.

A file of ten thousand objects is nearly all ``key: value`` lines. Those are read here, item by
item; an item with anything else (anchors, folded texts, escapes) goes to the full parser, and a
file whose shape is another is read by it as a whole. A property test holds both to the same data.
What is read here bears no lines: where there is a problem, the file is read again with them.
"""

import re
from pathlib import Path
from typing import Any

import yaml

from pipeline.documents import Document, parse_yaml
from pipeline.errors import ConfigurationError
from pipeline.registry.reading import YAML, bytes_of, read_document

LARGE = 256 * 1024
_NOT_PRINTABLE = re.compile(r"[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]")
_SECTION = re.compile(r"^([a-z_]+):(.*)$", re.MULTILINE)
_ODD = re.compile(r"^(?![ #\n-]|[a-z_]+:|$)|^-(?! )", re.MULTILINE)
_FIRST = re.compile(r"^( *+)(?!#|$)(- )?", re.MULTILINE)
_ROW = re.compile(r"^( *+)(?!#|$)(- +)?(?:([A-Za-z_][A-Za-z0-9_.-]*):(?: +|$))?(.*)$", re.MULTILINE)
"""Indentation, dash, key and value of each line that is neither empty nor a comment."""

_QUOTED = re.compile(r"""'([^']*)'|"([^"\\]*)\"""")
_LIST = re.compile(r"""\[([^\[\]{}"'#&*!|>%@`:\\?]*)\]""")
_WORDS = frozenset({"y", "n", "yes", "no", "true", "false", "on", "off", "null"})
_STARTS = frozenset("yYnNtTfFoO")  # of the words that are no text in YAML 1.1
_Row = tuple[str, str, str, str]


class NotPlain(Exception):
    """Something that only the full parser reads."""


def quick_document(file: Path) -> Document:
    """Read one file; without lines where it is large and plain."""
    if file.suffix not in YAML:
        return read_document(file)
    data = bytes_of(file)
    if len(data) < LARGE:
        return read_document(file)
    try:
        return Document(str(file), plain_yaml(data.decode()), {})
    except (NotPlain, ConfigurationError, UnicodeDecodeError):
        return read_document(file)


def plain_yaml(text: str) -> dict[str, Any]:
    """Read a mapping whose values are mostly lists of plain items.

    Raises where the full parser has to read, or to refuse, the text as a whole.
    """
    plain = text.replace("\n", "").isprintable() or not _NOT_PRINTABLE.search(text)
    if not plain or _ODD.search(text):
        raise NotPlain
    reader = _Reader()
    found: dict[str, Any] = {}
    sections = list(_SECTION.finditer(text))
    if not sections or _FIRST.search(text[: sections[0].start()]):
        raise NotPlain
    ends = [*(one.start() for one in sections[1:]), len(text)]
    for section, end in zip(sections, ends, strict=True):
        name, rest, body = section[1], section[2], text[section.end() : end]
        if name in found:
            raise NotPlain
        first = _FIRST.search(body)
        if first is not None and first[2] and not rest.partition("#")[0].strip(" "):
            found[name] = [reader.item(block) for block in _items(body, first[1])]
        else:
            found.update(_full(text[section.start() : end]))
    return found


def _items(body: str, indent: str) -> list[str]:
    """Cut a list where its items begin; what stands before the first is no more than comments."""
    return re.split(rf"^(?={indent}- )", body, flags=re.MULTILINE)[1:]


def _full(text: str) -> dict[str, Any]:
    data = parse_yaml(text, "").data
    if not isinstance(data, dict):
        raise NotPlain
    return data


class _Reader:
    """Reads items; what was resolved before is remembered."""

    def __init__(self) -> None:
        self.known: dict[str, Any] = {}
        self.keys: set[str] = set()

    def item(self, block: str) -> Any:
        """Read one item of a list, by the full parser where it is not plain."""
        try:
            return self._alone(_ROW.findall(block))
        except NotPlain:
            data = parse_yaml(block, "").data
            if not isinstance(data, list) or len(data) != 1:
                raise
            return data[0]

    def _alone(self, rows: list[_Row]) -> Any:
        found, end = self._list(rows, 0, len(rows[0][0]))
        if end != len(rows) or len(found) != 1:
            raise NotPlain
        return found[0]

    def _mapping(self, rows: list[_Row], at: int, indent: int) -> tuple[dict[str, Any], int]:
        """Read a mapping; its first line may stand behind a dash."""
        found: dict[str, Any] = {}
        known, keys = self.known, self.keys
        first, most = at, len(rows)
        while at < most:
            spaces, dash, key, value = rows[at]
            if at != first and (dash or len(spaces) != indent):
                break
            if key not in keys:
                if not key or key.lower() in _WORDS:
                    raise NotPlain
                keys.add(key)
            if key in found:
                raise NotPlain
            at += 1
            if value in known:
                found[key] = known[value]
            elif value and value[0] != "#":
                found[key] = self._value(value)
            else:
                found[key], at = self._below(rows, at, indent)
        if at < len(rows) and len(rows[at][0]) > indent:
            raise NotPlain
        return found, at

    def _below(self, rows: list[_Row], at: int, indent: int) -> tuple[Any, int]:
        """Read what stands under a key without a value."""
        if at < len(rows):
            spaces, dash, _, _ = rows[at]
            if dash and len(spaces) >= indent:
                return self._list(rows, at, len(spaces))
            if len(spaces) > indent:
                return self._mapping(rows, at, len(spaces))
        return None, at

    def _list(self, rows: list[_Row], at: int, indent: int) -> tuple[list[Any], int]:
        found: list[Any] = []
        while at < len(rows):
            spaces, dash, key, value = rows[at]
            if len(spaces) != indent or not dash:
                break
            if key:
                inner, at = self._mapping(rows, at, indent + len(dash))
                found.append(inner)
            else:
                found.append(self._value(value))
                at += 1
        if at < len(rows) and len(rows[at][0]) > indent:
            raise NotPlain
        return found, at

    def _value(self, text: str) -> Any:
        if text[-1:] == " ":
            text = text.rstrip(" ")
        if text in self.known:
            return self.known[text]
        quoted = _QUOTED.fullmatch(text)
        if quoted is not None:
            return quoted[1] if quoted[1] is not None else quoted[2]
        if text[:1] in {"[", "{"}:
            return self._flow(text)
        if " #" in text:
            text = text.partition(" #")[0].rstrip(" ")
        return self._plain(text)

    def _flow(self, text: str) -> Any:
        simple = _LIST.fullmatch(text)
        if simple is not None and simple[1].strip(" "):
            items = [item.strip(" ") for item in simple[1].split(",")]
            if all(items):
                return [self._plain(item) for item in items]
        value = self.known[text] = parse_yaml(text, "").data
        return value

    def _plain(self, text: str) -> Any:
        first = text[:1]
        if not first or ": " in text or text.endswith(":"):
            raise NotPlain
        if first.isalpha() and (first not in _STARTS or text.lower() not in _WORDS):
            self.known[text] = text
            return text
        if text not in self.known:
            if first in "\"'[]{}#&*!|>%@`,?:" or (first == "-" and text[1:2] in {"", " "}):
                raise NotPlain
            try:
                self.known[text] = yaml.load(text, yaml.CSafeLoader)
            except (yaml.YAMLError, ValueError) as error:
                raise NotPlain from error
        return self.known[text]
