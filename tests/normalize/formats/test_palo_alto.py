"""Logs of PAN-OS beyond the reviewed records."""

import pytest
from hypothesis import given

from pipeline.normalize.ecs_schema import fields
from pipeline.normalize.formats.palo_alto_columns import COLUMNS, ECS_BY_COLUMN, HEAD
from tests.normalize.mutations import broken, expect_one_outcome
from tests.normalize.reading import at, event_of


@pytest.mark.parametrize("kind", COLUMNS)
def test_columns_have_one_name_each(kind: str) -> None:
    """No column of a type takes another's name."""
    names = [*HEAD, *COLUMNS[kind]]
    assert len(set(names)) == len(names)


def test_what_columns_fill_exists() -> None:
    """Columns that fill ECS are columns of some type, and their fields exist."""
    known = {name for names in COLUMNS.values() for name in names} | set(HEAD)
    assert set(ECS_BY_COLUMN) <= known
    for said in ECS_BY_COLUMN.values():
        for path in [said] if isinstance(said, str) else said:
            assert path in fields() or path in ("source", "destination") or path.endswith(".hash")


def test_a_shorter_row_has_its_first_columns() -> None:
    """A row of an older release is read as far as it goes."""
    event = event_of(
        "1,2026/03/02 14:00:05,001,TRAFFIC,start,1,2026/03/02 14:00:05,10.1.1.10,198.51.100.7"
    )
    assert at(event.ecs, "destination.ip") == "198.51.100.7"
    assert at(event.ecs, "event.type") == ["connection", "start"]


@given(record=broken("palo_alto"))
def test_broken_records_come_to_an_end(record: bytes) -> None:
    """Whatever is done to a record, it gives an event or a failure."""
    expect_one_outcome(record, "auto")
    expect_one_outcome(record, "palo_alto")
