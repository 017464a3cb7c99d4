"""The reviewed records of ``tests/golden/normalize``.

A file there is a list of rows, or ``{format, preamble, rows}``. A row has a name and a record, and
may have ``format``, ``preamble``, ``source`` (the vendor's page that shows the layout) and
``expect``: what that page says the record means, by ECS field, ``native.NAME`` or ``time``.
``whole: false`` marks a record that is cut or breaks its grammar.
"""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipeline.model import Event, Failure
from tests.normalize.reading import ALMATY, batch_of, normalized
from tests.normalize.windows_shapes import SHAPES, windows_events

INPUT = Path(__file__).parents[1] / "golden" / "normalize"
FILES = sorted(path.stem for path in INPUT.glob("*.yml") if path.stem != "windows")


@dataclass(frozen=True)
class Row:
    """One reviewed record."""

    name: str
    record: bytes
    format: str = "auto"
    preamble: bytes = b""
    source: str = ""
    expect: dict[str, Any] = field(default_factory=dict)
    whole: bool = True

    def outcome(self) -> Event | Failure:
        """Give what becomes of it."""
        batch = batch_of(self.record, format_name=self.format, preamble=self.preamble)
        return normalized(batch, ALMATY)[0]


@cache
def rows_of(name: str) -> tuple[Row, ...]:
    """Give the rows of a file, or the Windows events in a shipper's shape."""
    if name in SHAPES:
        return tuple(Row(event["name"], SHAPES[name](event)) for event in windows_events())
    found = yaml.safe_load((INPUT / f"{name}.yml").read_text(encoding="utf-8"))
    whole = found if isinstance(found, dict) else {"rows": found}
    shared = {key: value for key, value in whole.items() if key != "rows"}
    return tuple(_row({**shared, **row}) for row in whole["rows"])


def _row(said: dict[str, Any]) -> Row:
    record, preamble = said["record"], said.get("preamble", "")
    return Row(
        **{
            **said,
            "record": record if isinstance(record, bytes) else record.encode(),
            "preamble": preamble.encode(),
        }
    )


@cache
def events() -> tuple[tuple[Row, Event], ...]:
    """Give every row that becomes an event, with it."""
    rows = (row for name in [*FILES, *SHAPES] for row in rows_of(name))
    outcomes = ((row, row.outcome()) for row in rows)
    return tuple((row, event) for row, event in outcomes if isinstance(event, Event))
