"""Chains of value modifiers: which make sense together.

The specification (rules, value modifiers; modifiers appendix) says what each modifier does and that
they are applied in their order; it does not say which may stand together. A chain is refused where
a part of it could only be ignored, with the way out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from pipeline.content.refusal import NotUnderstood

WIDE = ("wide", "utf16", "utf16be")
BASE64 = ("base64", "base64offset")
ENCODINGS = (*WIDE, *BASE64)
PLACES = ("contains", "startswith", "endswith", "exact")
COMPARISONS = ("gt", "gte", "lt", "lte")
DATE_PARTS = ("minute", "hour", "day", "week", "month", "year")
FLAGS = ("i", "m", "s")
KINDS = ("re", "cidr", "exists", "fieldref")
LISTED = ("all", "neq")
_SAME = {"utf16le": "wide", "ignorecase": "i", "multiline": "m", "dotall": "s"}
_KNOWN = frozenset(
    (
        *ENCODINGS,
        *PLACES,
        *COMPARISONS,
        *DATE_PARTS,
        *FLAGS,
        *KINDS,
        *LISTED,
        *_SAME,
        "cased",
        "windash",
        "expand",
    )
)
_ALLOWED: dict[str, tuple[str, ...]] = {
    "re": ("re", "contains", "startswith", "endswith", "expand", *FLAGS, *LISTED),
    "cidr": ("cidr", "expand", *LISTED),
    "exists": ("exists",),
    "fieldref": ("fieldref", "contains", "startswith", "endswith", "cased", *LISTED),
    "compare": (*COMPARISONS, *LISTED),
    "date": (*DATE_PARTS, *COMPARISONS, *LISTED),
    "text": (*ENCODINGS, *PLACES, "cased", "windash", "expand", *LISTED),
}
_ALONE = (PLACES, COMPARISONS, DATE_PARTS, KINDS, WIDE, BASE64)
_ORDERED = (
    (DATE_PARTS, COMPARISONS),
    (("windash",), ENCODINGS),
    (WIDE, BASE64),
    (BASE64, PLACES),
    (("re",), FLAGS),
)
_WITH_FIELD = ("startswith", "endswith", "exact")
_WAYS_OUT = {
    "cased": "leave it out: what it stands with minds the case by itself, or knows none",
    "neq": "negate the selection in the condition, or say true or false",
    **dict.fromkeys(FLAGS, "it belongs behind re"),
}


@dataclass(frozen=True, slots=True)
class Chain:
    """An item's key: its field ("" for keywords), its modifiers by one name each, and their kind.

    ``kind`` is what decides how values are read: re, cidr, exists, fieldref, compare, date, text.
    """

    key: str
    field: str
    names: tuple[str, ...]
    kind: str

    def has(self, *names: str) -> bool:
        """Tell whether one of the modifiers is there."""
        return any(name in self.names for name in names)

    def of(self, names: Iterable[str]) -> tuple[str, ...]:
        """Give those of the modifiers that are there, in the chain's order."""
        return tuple(name for name in self.names if name in names)


def read_chain(key: str) -> Chain:
    """Read an item's key; NotUnderstood where its modifiers are unknown or make no sense."""
    field, *written = key.split("|")
    for name in written:
        if name not in _KNOWN:
            near = get_close_matches(name, sorted(_KNOWN), 1)
            way_out = f"did you mean {near[0]}?" if near else "see Sigma's modifiers appendix"
            raise NotUnderstood(f"the modifier {name[:99]!r} is not known", way_out=way_out)
    names = tuple(_SAME.get(name, name) for name in written)
    chain = Chain(key, field, names, _kind(names))
    _check_company(chain)
    _check_order(chain)
    if not field:
        _check_keyword(chain)
    return chain


def _kind(names: tuple[str, ...]) -> str:
    for name in names:
        if name in KINDS:
            return name
    if any(name in DATE_PARTS for name in names):
        return "date"
    return "compare" if any(name in COMPARISONS for name in names) else "text"


def _check_company(chain: Chain) -> None:
    """Refuse modifiers that say nothing beside the others, or against them."""
    names = chain.names
    for name in names:
        if names.count(name) > 1:
            raise NotUnderstood(f"the modifier {name} stands twice", way_out="leave one out")
        if name not in _ALLOWED[chain.kind]:
            others = ", ".join(other for other in names if other != name)
            told = f"the modifier {name} means nothing {f'with {others}' if others else 'alone'}"
            raise NotUnderstood(told, way_out=_WAYS_OUT.get(name, "leave one of them out"))
    for group in _ALONE:
        several = chain.of(group)
        if len(several) > 1:
            told = f"the modifiers {' and '.join(several)} cannot stand together"
            raise NotUnderstood(told, way_out="write an item, or a selection, for each")
    if chain.has("base64offset") and not chain.has("contains"):
        told = "base64offset gives parts of a text, which no whole value is equal to"
        raise NotUnderstood(told, way_out="write base64offset|contains")


def _check_order(chain: Chain) -> None:
    for before, after in _ORDERED:
        first, second = chain.of(before), chain.of(after)
        if first and second and chain.names.index(first[-1]) > chain.names.index(second[0]):
            told = f"{first[-1]} behind {second[0]} means nothing: modifiers work in their order"
            raise NotUnderstood(told, way_out=f"write {first[-1]}|{second[0]}")


def _check_keyword(chain: Chain) -> None:
    for name in chain.names:
        if name in _WITH_FIELD or chain.kind in ("exists", "fieldref", "compare", "date"):
            told = f"the modifier {name} needs a field: a keyword is sought anywhere in the event"
            raise NotUnderstood(told, way_out="write the field before it, or leave it out")
