"""A million indicators in little memory: found by hash in sorted arrays, proved by their text.

An indicator takes its value and id as bytes and some 60 bytes in arrays.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from hashlib import blake2b
from ipaddress import ip_network
from itertools import groupby
from typing import NamedTuple

from pipeline.errors import ConfigurationError, Problem
from pipeline.normalize.enrichment.indicators.indicator import EVER, Indicator, Kind, Sheet

MOST_INDICATORS = 10_000_000
_SIGNS: dict[Kind, str] = {
    "ip": "i", "network": "n", "domain": "d", "url": "u", "email": "e", "hash": "h",
}  # fmt: skip


class Found(NamedTuple):
    """One indicator as an event meets it."""

    sheet: Sheet
    id: str
    valid_from: int
    valid_until: int


class IndicatorIndex:
    """All indicators by kind and value; ``prefixes`` are (IP version, length) of their networks."""

    __slots__ = (
        "_ends", "_froms", "_hashes", "_places", "_sheet_of", "_sheets", "_texts", "_untils",
        "prefixes",
    )  # fmt: skip

    def __init__(self, indicators: Iterable[Indicator]) -> None:
        """Gather indicators; of versions of one id only the newest stays."""
        gathered = _Gathered()
        for indicator in indicators:
            gathered.add(indicator)
        gone = gathered.superseded()
        kept = [row for row in range(len(gathered.hashes)) if not gone[row]]
        kept.sort(key=gathered.hashes.__getitem__)
        self._hashes = array("q", map(gathered.hashes.__getitem__, kept))
        self._places = array("I", kept)
        self._texts, self._ends = bytes(gathered.texts), gathered.ends
        self._froms, self._untils = gathered.froms, gathered.untils
        self._sheet_of, self._sheets = gathered.sheet_of, tuple(gathered.sheets)
        self.prefixes = tuple(sorted(gathered.prefixes))

    def __len__(self) -> int:
        return len(self._hashes)

    def find(self, kind: Kind, value: str) -> tuple[Found, ...]:
        """Give the indicators of one canonical value, in the order in which they were given."""
        text = _key(kind, value)
        wanted = _number(text)
        hashes = self._hashes
        at = bisect_left(hashes, wanted)
        if at == len(hashes) or hashes[at] != wanted:
            return ()
        rows = []
        while at < len(hashes) and hashes[at] == wanted:
            row = self._places[at]
            begin, end = self._ends[row], self._ends[row + 1]
            if self._texts.startswith(text, begin, end):
                rows.append((row, self._texts[begin + len(text) : end].decode()))
            at += 1
        return tuple(
            Found(self._sheets[self._sheet_of[row]], name, self._froms[row], self._untils[row])
            for row, name in sorted(rows)
        )


def _key(kind: Kind, value: str) -> bytes:
    return f"{_SIGNS[kind]}{value}\n".encode("utf-8", "surrogatepass")


def _number(text: bytes) -> int:
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "little", signed=True)


class _Gathered:
    """Rows in the order in which they came."""

    def __init__(self) -> None:
        self.hashes = array("q")
        self.texts = bytearray()
        self.ends = array("Q", [0])
        self.froms, self.untils = array("q"), array("q")
        self.sheet_of = array("I")
        self.sheets: dict[Sheet, int] = {}
        self.prefixes: set[tuple[int, int]] = set()
        self._versions = array("q")
        self._ids = array("q")
        self._revoked: set[int] = set()

    def add(self, one: Indicator) -> None:
        row = len(self.hashes)
        if row >= MOST_INDICATORS:
            what = f"there are more than {MOST_INDICATORS} indicators"
            raise ConfigurationError([Problem("indicators", 0, what, "leave out a feed")])
        text = _key(one.kind, one.value)
        name = one.id.encode("utf-8", "replace")
        self.hashes.append(_number(text))
        self.texts += text + name
        self.ends.append(len(self.texts))
        self.froms.append(max(one.valid_from, -EVER))
        self.untils.append(min(one.valid_until, EVER))
        self.sheet_of.append(self.sheets.setdefault(one.sheet, len(self.sheets)))
        self._versions.append(one.modified)
        self._ids.append(_number(name) if name else 0)
        if one.revoked:
            self._revoked.add(row)
        elif one.kind == "network":
            network = ip_network(one.value)
            self.prefixes.add((network.version, network.prefixlen))

    def superseded(self) -> bytearray:
        """Mark the rows of which a newer version of the same id came, and revoked ones."""
        gone = bytearray(len(self.hashes))
        for row in self._revoked:
            gone[row] = True
        named = [row for row, identity in enumerate(self._ids) if identity]
        named.sort(key=self._ids.__getitem__)
        for _, rows in groupby(named, key=self._ids.__getitem__):
            same = list(rows)
            if len(same) > 1:
                self._supersede(same, gone)
        return gone

    def _supersede(self, rows: list[int], gone: bytearray) -> None:
        """Mark older and repeated rows of those whose ids are, but for a chance, the same."""
        versions = [(self._id(row), (self._versions[row], row in self._revoked)) for row in rows]
        newest: dict[bytes, tuple[int, bool]] = {}
        for identity, version in versions:
            newest[identity] = max(version, newest.get(identity, version))
        told: set[bytes] = set()
        for row, (identity, version) in zip(rows, versions, strict=True):
            text = bytes(self.texts[self.ends[row] : self.ends[row + 1]])
            gone[row] |= version < newest[identity] or text in told
            if not gone[row]:
                told.add(text)

    def _id(self, row: int) -> bytes:
        return bytes(self.texts[self.ends[row] : self.ends[row + 1]]).partition(b"\n")[2]
