"""What of a record can be sought: the record itself, its values and its words, as far as its own.

A value that other records hold too (a host, a user) proves nothing, and stays where these put it;
nor does a word of the rules or the registry. In memory alone: no piece is ever written down.
"""

import re
from collections.abc import Iterator
from typing import Any

import orjson
from ahocorasick_rs import BytesAhoCorasick

from pipeline.model import RawBatch, unpack_batch
from pipeline.normalize.parsed import Refusal
from pipeline.normalize.text import decode
from pipeline.ports import Carriers
from pipeline.runtime.spill_search import expanded

SHORTEST = 6  # characters of a piece
MOST = 2_000
LONGEST = 1_000
_WORD = re.compile(r"[^\s\"'<>{}\[\](),;=|\\]+")
_TIME = re.compile(r"[0-9:.TZ+/ -]*(?:[0-9]{2}:[0-9]{2}|[0-9]{4}-[0-9]{2})[0-9:.TZ+/ -]*|[0-9]+")
_COMPARED = ("utf-8", "utf-16le", "utf-16be", "windows-1251")


def pieces_of(carriers: Carriers, batch_id: str, indexes: tuple[int, ...]) -> list[str | bytes]:
    """Give the pieces of records that stand in no other record, rule or registry; longest first."""
    found: dict[str, None] = {}
    whole: list[bytes] = []
    for row in carriers.rows("journal", batch_id):
        batch = unpack_batch(row.data)
        for index in indexes:
            if record := batch.records[index]:
                whole.append(record)
                found |= dict.fromkeys(_words(_text(record)))
    texts = "\n".join(map(_text, whole))
    for row in carriers.rows("events", batch_id):
        for line in row.data.split(b"\n"):
            document = orjson.loads(line)
            if document["saqshy"]["index"] in indexes:
                found |= dict.fromkeys(one for one in _values(document) if one in texts)
    chosen = [one for one in found if len(one) >= SHORTEST and not _TIME.fullmatch(one)]
    chosen.sort(key=lambda one: (-len(one), one))
    common = _common(carriers, batch_id, frozenset(indexes), chosen[:MOST])
    own = [one for one in chosen[:MOST] if one not in common]
    return [*(record for record in whole if len(record) >= SHORTEST), *own]


def _text(record: bytes) -> str:
    decoded = decode(record)
    return record.decode("latin-1") if isinstance(decoded, Refusal) else decoded[0]


def _words(text: str) -> Iterator[str]:
    for match in _WORD.finditer(text):
        yield match[0][:LONGEST].strip(".:!?")


def _values(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value[:LONGEST]
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _values(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _values(inner)


def _common(
    carriers: Carriers, batch_id: str, indexes: frozenset[int], pieces: list[str]
) -> set[str]:
    """Give the pieces that stand elsewhere by right: in other records, rules and registry."""
    by_form = {form: piece for piece in pieces for form in _forms(piece)}
    if not by_form:
        return set()
    forms = sorted(by_form)
    words = BytesAhoCorasick(forms)
    common: set[str] = set()
    for data in _others(carriers, batch_id, indexes):
        hits = words.find_matches_as_indexes(data, overlapping=True)
        common |= {by_form[forms[hit[0]]] for hit in hits}
    return common


def _others(carriers: Carriers, batch_id: str, indexes: frozenset[int]) -> Iterator[bytes]:
    for row in carriers.rows("bundles"):
        yield row.data
        yield from expanded(row.data)
    for row in carriers.rows("journal"):
        batch: RawBatch = unpack_batch(row.data)
        mine = indexes if batch.id == batch_id else frozenset()
        yield b"\n".join(one for index, one in enumerate(batch.records) if index not in mine)
        yield f"{batch.object_id}\n{batch.source_id}\n{batch.format}\n{batch.id}".encode()
        yield batch.preamble


def _forms(piece: str) -> Iterator[bytes]:
    for encoding in _COMPARED:
        yield piece.encode(encoding, "ignore")
