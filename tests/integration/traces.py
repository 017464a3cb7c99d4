"""An oracle of its own: where a word stands in anything that a system wrote, in any form."""

import base64
import hashlib
import re
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import zstandard
from ahocorasick_rs import BytesAhoCorasick


def forms(word: str, records: Iterable[bytes] = ()) -> list[bytes]:
    """Give the forms of a word, and the hashes of the records that hold it."""
    found = [word.encode(), word.encode("utf-16le"), word.encode("utf-16be")]
    found += [form.hex().encode() for form in found]
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + word.encode())
        found.append(coded[4 if shift else 0 : -4])
    for data in (word.encode(), *records):
        found += [hashlib.sha256(data).hexdigest().encode(), hashlib.sha256(data).digest()]
    return found


def everything(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Give all bytes below a folder: files, their rows, and whatever is compressed in either."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        data = path.read_bytes()
        yield str(path), str(path).encode() + b"\n" + data
        for at in _places(data, b"\x28\xb5\x2f\xfd"):
            yield f"{path}@{at}", _unzstd(data[at:])
        if data.startswith(b"SQLite format 3"):
            yield from _rows(path)


def _rows(path: Path) -> Iterator[tuple[str, bytes]]:
    file = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        tables = [name for (name,) in file.execute("SELECT name FROM sqlite_master")]
        for table in tables:
            if file.execute("SELECT type FROM sqlite_master WHERE name = ?", (table,)).fetchone()[
                0
            ] not in ("table",):
                continue
            for row in file.execute(f"SELECT * FROM {table}"):
                for value in row:
                    data = value if isinstance(value, bytes) else str(value).encode()
                    yield f"{path}:{table}", data
                    if data.startswith(b"\x28\xb5\x2f\xfd"):
                        yield f"{path}:{table}", _unzstd(data)
    finally:
        file.close()


def _places(data: bytes, head: bytes) -> Iterator[int]:
    return (match.start() for match in re.finditer(re.escape(head), data))


def _unzstd(data: bytes) -> bytes:
    reader = zstandard.ZstdDecompressor().decompressobj()
    whole = b""
    for at in range(0, len(data), 4096):
        if reader.eof:
            break
        try:
            whole += reader.decompress(data[at : at + 4096])
        except (zstandard.ZstdError, zlib.error):
            break
    return whole


def found(where: Iterable[tuple[str, bytes]], words: dict[str, list[bytes]]) -> dict[str, set[str]]:
    """Give, of each word that is found, where."""
    of = {form: word for word, some in words.items() for form in some}
    sought = sorted(of)
    finder = BytesAhoCorasick(sought)
    hits: dict[str, set[str]] = {}
    for place, data in where:
        for match in finder.find_matches_as_indexes(data, overlapping=True):
            hits.setdefault(of[sought[match[0]]], set()).add(place)
    return hits
