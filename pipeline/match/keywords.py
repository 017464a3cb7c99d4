r"""Keywords in one pass over the raw record: whether an event can hold one at all.

A rule's keyword is sought in every text of an event. In a record of JSON each of them stands as
it is but for the escapes of JSON strings, so a word that the record does not hold, written as JSON
writes it, is in none of its texts. A record that could say a word otherwise (a character of it as
``\u0061``, another encoding, letters that fold to ASCII) counts as holding it: the texts decide.
"""

from collections import Counter
from collections.abc import Callable, Iterable

import ahocorasick_rs
import orjson

from pipeline.match.scan import bytes_database, native, noted

# Formats of which every text of an event stands in its record of JSON (normalize.formats).
VERBATIM = frozenset({"json", "windows_flat", "winlogbeat_6"})
_STEM = 6
_ESCAPE = 4  # bytes that escapes of the letters of one row share
_PLAIN = b"\\u00"  # of ASCII's letters; its signs are often escaped so
_LETTER = 2  # bytes that letters beyond ASCII of one row share
_NUMERIC = frozenset("0123456789+-.e")
# Letters beyond ASCII that fold to some of ASCII: sharp s, Kelvin, long s, ligatures.
_FOLDING = tuple(
    chr(point)
    for point in range(0x80, 0xFFFF)
    if not 0xD800 <= point <= 0xDFFF and any(letter < "\x80" for letter in chr(point).casefold())
)

_is_letter = frozenset(b"abcdefghijklmnopqrstuvwxyz").__contains__

RawTest = Callable[[bytes], bool]


def raw_test(words: Iterable[str], *, portable: bool = False) -> RawTest | None:
    """Give the test whether a record may hold one of these folded words; None where none serves.

    No test serves words beyond ASCII, and words that could stand in the text of a number.
    """
    words = sorted(set(words))
    if not all(word and word.isascii() and not _NUMERIC.issuperset(word) for word in words):
        return None
    patterns = {written for word in words for written in _written(word)}
    listed = sorted(patterns.union(_disguises("".join(words))))
    return _Hyper(listed) if native(portable=portable) else _Portable(listed)


def _written(word: str) -> set[bytes]:
    r"""Write a word as JSON strings may hold it without ``\u``."""
    plain = orjson.dumps(word)[1:-1].lower()
    return {plain, plain.replace(b"/", b"\\/")}


def _disguises(letters: str) -> set[bytes]:
    """Give what shows that a record may say one of these letters in another way."""
    found = {b"\0"}
    for letter in {*letters, *letters.upper()}:
        point = ord(letter)
        found.add((b"\\u%03x" % (point >> 4)) if letter.isalpha() else b"\\u%04x" % point)
    for letter in _FOLDING:
        found |= {letter.encode(), b"\\u%04x" % ord(letter)}
    return found


class _Hyper:
    """By Hyperscan, over the record as it stands.

    A few short stems of the patterns are sought first, which takes half the time; only a record
    that holds one is searched for the patterns themselves.
    """

    __slots__ = ("_exact", "_hits", "_narrow", "_wide")

    def __init__(self, patterns: list[bytes]) -> None:
        self._hits: list[int] = []
        self._exact = bytes_database(patterns, once=False).scan
        stems = _stems(patterns)
        self._wide = bytes_database(stems, once=True).scan
        narrow = [stem for stem in stems if stem.isascii()]
        self._narrow = bytes_database(narrow, once=True).scan if narrow else None

    def __call__(self, record: bytes) -> bool:
        if b"\0" in record:
            return True
        hits = self._hits
        stems = self._narrow if record.isascii() else self._wide
        if stems is None:
            return False
        stems(record, match_event_handler=noted, context=hits)
        if not hits:
            return False
        hits.clear()
        self._exact(record, match_event_handler=noted, context=hits)
        if not hits:
            return False
        hits.clear()
        return True


def _stems(patterns: Iterable[bytes]) -> list[bytes]:
    """Give few short texts of which each pattern, but the NUL, holds one."""
    left = {pattern for pattern in patterns if pattern != b"\0"}
    found = []
    while left:
        shared: Counter[bytes] = Counter()
        for pattern in left:
            shared.update({pattern[at:][:_STEM] for at in range(max(1, len(pattern) - _STEM + 1))})
            if pattern >= b"\x80":
                shared[pattern[:_LETTER]] += 1
            elif pattern[:2] == b"\\u" and pattern[:4] != _PLAIN:
                shared[pattern[:_ESCAPE]] += 1
        # Of those that as many hold, one with signs in it is in fewer records.
        stem = max(shared, key=lambda one: (shared[one], -sum(map(_is_letter, one)), one))
        found.append(stem)
        left = {pattern for pattern in left if stem not in pattern}
    return sorted(found)


class _Portable:
    """By Aho-Corasick over the record in lower case, up to the first hit."""

    __slots__ = ("_find",)

    def __init__(self, patterns: list[bytes]) -> None:
        self._find = ahocorasick_rs.BytesAhoCorasick(
            patterns, matchkind=ahocorasick_rs.MatchKind.LeftmostFirst
        ).find_matches_as_indexes

    def __call__(self, record: bytes) -> bool:
        return bool(self._find(record.lower()))
