"""Public tables as files: CSV, JSON, and a Data Package that describes them for machines.

CSV follows RFC 4180 in UTF-8; the description follows the Data Package standard 2.0 (Frictionless:
https://datapackage.org/standard/data-package/). The same tables give the same bytes.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import orjson

from pipeline.incidents.statistics.public import Table
from pipeline.model import Json, rfc3339
from pipeline.model.safe_cell import csv_line

LANGUAGES = ("kk", "ru", "en")
SCHEMA = "https://datapackage.org/profiles/2.0/datapackage.json"
Word: TypeAlias = Callable[[str, str, str], str]  # language, context, name
_ORDER = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE


@dataclass(frozen=True, slots=True)
class Edition:
    """What a package says of itself. ``partial``: why the figures are not of the whole period."""

    name: str
    centre: str
    begin: int
    end: int
    known_at: int
    least: int
    partial: Sequence[str]
    licence: str = ""


def files(
    tables: Sequence[Table], edition: Edition, codes: Mapping[str, Sequence[str]], word: Word
) -> dict[str, bytes]:
    """Give every file of a package by name.

    ``codes`` has the values of each dimension; their words in all languages are a table beside.
    """
    whole = (*tables, _codes(codes, word))
    made = {f"{table.name}.csv": _csv(table) for table in whole}
    made |= {f"{table.name}.json": _json(table) for table in whole}
    document = _package(whole, edition, made, word)
    return {**made, "datapackage.json": orjson.dumps(document, option=_ORDER)}


def _csv(table: Table) -> bytes:
    rows = ([name for name, _ in table.columns], *table.rows)
    return "".join(map(csv_line, rows)).encode()


def _json(table: Table) -> bytes:
    names = [name for name, _ in table.columns]
    rows = [dict(zip(names, row, strict=True)) for row in table.rows]
    return orjson.dumps(rows, option=_ORDER)


def _codes(codes: Mapping[str, Sequence[str]], word: Word) -> Table:
    rows = tuple(
        (dimension, name, *(word(language, dimension, name) for language in LANGUAGES))
        for dimension, names in sorted(codes.items())
        for name in names
    )
    columns = (("dimension", "string"), ("code", "string"), *((one, "string") for one in LANGUAGES))
    return Table("codes", columns, rows)


def _package(
    tables: Sequence[Table], edition: Edition, made: Mapping[str, bytes], word: Word
) -> Json:
    document: Json = {
        "$schema": SCHEMA,
        "name": edition.name,
        **_titled("open.title", word),
        "description": word("en", "open", "description").format(least=edition.least),
        "descriptions": {
            one: word(one, "open", "description").format(least=edition.least) for one in LANGUAGES
        },
        "version": "1.0.0",
        "created": rfc3339(edition.known_at),
        "contributors": [{"title": edition.centre, "roles": ["publisher"]}],
        "temporal": {"start": rfc3339(edition.begin), "end": rfc3339(edition.end)},
        "partial": list(edition.partial),
        "least_count": edition.least,
        "resources": [
            _resource(table, suffix, made, word) for table in tables for suffix in _KINDS
        ],
    }
    if edition.licence:
        document["licenses"] = [{"name": edition.licence}]
    return document


_KINDS = {"csv": "text/csv", "json": "application/json"}


def _resource(table: Table, suffix: str, made: Mapping[str, bytes], word: Word) -> Json:
    path = f"{table.name}.{suffix}"
    return {
        "name": table.name if suffix == "csv" else f"{table.name}-json",
        "type": "table",
        **_titled(f"table.{table.name}", word),
        "path": path,
        "format": suffix,
        "mediatype": _KINDS[suffix],
        "encoding": "utf-8",
        **(_sealed(made[path]) if suffix == "csv" else {}),
        "schema": {
            "fields": [
                {"name": name, "type": kind, **_titled(f"column.{name}", word)}
                for name, kind in table.columns
            ],
            "primaryKey": [name for name, kind in table.columns if name in _KEYS],
        },
    }


def _sealed(data: bytes) -> Json:
    """Give size and hash: of CSV alone, since the standard's own tool cannot check them of JSON."""
    return {"bytes": len(data), "hash": f"sha256:{hashlib.sha256(data).hexdigest()}"}


_KEYS = frozenset({"regime", "dimension", "value", "code", "measure", "percent", "outcome"})


def _titled(name: str, word: Word) -> Json:
    return {
        "title": word("en", "open", name),
        "titles": {language: word(language, "open", name) for language in LANGUAGES},
    }
