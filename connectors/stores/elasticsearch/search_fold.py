"""Regular expressions of Lucene for all texts that fold to a text: what ``casefold`` makes equal.

Elasticsearch compares without regard to case in ASCII alone. Folding goes character by character,
so that the texts which fold to a text are told by an expression: each character, and each few that
one character folds to (``ss``: ß), by all that fold to it.
"""

import sys
from functools import cache, lru_cache
from typing import Final

_RESERVED: Final = frozenset('.?+*|{}[]()"\\#@&<>~^$-/')
LONGEST_EXPRESSION: Final = 1_000  # index.max_regex_length
_WIDEST: Final = 3  # characters that one folds to
_KNOTS: Final = 6  # overlapping groups of such; beyond it the expression says less


def folded_expression(parts: tuple[str, ...]) -> tuple[str, bool] | None:
    """Give an expression for texts with these parts and any text between, and whether it is exact.

    Not exact: it also fits others. None where there is none within Lucene's bounds.
    """
    exact, made = True, []
    for part in parts:
        text, whole = _expression(part.casefold())
        made.append(text)
        exact &= whole
    joined = ".*".join(made)
    return (joined, exact) if len(joined) <= LONGEST_EXPRESSION else None


@lru_cache(maxsize=4096)
def _expression(folded: str) -> tuple[str, bool]:
    made: list[str] = []
    exact, at = True, 0
    while at < len(folded):
        end = _knot(folded, at)
        if end == at:
            made.append(_class(_sources()[folded[at]] if folded[at] in _sources() else folded[at]))
            at += 1
        elif end - at <= _KNOTS:
            made.append(_ways(folded[at:end]))
            at = end
        else:
            made.append(f".{{1,{end - at}}}")
            exact, at = False, end
    return "".join(made), exact


def _knot(folded: str, at: int) -> int:
    """Give where the groups that begin here and overlap end; ``at`` where none begins."""
    end, place = at, at
    while place <= end and place < len(folded):
        for width in range(2, _WIDEST + 1):
            if folded[place : place + width] in _sources() and place + width <= len(folded):
                end = max(end, place + width)
        place += 1
        if place >= end:
            break
    return end


def _ways(text: str) -> str:
    """Give an expression for all ways to make a short text of what folds to its pieces."""
    if not text:
        return ""
    ways = []
    for width in range(1, min(_WIDEST, len(text)) + 1):
        head = text[:width]
        sources = _sources().get(head, head if width == 1 else "")
        if sources:
            ways.append(_class(sources) + _ways(text[width:]))
    return ways[0] if len(ways) == 1 else f"({'|'.join(ways)})"


def _class(characters: str) -> str:
    escaped = [f"\\{one}" if one in _RESERVED else one for one in characters]
    return escaped[0] if len(escaped) == 1 else f"[{''.join(escaped)}]"


@cache
def _sources() -> dict[str, str]:
    """Give, by what it folds to, all characters that fold to it."""
    found: dict[str, list[str]] = {}
    for code in range(sys.maxunicode + 1):
        one = chr(code)
        folded = one.casefold()
        if folded != one:
            found.setdefault(folded, []).append(one)
    made = {}
    for folded, sources in found.items():
        itself = [folded] if len(folded) == 1 and folded.casefold() == folded else []
        made[folded] = "".join([*itself, *sources])
    return made
