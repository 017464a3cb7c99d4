"""Incidents as a CSV table (RFC 4180): one row an incident, always the same columns, UTF-8.

Plain values have columns of their own, with names that a person can sort by; what is a list or has
parts stands as JSON in one cell. What a spreadsheet or a terminal would obey is written as
``pipeline.model.safe_cell`` says; nothing of the record is lost.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from pipeline.errors import IntegrityError
from pipeline.model import Json, as_document
from pipeline.model.safe_cell import csv_line, meant_by
from pipeline.notify.exports.extension import json_text, rest, whole
from pipeline.notify.exports.record import Exported
from pipeline.notify.exports.titles import Titles

_LAW = ("verdict", "occurrence", "intent", "origin", "reality", "scope", "priority")
_TIMES = (
    "detected_at", "opened_at", "changed_at", "first_event_at", "last_event_at",
    "acknowledged_at", "contained_at", "restored_at", "closed_at",
)  # fmt: skip
PATHS: Mapping[str, str] = {
    **{name: name for name in (
        "incident_id", "object", "time", "severity", "rsit", "centre", "written_at", "tlp",
    )},
    **{name: f"details.{name}" for name in ("state", "revision", "hash", "sector", "merged_into")},
    **{name: f"details.law.{name}" for name in _LAW},
    **{name: f"details.times.{name}" for name in _TIMES},
    **{name: f"details.{name}" for name in ("event_count", "finding_count")},
}  # fmt: skip
"""Columns of plain values, by the key of the record that each holds."""
_LISTS: Mapping[str, str] = {
    "acts": "acts",
    "aims": "details.law.aims",
    "techniques": "details.attack",
    "limbs": "details.law.limbs",
    "answers": "details.law.acts",
    "impact": "details.law.impact",
    "basis": "details.law.basis",
    "findings": "details.findings",
    "observables": "details.observables",
    "revisions": "details.revisions",
    "told": "details.told",
}
_DETAILS, _REST, _TITLE = "details_available", "rest", "title"
COLUMNS = (_TITLE, *PATHS, *_LISTS, _DETAILS, _REST)
_WHOLE = frozenset({"revision", "event_count", "finding_count"})


def write(records: Sequence[Exported], titles: Titles) -> bytes:
    """Write a header and one row an incident; ``titles``: the lines for people."""
    lines = [csv_line(COLUMNS)]
    for record in records:
        row = _row(record, titles.of(record))
        lines.append(csv_line(row[name] for name in COLUMNS))
    return "".join(lines).encode("utf-8")


def read(data: bytes) -> list[Exported]:
    """Read incidents back; IntegrityError where the bytes are no table of ours."""
    try:
        rows = csv.DictReader(io.StringIO(data.decode("utf-8"), newline=""), strict=True)
        if tuple(rows.fieldnames or ()) != COLUMNS:
            raise IntegrityError("its columns are not those that Saqshy writes")
        return [_read({name: meant_by(cell) for name, cell in row.items()}) for row in rows]
    except (csv.Error, KeyError, TypeError, ValueError, AttributeError) as error:
        raise IntegrityError(f"is no table as Saqshy writes it: {error!r}") from error


def _row(record: Exported, title: str) -> dict[str, str]:
    document = as_document(record)
    row = {name: _cell(_at(document, path)) for name, path in (*PATHS.items(), *_LISTS.items())}
    held = rest(record, (*PATHS.values(), *_LISTS.values()))
    available = "yes" if record.details is not None else "no"
    return {**row, _TITLE: title, _DETAILS: available, _REST: json_text(held)}


def _at(document: Any, path: str) -> Any:
    for name in path.split("."):
        document = None if document is None else document.get(name)
    return document


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, dict | list):
        return orjson.dumps(value).decode("utf-8") if value else ""
    return str(value)


def _read(row: Mapping[str, str]) -> Exported:
    open_ = row[_DETAILS] == "yes"
    native: Json = {}
    for name, path in PATHS.items():
        if open_ or not path.startswith("details."):
            native[path] = _value(name, row[name])
    for name, path in _LISTS.items():
        if row[name] and (open_ or not path.startswith("details.")):
            native[path] = orjson.loads(row[name])
    return whole(orjson.loads(row[_REST]), native)


def _value(name: str, cell: str) -> object:
    if name in _WHOLE:
        return int(cell)
    return None if name in _TIMES and not cell else cell
