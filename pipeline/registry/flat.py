r"""Records as rows of a spreadsheet: a column is a dotted path, a list has ``;`` in between.

``lifecycle.stage``, ``sources.0.match.hosts``: parts by their names, lists of parts by number.
``\;`` is a semicolon within an item, ``\\`` a backslash; a mapping (``sources.0.match.fields``) is
JSON. An empty cell says nothing. What a spreadsheet would take for a formula bears an apostrophe
before it, which reading takes away again (``pipeline.model.safe_cell``). A table of objects has the
column ``id``, one of parties ``party`` instead.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, get_args, get_origin

import orjson
from pydantic import BaseModel

from pipeline.documents import Document, Place
from pipeline.errors import ConfigurationError, Problem
from pipeline.model import Json
from pipeline.model.safe_cell import csv_line, meant_by
from pipeline.registry.parties import Party
from pipeline.registry.records import ObjectRecord

_ITEM = re.compile(r"((?:[^\\;]|\\.|\\$)+)(?:;|$)", re.DOTALL)
_ESCAPED = re.compile(r"\\([\\;])")
_MOST = 200  # how high a number in a path may be: a cell must not make a list of a million


def flattened(document: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Give (dotted path, text) of everything in a record's document."""
    for key, value in document.items():
        path = f"{before}{key}"
        if key == "fields" and isinstance(value, Mapping):
            yield path, orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
        elif isinstance(value, Mapping):
            yield from flattened(value, f"{path}.")
        elif isinstance(value, list | tuple):
            if any(isinstance(item, Mapping) for item in value):
                numbered = {str(number): item for number, item in enumerate(value)}
                yield from flattened(numbered, f"{path}.")
            elif value:
                yield path, ";".join(map(_item, value))
        else:
            yield path, _text(value)


def _item(value: object) -> str:
    return _text(value).replace("\\", "\\\\").replace(";", "\\;")


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def as_csv(documents: Sequence[Mapping[str, Any]], model: type[BaseModel]) -> str:
    """Write documents of records as CSV, for people's spreadsheets: with a byte order mark."""
    rows = [dict(flattened(document)) for document in documents]
    order = list(model.model_fields)

    def place(path: str) -> tuple[Any, ...]:
        head, *rest = path.split(".")
        return (order.index(head), *((int(p), "") if p.isdigit() else (-1, p) for p in rest))

    columns = sorted({path for row in rows for path in row}, key=place)
    head = csv_line("party" if name == "id" and model is Party else name for name in columns)
    lines = (csv_line(row.get(name, "") for name in columns) for row in rows)
    return "".join(("\ufeff", head, *lines))


def rows_of_csv(file: str, data: bytes) -> Document:
    """Read a table of objects or of parties; ConfigurationError with every broken row."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problem = Problem(file, 0, f"is not UTF-8 at byte {error.start}", "save it as CSV UTF-8")
        raise ConfigurationError([problem]) from error
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    problems: list[Problem] = []
    key = "objects"
    items: list[Json] = []
    lines: dict[Place, int] = {}
    try:
        header = [name.strip() for name in next(reader, [])]
        if "party" in header:
            key, header = "parties", ["id" if name == "party" else name for name in header]
        model = Party if key == "parties" else ObjectRecord
        problems += _header_problems(file, header)
        line = reader.line_num + 1
        for row in reader:
            if len(row) > len(header) and any(row[len(header) :]):
                problems.append(Problem(file, line, "has more cells than there are columns"))
            elif any(cell.strip() for cell in row):
                lines[key, len(items)] = line
                items.append(_document(dict(zip(header, row, strict=False)), model))
            line = reader.line_num + 1
    except (csv.Error, ValueError) as error:
        problems.append(Problem(file, reader.line_num, f"is not CSV: {error}"))
    if problems:
        raise ConfigurationError(problems)
    return Document(file, {key: items}, lines)


def _delimiter(text: str) -> str:
    head = text.partition("\n")[0]
    return max(",;\t", key=lambda char: (head.count(char), char == ","))


def _header_problems(file: str, header: Sequence[str]) -> Iterator[Problem]:
    if "id" not in header:
        yield Problem(file, 1, "has no column id (objects) or party (parties)", "name one so")
    for name in sorted({name for name in header if name and header.count(name) > 1}):
        yield Problem(file, 1, f"the column {name!r} stands twice", "keep one")
    for name in header:
        if any(part.isdigit() and int(part) > _MOST for part in name.split(".")):
            yield Problem(file, 1, f"{name}: numbers go up to {_MOST}")


def _document(cells: Mapping[str, str], model: type[BaseModel]) -> Json:
    document: Json = {}
    for path, cell in cells.items():
        if path and cell.strip():
            put(document, path, value_of(model, path, meant_by(cell)))
    made: Json = listed(document)
    return made


def put(document: Json, path: str, value: Any) -> None:
    """Put a value at a dotted path of nested mappings; ValueError where a part has no parts."""
    *parts, last = path.split(".")
    here: Any = document
    for part in parts:
        here = here.setdefault(part, {})
        if not isinstance(here, dict):
            raise ValueError(  # noqa: TRY004 (what a person wrote, not a type of ours)
                f"{path}: {part} has no parts"
            )
    here[last] = value


def numbered(value: Any) -> Any:
    """Make mappings by number of lists of mappings, so that paths lead into them."""
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return {str(number): numbered(item) for number, item in enumerate(value)}
    if isinstance(value, dict):
        return {key: numbered(part) for key, part in value.items()}
    return value


def listed(value: Any) -> Any:
    """Make lists of mappings whose keys are numbers: the reverse of ``numbered``."""
    if not isinstance(value, dict):
        return value
    if value and all(key.isdigit() for key in value):
        return [listed(value[key]) for key in sorted(value, key=int)]
    return {key: listed(part) for key, part in value.items()}


def value_of(model: type[BaseModel], path: str, text: str) -> Any:
    """Read a cell as its column's kind asks: a list, a mapping, else the text itself."""
    kind = _kind(model, path.split("."))
    if kind is tuple:
        return [_ESCAPED.sub(r"\1", item) for item in _ITEM.findall(text)]
    if kind is dict:
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            return text  # validation tells that it is no mapping, with its line
    return text


def _kind(annotation: Any, path: Sequence[str]) -> type | None:
    """Give tuple or dict where a path of a model leads to one, else None."""
    for candidate in _candidates(annotation):
        origin = get_origin(candidate)
        if not path:
            if origin in {tuple, dict}:
                return tuple if origin is tuple else dict
        elif isinstance(candidate, type) and issubclass(candidate, BaseModel):
            known = candidate.model_fields.get(path[0])
            if known is not None:
                return _kind(known.annotation, path[1:])
        elif origin is tuple and path[0].isdigit():
            return _kind(get_args(candidate)[0], path[1:])
    return None


def _candidates(annotation: Any) -> Iterable[Any]:
    """Give what an optional or annotated type may be."""
    if get_origin(annotation) in {tuple, dict} or isinstance(annotation, type):
        return (annotation,)
    parts = [part for part in get_args(annotation) if part is not type(None)]
    return [found for part in parts for found in _candidates(part)]
