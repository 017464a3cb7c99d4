"""The rows by which incidents, findings, notices, audit entries and failures are found.

A row is (field, value, own time, id): read in its order it is a page. Times are milliseconds, texts
folded. They are written in the transaction of what they tell of, and only where they change.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, TypeAlias

import orjson

from connectors.stores.asking import MILLISECOND
from connectors.stores.sqlite.database import SqliteDatabase
from pipeline.model import Json
from pipeline.model.holding import text_of, time_of
from pipeline.ports.search_fields import OWN_TIME, FieldType, fields_of
from pipeline.ports.searching import Kind

SearchRow: TypeAlias = tuple[int, Any, int, str, str | None]

# A field's number is its kind's and its place here: only ever add at the end.
_STEP: Final = 100
_FIELDS: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.INCIDENTS: (
        "", "object_id", "state", "changed_at", "last_event_at", "event_count", "fold_key", "trial",
        "assessment.is_incident", "assessment.severity", "assessment.priority", "assessment.rsit",
        "assessment.intent", "assessment.origin", "assessment.reality", "assessment.scope",
        "assessment.guard", "assessment.attack", "assessment.route.role",
        "assessment.route.party_id", "assigned_to", "closing_verdict", "merged_into",
    ),
    Kind.FINDINGS: (
        "", "object_id", "kind", "rule.id", "rule.level", "last_event_at", "trial", "retracted",
        "labels.attack", "labels.rsit", "suppressed", "merged_into",
    ),
    Kind.NOTICES: (
        "", "incident_id", "object_id", "state", "leg", "kind", "channel", "language",
        "recipient.role", "recipient.party_id", "guard.decision", "set_by", "basis", "due_at",
        "tried.why",
    ),
    Kind.AUDIT: ("", "chain", "kind", "subject", "actor"),
    Kind.FAILURES: ("", "batch_id", "object_id", "source_id", "stage", "code"),
}  # fmt: skip
NUMBERS: Final[Mapping[tuple[Kind, str], int]] = {
    (kind, field): (place + 1) * _STEP + number
    for place, (kind, fields) in enumerate(_FIELDS.items())
    for number, field in enumerate(fields)
}
_PLAN: Final[Mapping[Kind, tuple[tuple[int, tuple[str, ...], FieldType, bool], ...]]] = {
    kind: tuple(
        (NUMBERS[kind, one.name], tuple(one.name.split(".")), one.type, one.sortable)
        for one in fields_of(kind).values()
        if one.indexed and one.name != OWN_TIME[kind]
    )
    for kind in _FIELDS
}
_PUT = "INSERT OR IGNORE INTO search VALUES (?, ?, ?, ?, ?)"
_DROP = "DELETE FROM search WHERE field = ? AND value = ? AND at = ? AND id = ?"


def rows_of(kind: Kind, row_id: str, document: Json) -> set[SearchRow]:
    """Give the rows of one document."""
    at = _milliseconds(document[OWN_TIME[kind]])
    found: set[SearchRow] = {(NUMBERS[kind, ""], "", at, row_id, None)}
    for number, steps, of, sorts in _PLAN[kind]:
        leaves = _leaves(document, steps)
        if of is FieldType.TIME:
            found.update((number, _milliseconds(leaf), at, row_id, None) for leaf in leaves)
        elif of is FieldType.NUMBER:
            found.update((number, leaf, at, row_id, None) for leaf in leaves)
        else:
            for leaf in leaves:
                text = leaf if type(leaf) is str else text_of(leaf)
                folded = text.casefold()
                if text:
                    found.add((number, folded, at, row_id, None if folded == text else text))
        if sorts and not leaves:
            found.add((number, 0, at, row_id, None))
    return found


def put_rows(
    database: SqliteDatabase,
    kind: Kind,
    changes: Iterable[tuple[str, bytes | None, bytes | None]],
) -> None:
    """Write what changed, as (id, document before, document after); None: there is none."""
    gone: list[tuple[Any, ...]] = []
    made: list[tuple[Any, ...]] = []
    for row_id, before, after in changes:
        old = rows_of(kind, row_id, orjson.loads(before)) if before is not None else set()
        new = rows_of(kind, row_id, orjson.loads(after)) if after is not None else set()
        gone += [row[:4] for row in old - new]
        made += new - old
    with database.writing() as connection:
        if gone:
            connection.executemany(_DROP, _ordered(gone))
        if made:
            connection.executemany(_PUT, _ordered(made))


def _leaves(document: Json, steps: tuple[str, ...]) -> list[Any]:
    """Give the values of a field; ``values_at`` for fields whose names have no dots in them."""
    at: Any = document
    for number, step in enumerate(steps):
        if type(at) is list:
            rest = steps[number:]
            return [leaf for one in at for leaf in _leaves(one, rest)]
        at = at.get(step) if type(at) is dict else None
        if at is None:
            return []
    return [one for one in at if one is not None] if type(at) is list else [at]


@lru_cache(maxsize=16_384)
def _milliseconds(text: str) -> int:
    return (time_of(text) or 0) // MILLISECOND


def _ordered(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Order rows as they are kept: neighbours are written together."""
    return sorted(rows, key=lambda row: (row[0], str(row[1]), row[2], row[3]))
