"""How often a witness shows, guessed from its form and from the rules; nothing is learned.

Long words are rare, endings that are mere extensions and beginnings that are system folders are
common, and a word that many rules name is one that many events hold.
"""

from collections.abc import Iterable, Mapping

from pipeline.content.predicate import Predicate, Text, leaves
from pipeline.match.leaf import folded_parts
from pipeline.match.wildcard import shape_of
from pipeline.match.witness import Price, Sign, Witness

_BY_LENGTH = (1.0, 0.8, 0.55, 0.35, 0.2, 0.12, 0.08, 0.05, 0.035, 0.025, 0.02)
_RARE = 0.015
_PLACES = (
    "c:\\windows\\system32\\cmd.exe", "c:\\program files (x86)\\", "c:\\users\\", "powershell.exe",
)  # fmt: skip
_COMMON_WORDS = ("true", "false", "-", "", "0", "1", "system", "high", "medium", "tcp", "udp")


def price_by(predicates: Iterable[Predicate]) -> Price:
    """Give the price of witnesses among rules with these predicates."""
    named: dict[tuple[str | None, str], int] = {}
    for predicate in predicates:
        for leaf in leaves(predicate):
            if isinstance(leaf, Text):
                key = (leaf.field, shape_of(folded_parts(leaf))[1])
                named[key] = named.get(key, 0) + 1
    return lambda witness: _price(witness, named)


def _price(witness: Witness, named: Mapping[tuple[str | None, str], int]) -> float:
    field, sign, text = witness
    if sign is Sign.ANY:
        return 0.6
    if sign is Sign.IS and text in _COMMON_WORDS:
        return 0.4
    if sign is Sign.HAS and any(text in place for place in _PLACES):
        return 0.5
    length = len(text)
    rate = _BY_LENGTH[length] if length < len(_BY_LENGTH) else _RARE
    if sign is Sign.IS:
        rate = min(rate, 0.05)
    elif 1 < length < 5 and not any(map(str.isalnum, text)) and not text.isspace():
        rate /= 4
    elif sign is Sign.ENDS and text[:1] == "." and length <= 5:
        rate = 0.5
    elif sign is Sign.STARTS and text[1:3] == ":\\":
        rate = 0.4
    return float(rate * (1 + named.get((field, text), 0) / 8))
