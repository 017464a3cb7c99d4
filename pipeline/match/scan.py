"""Many words sought in one pass over a text: Hyperscan where it is installed, else Aho-Corasick.

Both give the same answer. Words are folded; a text of ASCII is scanned as it stands, without
regard to case, any other is folded first, because folding may change its length and its letters.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache
from threading import Lock
from typing import Any

import ahocorasick_rs

from pipeline.content.regex_syntax import within_ascii

try:
    import hyperscan
except ImportError:  # no wheel for this machine: the portable scanner serves
    hyperscan = None

WordScan = Callable[[str], Sequence[int]]
_MOST_DFA_BYTES = 20_000  # a full automaton is twice as fast on long texts, at 0.5 KB each
_LITTLE = 6
_COUNTED = re.compile(r"(?<!x)\{(\d*)(,?)(\d*)\}")
_MOST_COUNT = 128
_MOST_SPREAD = 32


@cache
def _sound() -> bool:
    """Tell whether the installed library is Intel's, whose releases end with 5.4.2.

    Vectorscan calls itself 5.4.3 and later, and misses words: of ``ss`` and ``a_.bbb`` in 5.4.12
    the one that ends a text of sixteen letters (see also its issues 317, 358 and 382).
    """
    if hyperscan is None:
        return False
    told = re.search(rb"Version: (\d+)\.(\d+)\.(\d+)", bytes_database([b"a"], once=True).info())
    return told is not None and tuple(map(int, told.groups())) <= (5, 4, 2)


def native(*, portable: bool = False) -> bool:
    """Tell whether Hyperscan scans: where it is installed, and nobody wants to do without."""
    return not portable and _sound()


def word_scan(words: Sequence[str], *, portable: bool = False) -> WordScan:
    """Give what tells the numbers of the words, all folded and not empty, that a text contains."""
    if native(portable=portable):
        return _HyperScan(words)
    return _PortableScan(words) if len(words) > _LITTLE else _LittleScan(words)


def folded_bytes(text: str) -> bytes:
    """Give a text folded, in UTF-8; halves of surrogate pairs keep their place."""
    return text.casefold().encode("utf-8", "surrogatepass")


class _LittleScan:
    """A few words, each by itself."""

    __slots__ = ("_words",)

    def __init__(self, words: Sequence[str]) -> None:
        self._words = tuple(enumerate(words))

    def __call__(self, text: str) -> Sequence[int]:
        folded = text.casefold()
        return [number for number, word in self._words if word in folded]


class _PortableScan:
    """Words by Aho-Corasick over the folded text."""

    __slots__ = ("_find",)

    def __init__(self, words: Sequence[str]) -> None:
        patterns = [word.encode("utf-8", "surrogatepass") for word in words]
        small = sum(map(len, patterns)) <= _MOST_DFA_BYTES
        self._find = ahocorasick_rs.BytesAhoCorasick(
            patterns,
            matchkind=ahocorasick_rs.MatchKind.Standard,
            implementation=ahocorasick_rs.Implementation.DFA if small else None,
        ).find_matches_as_indexes

    def __call__(self, text: str) -> Sequence[int]:
        hits = self._find(folded_bytes(text), overlapping=True)
        return [hit[0] for hit in hits] if hits else ()


class _HyperScan:
    """Words by Hyperscan; not for two threads at once.

    A text of ASCII holds only words of ASCII, and is scanned for these alone.
    """

    __slots__ = ("_ascii", "_every", "_hits", "_words")

    def __init__(self, words: Sequence[str]) -> None:
        self._words = words
        self._hits: list[int] = []
        self._ascii = self._scan([number for number, word in enumerate(words) if word.isascii()])
        self._every: Callable[..., object] | None = None

    def _scan(self, numbers: Sequence[int]) -> Callable[..., object] | None:
        patterns = [self._words[number].encode("utf-8", "surrogatepass") for number in numbers]
        return bytes_database(patterns, numbers, once=True).scan if patterns else None

    def __call__(self, text: str) -> Sequence[int]:
        hits = self._hits
        hits.clear()
        if text.isascii():
            if self._ascii is not None:
                self._ascii(text.encode(), match_event_handler=noted, context=hits)
        else:
            if self._every is None:  # made when such a text comes
                self._every = self._scan(range(len(self._words)))
            if self._every is not None:
                self._every(folded_bytes(text), match_event_handler=noted, context=hits)
        return hits


def noted(number: int, _start: int, _end: int, _flags: int, hits: Any) -> None:
    """Note the number of a pattern that Hyperscan found, in the list that is its context."""
    hits.append(number)


def bytes_database(
    patterns: Sequence[bytes], numbers: Sequence[int] | None = None, *, once: bool
) -> Any:
    """Compile patterns of plain bytes, case of ASCII aside; ``once`` tells each of them once."""
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    flags = hyperscan.HS_FLAG_CASELESS | (hyperscan.HS_FLAG_SINGLEMATCH if once else 0)
    # Written in hexadecimal, no byte has a meaning of its own.
    expressions = [b"".join(b"\\x%02x" % byte for byte in pattern) for pattern in patterns]
    database.compile(
        expressions=expressions,
        ids=list(range(len(patterns)) if numbers is None else numbers),
        elements=len(patterns),
        flags=[flags] * len(patterns),
    )
    return database


def quick_search(pattern: str) -> Callable[[bytes], bool] | None:
    """Give Hyperscan's search for a pattern of RE2 in texts of ASCII; None where it is not for it.

    Wide counted repeats take it seconds to compile, and a line after the last line feed begins for
    RE2 alone.
    """
    narrow = within_ascii(pattern) if native() and "(?m:" not in pattern else None
    if narrow is None or any(map(_wide, _COUNTED.findall(narrow))):
        return None
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    flags = hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_ALLOWEMPTY
    try:
        database.compile(expressions=[narrow.encode()], ids=[0], elements=1, flags=[flags])
    except hyperscan.error:
        return None
    scan = database.scan
    alone = Lock()  # patterns are shared by matchers, and one may be warmed in another thread

    def found(data: bytes) -> bool:
        hits: list[int] = []
        with alone:
            scan(data, match_event_handler=noted, context=hits)
        return bool(hits)

    return found


def _wide(count: tuple[str, str, str]) -> bool:
    least, comma, most = count
    if not comma:
        return int(least) > _MOST_COUNT
    return not most or int(most) - int(least or 0) > _MOST_SPREAD or int(most) > _MOST_COUNT
