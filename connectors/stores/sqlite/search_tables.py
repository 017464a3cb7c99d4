"""The tables by which incidents, findings, notices, audit entries and failures are found.

One row a document (an incident's and a finding's latest): its own time in milliseconds, its id, and
a column for each field that is indexed, texts folded. A field that may have several values has
these as JSON there, and a row of ``search`` for each of them.

Rows that are equal in all fields of few values are of one *class*. A class has a number and its
values, and how many of its rows are of which day (UTC): so what a question about such fields alone
finds is known, and counted, before a row is read. ``search_letters`` has the letters that stand in
the values of fields of many values: what has another letter stands in none of them.
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
# Texts of many values: of these the letters are known.
_LETTERED: Final = frozenset(
    {
        "assigned_to",
        "batch_id",
        "fold_key",
        "incident_id",
        "merged_into",
        "subject",
        "suppressed",
    }
)
DAY: Final = 86_400_000  # milliseconds


@dataclass(frozen=True, slots=True)
class Column:
    """A field of a kind in its table. ``classed``: of few values, and told by a row's class."""

    kind: Kind
    field: str
    number: int
    type: FieldType
    sorts: bool
    many: bool
    classed: bool

    @property
    def name(self) -> str:
        """Give the column's name."""
        return f"f{self.number}"

    @property
    def index(self) -> str:
        """Give its index's name; "" where its values are rows of ``search``, or classes'."""
        bare = self.many or self.classed
        return "" if bare else f"{table_of(self.kind)}_{self.name}"

    @property
    def steps(self) -> tuple[str, ...]:
        """Give the names on the way to its value."""
        return tuple(self.field.split("."))

    @property
    def text(self) -> bool:
        """Tell whether its values compare as texts."""
        return _text(self.type)

    @property
    def lettered(self) -> bool:
        """Tell whether the letters of its values are known."""
        return self.field in _LETTERED


def table_of(kind: Kind) -> str:
    """Give the name of a kind's table."""
    return f"search_{kind.value}"


def classes_of(kind: Kind) -> str:
    """Give the name of the table of a kind's classes."""
    return f"{table_of(kind)}_classes"


def days_of(kind: Kind) -> str:
    """Give the name of the table of how many rows of a class are of a day."""
    return f"{table_of(kind)}_days"


def names_of(kind: Kind) -> int:
    """Give the number under which the letters of a kind's ids are kept."""
    return (tuple(_FIELDS).index(kind) + 1) * _STEP


def _text(of: FieldType) -> bool:
    return of not in {FieldType.TIME, FieldType.NUMBER}


def _classed(kind: Kind, field: str) -> bool:
    return _text(fields_of(kind)[field].type) and field not in _MANY | _LETTERED


COLUMNS: Final[Mapping[Kind, Mapping[str, Column]]] = {
    kind: {
        field: Column(
            kind, field, (place + 1) * _STEP + number, fields_of(kind)[field].type,
            fields_of(kind)[field].sortable, field in _MANY, _classed(kind, field),
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
    own = "at INTEGER NOT NULL, id TEXT NOT NULL, name, spelt, class INTEGER NOT NULL"
    yield f"CREATE TABLE {table} ({own}{named})"
    yield f"CREATE INDEX {table}_at ON {table} (at, id, class, name)"
    yield f"CREATE INDEX {table}_class ON {table} (class, at, id)"
    yield f"CREATE INDEX {table}_name ON {table} (name) WHERE name IS NOT NULL"
    for one in columns:
        if one.sorts:
            # What changes with every revision is written anew in any case: there the class is told.
            told = ", class" if one.field == "changed_at" else ""
            yield f"CREATE INDEX {one.index} ON {table} ({one.name}, at, id{told})"
        elif one.index:
            where = f"{one.name} IS NOT NULL"
            yield f"CREATE INDEX {one.index} ON {table} ({one.name}, at) WHERE {where}"
    values = "".join(f", {one.name}" for one in columns if one.classed)
    number = "class INTEGER PRIMARY KEY, said TEXT NOT NULL UNIQUE, spelt"
    yield f"CREATE TABLE {classes_of(kind)} ({number}{values})"
    counted = "class INTEGER NOT NULL, day INTEGER NOT NULL, count INTEGER NOT NULL"
    yield f"CREATE TABLE {days_of(kind)} ({counted}, PRIMARY KEY (class, day)) WITHOUT ROWID"


STATEMENTS: Final = (
    """CREATE TABLE search (
        field INTEGER NOT NULL,
        value NOT NULL,
        at INTEGER NOT NULL,
        id TEXT NOT NULL,
        PRIMARY KEY (field, value, at, id)) WITHOUT ROWID""",
    """CREATE TABLE search_letters (
        field INTEGER NOT NULL,
        letter TEXT NOT NULL,
        PRIMARY KEY (field, letter)) WITHOUT ROWID""",
    *(statement for kind in COLUMNS for statement in _statements(kind)),
)
# What version 6 had of it.
FORMER: Final = ("search", *map(table_of, COLUMNS))
