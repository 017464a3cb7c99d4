r"""Regular expressions as Sigma means them: searched anywhere, in time linear to the value.

The meaning is that of Python's ``re`` on text, for the flavour that the Sigma specification
allows (modifiers appendix, regular expression). A pattern is parsed by the content room, which
serves twice: it is written again for RE2 with equal meaning (``\d``, ``\s``, ``\w`` by Unicode,
``$`` also before a last newline), and its literals tell which text a value must contain to match.
One difference is accepted for linear time: ``\b`` knows the word characters of ASCII only.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from pipeline.content.linear_regex import compile_re2, linear_regex
from pipeline.content.regex_syntax import within_ascii
from pipeline.match.scan import quick_search

_MOST_NEEDS = 4
_HALVES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class CompiledRegex:
    """A pattern ready to search.

    ``needs`` are sets of folded texts: every match contains one of each.
    """

    search: Callable[[str], bool]
    needs: tuple[tuple[str, ...], ...]


@lru_cache(maxsize=4096)
def compile_regex(pattern: str, flags: str) -> CompiledRegex:
    """Compile a pattern with Sigma's flags i, m, s; ValueError where it cannot be run."""
    found = linear_regex(pattern, flags)
    return CompiledRegex(_Search(found.re2, found.compiled.search), found.needs)


def _narrow_search(pattern: str) -> Callable[[bytes], bool] | None:
    narrow = within_ascii(pattern)
    if narrow is None or narrow == pattern:
        return None
    search = compile_re2(narrow).search
    return lambda data: search(data) is not None


class _Search:
    """Searches a text by RE2, and a text of ASCII by what is faster for these.

    That is Hyperscan where it can and is at hand, or RE2 without the letters beyond ASCII.
    """

    __slots__ = ("_pattern", "_quick", "_search")

    def __init__(self, pattern: str, search: Callable[[bytes], object]) -> None:
        self._pattern: str | None = pattern
        self._quick: Callable[[bytes], bool] | None = None
        self._search = search

    def __call__(self, text: str) -> bool:
        if text.isascii():
            if self._pattern is not None:  # compiled when it is first needed
                self._quick = quick_search(self._pattern) or _narrow_search(self._pattern)
                self._pattern = None
            if self._quick is not None:
                return self._quick(text.encode())
        try:
            data = text.encode()
        except UnicodeEncodeError:  # half of a surrogate pair: no UTF-8 can say it
            data = utf8_able(text).encode()
        return self._search(data) is not None


def telling(needs: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    """Give the sets of words that most texts lack: a single letter tells nothing."""
    return tuple(need for need in needs if all(map(_tells, need)))[:_MOST_NEEDS]


def _tells(word: str) -> bool:
    return len(word) > 1 or not word.isalnum()


def utf8_able(text: str) -> str:
    """Give a text with U+FFFD in place of each half of a surrogate pair."""
    return _HALVES.sub("\ufffd", text)
