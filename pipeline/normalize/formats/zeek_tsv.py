r"""Rows of Zeek's logs in their own form: columns between tabs, named by lines that begin with #.

``#fields`` and ``#types`` name and type the columns, ``#path`` the log; ``#separator``,
``#set_separator``, ``#empty_field`` and ``#unset_field`` say how values are written. A row becomes
the record that Zeek's JSON writer makes of the same entry, and is read as that one is.
Source: Zeek, "Zeek Log Formats and Inspection" (TSV format) and ``Log::WriterBackend`` for Ascii:
bytes that are not printable, and separators inside a value, stand as ``\xHH``.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from typing import Any, TypeAlias

from pipeline.model import FailureCode, Json
from pipeline.normalize.ecs_schema import number
from pipeline.normalize.formats import json_document
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.reshaping import word
from pipeline.normalize.text import decode

NAME = "zeek_tsv"

_UNKNOWN = "generic.json"
_ESCAPED = re.compile(r"(?:\\x[0-9a-fA-F]{2})+|\\\\")
_LINE_ENDS = "\r\n\x00"
_WHOLE = frozenset({"count", "int", "port"})
_REAL = frozenset({"double", "interval", "time"})
_LISTS = ("set[", "vector[", "table[", "list[")
_NO_COLUMNS = Refusal(
    FailureCode.MISSING_FIELD,
    "is a row of a Zeek log without the lines that name its columns: read the log's file from its "
    "beginning, set the source's columns to its #separator, #path, #fields and #types lines, or "
    "let Zeek write JSON",
)
_NO_ROW = Refusal(
    FailureCode.SYNTAX,
    "is no row of the Zeek log whose columns stand before it: check that the file holds one log",
)
_DIRECTIVE = Refusal(
    FailureCode.EMPTY, "is a line that describes a Zeek log, and no entry of it: nothing to do"
)
Reader: TypeAlias = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Columns:
    """How the rows of one log are written: its path, and name and reader of each column."""

    path: str
    separator: str
    unset: str
    readers: tuple[tuple[str, Reader], ...]


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one row, or one line of Zeek's JSON."""
    if record[:1] == b"{":
        return json_document.parse(record, context)
    found = decode(record)
    if isinstance(found, Refusal):
        return found
    text, notes = found
    return read(text, notes, context)


def read(text: str, notes: tuple[str, ...], context: Context) -> Parsed | Refusal:
    """Read a row by the columns that its preamble names; a refusal where it names none."""
    text = text.rstrip(_LINE_ENDS)
    if text[:1] == "#":
        return _DIRECTIVE
    columns = columns_of(context.preamble)
    if columns is None:
        return _NO_COLUMNS
    values = text.split(columns.separator)
    if len(values) < 2 < len(columns.readers):
        return _NO_ROW
    if len(values) != len(columns.readers):
        notes = (*notes, f"columns:{len(values)}/{len(columns.readers)}")
    document: Json = {"_path": columns.path} if columns.path else {}
    unset, bad = columns.unset, []
    for (name, reader), value in zip(columns.readers, values, strict=False):
        if value == unset:
            continue
        try:
            document[name] = reader(value)
        except ValueError:
            document[name] = unescaped(value)
            bad.append(f"bad_field:{name}")
    answer = json_document.read((document, (*notes, *bad[:8]), False), context)
    if isinstance(answer, Parsed):
        answer.format = NAME
        event = answer.ecs["event"]
        if event["dataset"] == _UNKNOWN and columns.path:  # a log of a package that no table has
            event["dataset"], event["module"] = f"zeek.{word(columns.path)}", "zeek"
    return answer


@lru_cache(maxsize=256)
def columns_of(preamble: bytes) -> Columns | None:
    """Read the lines that describe a log; None where they name no columns."""
    said: dict[str, str] = {}
    separator = "\t"
    for line in preamble.decode("utf-8", "replace").splitlines():
        if line.startswith("#separator"):
            separator = unescaped(line[len("#separator") :].strip(" ")) or "\t"
            continue
        cut = separator if separator in line else " "
        name, _, rest = line.partition(cut)
        said[name] = rest if cut == separator else "\t".join(rest.split())
    names = _split(said.get("#fields", ""), separator)
    if not names:
        return None
    types = _split(said.get("#types", ""), separator)
    types += [""] * (len(names) - len(types))
    inner = unescaped(said.get("#set_separator", ",")) or ","
    empty, unset = said.get("#empty_field", "(empty)"), said.get("#unset_field", "-")
    readers = tuple(
        (name, _reader(kind, inner, empty, unset))
        for name, kind in zip(names, types[: len(names)], strict=True)
    )
    return Columns(said.get("#path", ""), separator, unset, readers)


def unescaped(text: str) -> str:
    r"""Read ``\xHH`` as the bytes they stand for; what is no UTF-8 stays as it is written."""
    return _ESCAPED.sub(_bytes, text) if "\\" in text else text


def _bytes(match: re.Match[str]) -> str:
    text = match[0]
    if text == "\\\\":
        return "\\"
    return bytes.fromhex(text.replace("\\x", "")).decode("utf-8", "backslashreplace")


def _split(text: str, separator: str) -> list[str]:
    return (text.split(separator) if separator in text else text.split("\t")) if text else []


def _reader(kind: str, inner: str, empty: str, unset: str) -> Reader:
    if kind.startswith(_LISTS):
        one = _scalar(kind.partition("[")[2].rstrip("]"), empty)

        def read_list(text: str) -> list[Any]:
            if text == empty:
                return []
            return [None if item == unset else one(item) for item in text.split(inner)]

        return read_list
    return _scalar(kind, empty)


def _scalar(kind: str, empty: str) -> Reader:
    if kind in _WHOLE:
        return _whole
    if kind in _REAL:
        return _real
    if kind == "bool":
        return _truth
    if not kind:
        return lambda text: text == "T" if text in ("T", "F") else unescaped(text)

    def read_text(text: str) -> str:
        return "" if text == empty else unescaped(text)

    return read_text


def _whole(text: str) -> int:
    found = number(text.partition("/")[0])  # older writers give a port with its protocol
    if found is None:
        raise ValueError
    return found


def _real(text: str) -> float:
    found = float(text)
    if not isfinite(found) or "_" in text:
        raise ValueError
    return found


def _truth(text: str) -> bool:
    if text not in ("T", "F"):
        raise ValueError
    return text == "T"
