"""The files of a package: their form, their description, their bytes."""

import csv
import hashlib
import io
import re
from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.incidents.statistics import Edition, files
from pipeline.incidents.statistics.public import Table
from pipeline.model.safe_cell import meant_by, safe_cell
from tests.incidents.statistics.made import BEGIN, END, OVER

TABLE = Table(
    "incidents",
    (("regime", "string"), ("value", "string"), ("count", "integer")),
    (("normal", "=1+1", 7), ("normal", 'a,"b"\r\n', 8)),
)
EDITION = Edition("security-incidents-2026-03", "OCIB", BEGIN, END, OVER, 5, ("own_outage",))
CODES = {"severity": ("high", "low")}


def word(language: str, context: str, name: str) -> str:
    return f"{language} {context} {name} {{least}}"


def made(edition: Edition = EDITION) -> dict[str, bytes]:
    return files([TABLE], edition, CODES, word)


def test_a_table_is_csv_and_json_with_the_same_rows() -> None:
    """CSV is quoted by RFC 4180 and no formula; JSON has the rows as they are."""
    read = list(csv.reader(io.StringIO(made()["incidents.csv"].decode(), newline="")))
    assert read == [
        ["regime", "value", "count"],
        ["normal", "'=1+1", "7"],
        ["normal", 'a,"b"\\x0d\\x0a', "8"],
    ]
    assert orjson.loads(made()["incidents.json"])[0] == {
        "regime": "normal", "value": "=1+1", "count": 7,
    }  # fmt: skip


@given(st.text(max_size=8))
def test_no_cell_is_a_formula(text: str) -> None:
    """Whatever a value is, it stands in the table by the one rule of cells, and nothing is lost."""
    table = replace(TABLE, rows=(("normal", text, 7),))
    data = files([table], EDITION, CODES, word)["incidents.csv"].decode()
    found = list(csv.reader(io.StringIO(data, newline="")))[1][1]
    assert found == safe_cell(text)
    assert meant_by(found) == text


def test_the_description_names_every_file() -> None:
    """Each resource has a path and a schema of its columns; CSV its size and SHA-256 as well."""
    written = made()
    described = orjson.loads(written["datapackage.json"])
    paths = {one["path"] for one in described["resources"]}
    assert paths == set(written) - {"datapackage.json"}
    for one in described["resources"]:
        data = written[one["path"]]
        names = [field["name"] for field in one["schema"]["fields"]]
        assert set(one["schema"]["primaryKey"]) <= set(names)
        if one["format"] == "csv":
            assert one["bytes"] == len(data)
            assert one["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
            assert data.decode().splitlines()[0] == ",".join(f'"{name}"' for name in names)
    assert len({one["name"] for one in described["resources"]}) == len(paths)


def test_the_description_says_what_a_machine_must_know() -> None:
    """Period, bound, reasons, version and titles in three languages stand in it."""
    described = orjson.loads(made()["datapackage.json"])
    assert re.fullmatch(r"[a-z0-9._-]+", described["name"])
    assert described["temporal"] == {
        "start": "2026-02-28T19:00:00Z", "end": "2026-03-31T19:00:00Z",
    }  # fmt: skip
    assert (described["partial"], described["least_count"]) == (["own_outage"], 5)
    assert set(described["titles"]) == {"kk", "ru", "en"}
    assert described["descriptions"]["ru"] == "ru open description 5"
    assert "licenses" not in described


@pytest.mark.parametrize("licence", ["CC-BY-4.0", "ODbL-1.0"])
def test_a_licence_stands_where_one_is_set(licence: str) -> None:
    """The licence is the settings', by its SPDX name."""
    described = orjson.loads(made(replace(EDITION, licence=licence))["datapackage.json"])
    assert described["licenses"] == [{"name": licence}]


def test_codes_are_told_in_three_languages() -> None:
    """Each code that may appear has its words beside it."""
    assert orjson.loads(made()["codes.json"])[0] == {
        "dimension": "severity",
        "code": "high",
        "kk": "kk severity high {least}",
        "ru": "ru severity high {least}",
        "en": "en severity high {least}",
    }


def test_the_same_tables_give_the_same_bytes() -> None:
    """Nothing but the tables and the edition enters."""
    assert made() == made()
