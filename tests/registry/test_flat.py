"""Tests of records as rows of a spreadsheet."""

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigurationError
from pipeline.registry import ObjectRecord, Party
from pipeline.registry.flat import as_csv, flattened, listed, numbered, rows_of_csv, value_of

RECORD: dict[str, Any] = {
    "id": "plant",
    "code": "P-1",
    "state_body": True,
    "physical_hazards": ["fire", "flood"],
    "sources": [
        {"id": "a", "match": {"hosts": ["h;1", "c\\"], "fields": {"doc.mark": "=x"}}},
        {"id": "b", "match": {"addresses": ["10.0.0.0/8"]}, "silence_seconds": 900},
    ],
}


def read(text: str) -> list[Any]:
    """Read a table's records."""
    (found,) = rows_of_csv("a.csv", text.encode()).data.values()
    return list(found)


def records(text: str) -> list[ObjectRecord]:
    """Read a table into records."""
    return [ObjectRecord.model_validate(item) for item in read(text)]


def test_a_record_survives_a_table() -> None:
    """What is written is read again as the same record, lists, mappings and numbers too."""
    assert records(as_csv([RECORD], ObjectRecord)) == [ObjectRecord.model_validate(RECORD)]


def test_columns_follow_the_records_own_order() -> None:
    """Columns stand in the order of the fields, a party's table begins with its own column."""
    first = as_csv([RECORD], ObjectRecord).lstrip("\ufeff").splitlines()[0]
    header = first.replace('"', "").split(",")
    assert header[:3] == ["id", "code", "state_body"]
    assert header[-1] == "sources.1.silence_seconds"
    people = as_csv([{"id": "p", "names": {"kk": "a", "ru": "b"}}], Party)
    assert people.lstrip("\ufeff").startswith('"party","names.kk","names.ru"')
    assert rows_of_csv("a.csv", people.encode()).data["parties"][0]["id"] == "p"


@pytest.mark.parametrize(
    "cell", ["=1+1", "+7 000", "-x", "@a", "'=a", "\t=a", "''+", "'plain", "="]
)
def test_no_cell_is_a_formula(cell: str) -> None:
    """A text that a spreadsheet would compute bears an apostrophe, and comes back as it was."""
    text = as_csv([{"id": "plant", "territory": cell}], ObjectRecord)
    row = next(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
    assert row["territory"][0] not in "=+-@\t"
    assert records(text)[0].territory == cell


TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=9
)


@given(st.lists(TEXT.filter(str.strip), min_size=1, max_size=3), TEXT.filter(str.strip))
def test_any_text_survives_a_table(hosts: list[str], territory: str) -> None:
    """Any texts, alone or in a list, come back as they were."""
    document = {
        "id": "plant",
        "territory": territory,
        "sources": [{"id": "s", "match": {"hosts": hosts}}],
    }
    assert records(as_csv([document], ObjectRecord)) == [ObjectRecord.model_validate(document)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_spreadsheets_delimiters_are_known(delimiter: str) -> None:
    """Comma, semicolon and tabulator are told by the header; empty cells and rows say nothing."""
    lines = [["id", "sector", "code"], ["plant", "", "P-1"], ["", "", ""], ["mill", "gas", ""]]
    text = "\r\n".join(delimiter.join(line) for line in lines)
    assert read(text) == [{"id": "plant", "code": "P-1"}, {"id": "mill", "sector": "gas"}]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"\xff\xfe", "not UTF-8", id="encoding"),
        pytest.param(b"name,sector\na,b\n", "no column id", id="no-id"),
        pytest.param(b"", "no column id", id="empty"),
        pytest.param(b"id,code,code\na,b,c\n", "stands twice", id="column-twice"),
        pytest.param(b"id,sector\na,gas,more\n", "a.csv:2: has more cells", id="too-many"),
        pytest.param(b'id,sector\na,"gas\n', "is not CSV", id="open-quote"),
        pytest.param(b"id,sources.9999.id\na,b\n", "up to", id="number"),
        pytest.param(b"id,lifecycle,lifecycle.stage\na,x,trial\n", "no parts", id="part-of-a-text"),
    ],
)
def test_a_broken_table_is_told(data: bytes, message: str) -> None:
    """What is no table is refused with its line."""
    with pytest.raises(ConfigurationError, match=message):
        rows_of_csv("a.csv", data)


def test_a_cell_over_several_lines_counts_its_lines() -> None:
    """The line of a record is where its row begins."""
    document = rows_of_csv("a.csv", b'id,territory\na,"x\ny"\nb,z\n')
    assert [document.line(("objects", place)) for place in (0, 1)] == [2, 4]


def test_a_mapping_that_is_none_is_left_to_validation() -> None:
    """A cell of a mapping that is no JSON stays the text that it is."""
    assert value_of(ObjectRecord, "sources.0.match.fields", "{x") == "{x"
    assert value_of(ObjectRecord, "nothing.like.it", "a;b") == "a;b"


def test_numbers_in_paths_lead_into_lists() -> None:
    """A list of parts is a mapping by number, and back."""
    assert listed(numbered(RECORD)) == RECORD
    assert dict(flattened(RECORD))["sources.1.match.addresses"] == "10.0.0.0/8"
