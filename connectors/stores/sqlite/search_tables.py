"""The tables by which incidents, findings, notices, audit entries and failures are found.

One row a document (an incident's and a finding's latest): its own time in milliseconds, its id, and
a column for each field that is indexed, texts folded. A field that may have several values has
these as JSON there, and a row of ``search`` for each of them. An index passes over what is absent,
and over the value that nearly every document has: who asks for that goes by time.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pipeline.ports.search_fields import OWN_TIME, FieldType, fields_of
from pipeline.ports.searching import Kind

# A column's number is its kind's and its place here: only ever add at the end, with a version.
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
_MANY: Final = frozenset(
    {
        "assessment.attack",
        "assessment.route.role",
        "assessment.route.party_id",
        "labels.attack",
        "tried.why",
    }
)
_USUAL: Final[Mapping[str, str]] = {
    "trial": "false",
    "retracted": "false",
    "guard.decision": "open",
    "assessment.guard": "open",
    "assessment.is_incident": "yes",
    "assessment.intent": "unauthorised",
    "assessment.origin": "external",
    "assessment.reality": "real",
    "assessment.scope": "domestic",
    "actor": "saqshy",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A field of a kind in its table. ``usual``: the value that its index passes over."""

    kind: Kind
    field: str
    number: int
    type: FieldType
    sorts: bool
    many: bool
    usual: str

    @property
    def name(self) -> str:
        """Give the column's name."""
        return f"f{self.number}"

    @property
    def index(self) -> str:
        """Give its index's name; "" where its values are rows of ``search``."""
        return "" if self.many else f"{table_of(self.kind)}_{self.name}"

    @property
    def steps(self) -> tuple[str, ...]:
        """Give the names on the way to its value."""
        return tuple(self.field.split("."))

    @property
    def text(self) -> bool:
        """Tell whether its values compare as texts."""
        return self.type not in {FieldType.TIME, FieldType.NUMBER}


def table_of(kind: Kind) -> str:
    """Give the name of a kind's table."""
    return f"search_{kind.value}"


COLUMNS: Final[Mapping[Kind, Mapping[str, Column]]] = {
    kind: {
        field: Column(
            kind, field, (place + 1) * _STEP + number, fields_of(kind)[field].type,
            fields_of(kind)[field].sortable, field in _MANY, _USUAL.get(field, ""),
        )
        for number, field in enumerate(fields)
        if field and field != OWN_TIME[kind]
    }
    for place, (kind, fields) in enumerate(_FIELDS.items())
}  # fmt: skip


def _statements(kind: Kind) -> Iterator[str]:
    table, columns = table_of(kind), COLUMNS[kind].values()
    # ``name``: the folded id where that is another; ``spelt``: the values that fold to others.
    named = "".join(f", {one.name}" for one in columns)
    yield f"CREATE TABLE {table} (at INTEGER NOT NULL, id TEXT NOT NULL, name, spelt{named})"
    yield f"CREATE UNIQUE INDEX {table}_at ON {table} (at, id)"
    yield f"CREATE INDEX {table}_name ON {table} (name) WHERE name IS NOT NULL"
    for one in columns:
        if one.sorts:
            yield f"CREATE INDEX {one.index} ON {table} ({one.name}, at, id)"
        elif not one.many:
            where = f"{one.name} IS NOT NULL" + (f" AND {unusual(one)}" if one.usual else "")
            yield f"CREATE INDEX {one.index} ON {table} ({one.name}, at) WHERE {where}"


def unusual(column: Column, of: str = "") -> str:
    """Give the SQL by which SQLite sees that an index holds what is asked."""
    return f"{of}{column.name} <> '{column.usual}'"


STATEMENTS: Final = (
    """CREATE TABLE search (
        field INTEGER NOT NULL,
        value NOT NULL,
        at INTEGER NOT NULL,
        id TEXT NOT NULL,
        PRIMARY KEY (field, value, at, id)) WITHOUT ROWID""",
    *(statement for kind in COLUMNS for statement in _statements(kind)),
)
