"""Incidents as a table that a spreadsheet opens and does not run."""

import csv
import io

import pytest
from hypothesis import given, settings

from pipeline.errors import IntegrityError
from pipeline.notify.exports import Exported, csv_table
from tests.notify.exports.made import UNTITLED, exports, stubbed, titled, whole

RUNS = ("=", "+", "-", "@", "\t", "\r")


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline=""), strict=True))


@settings(max_examples=40)
@given(record=exports)
def test_no_cell_is_a_formula(record: Exported) -> None:
    """Whatever stands in an incident, no cell begins with what a spreadsheet would run."""
    data = csv_table.write([record], titled(record, "=HYPERLINK(1)"))
    for row in rows(data):
        assert not [cell for cell in row.values() if cell.startswith(RUNS)]


def test_columns_are_always_the_same() -> None:
    """A stub's row has the columns of a whole incident's, with nothing in those of details."""
    full, stub = rows(csv_table.write([whole(), stubbed()], UNTITLED))
    assert tuple(full) == tuple(stub) == csv_table.COLUMNS
    assert (full["details_available"], stub["details_available"]) == ("yes", "no")
    assert full["verdict"] == "yes"
    assert full["state"] == "closed"
    assert full["object"] == stub["object"] == "KZ-EN-1"
    said = {name for name, cell in stub.items() if cell}
    assert said == {
        "incident_id", "object", "time", "severity", "rsit", "centre", "written_at", "tlp", "acts",
        "details_available", "rest",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (b'"incident_id",', b'"incident",'),
        (b',"amber",', b',"orange",'),
        (b"2026-03-02T", b"the 2nd of March "),
        (b',"high",', b',"high"'),
    ],
    ids=["column", "mark", "time", "short row"],
)
def test_a_table_of_others_is_refused(was: bytes, now: bytes) -> None:
    """Other columns, and values that cannot be, are no table of ours."""
    data = csv_table.write([whole()], UNTITLED)
    assert was in data
    with pytest.raises(IntegrityError):
        csv_table.read(data.replace(was, now))
