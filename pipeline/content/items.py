"""Items of a selection, spelt so that pySigma means what the specification says.

pySigma 2.0 lacks some modifiers (``utf16le``, ``exact``) and bends others (numbers beyond 2**53,
``expand`` with an escaped percent sign); dashes and encodings are not left to it (variants). What
is no value for its modifiers is refused, with the way out.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sigma.types import SigmaString

from pipeline.content.modifiers import BASE64, LISTED, Chain, read_chain
from pipeline.content.refusal import NotUnderstood
from pipeline.content.variants import VARIED, Variants, variants_of

CASED_REFERENCE = "\0cased "  # before a field's name: pySigma's references know no case
_PERCENT = re.compile(r"\\\\|\\%|%((?:[^%\\]|\\(?!%))+)%")
_FLAGS = re.compile(r"\(\?[aimsux]+\)")
_POSIX_CLASS = re.compile(r"\[[^\]]*(\[([:.=])\^?\w+\2\])")
_MOST_COUNTED = 10_000
_MOST_WHOLE = 2**62  # of what JSON writers take
_RANGES = {
    "minute": (0, 59),
    "hour": (0, 23),
    "day": (1, 31),
    "week": (1, 53),
    "month": (1, 12),
    "year": (1, 9999),
}
_WORDS: dict[type, str] = {dict: "a mapping", list: "a list inside a list"}


@dataclass(frozen=True, slots=True)
class Spelt:
    """An item as pySigma is given it; ``size`` is how many tests it will be."""

    key: str
    value: Any
    size: int


def spell(key: str, value: Any) -> Spelt:
    """Check an item, a field with modifiers and its value, and spell it for pySigma.

    NotUnderstood where it makes no sense.
    """
    chain = read_chain(key)
    values = value if isinstance(value, list) else [value]
    if not values:
        raise NotUnderstood(f"{key}: the list of values is empty", way_out="give values, or null")
    if len(values) > 1 and any(one is None for one in values):
        told = f"{key}: null stands in a list of values, and shares no type with any"
        raise NotUnderstood(told, way_out="write a selection of its own for null")
    if chain.kind == "exists" and len(values) > 1:
        raise NotUnderstood(f"{key}: exists takes one value", way_out="write true or false")
    for one in values:
        if not (one is None or isinstance(one, str | int | float)):
            told = f"{key}: {_WORDS.get(type(one), type(one).__name__)} is no value of Sigma"
            raise NotUnderstood(told, way_out="write a text, a number, true, false or null")
    spelt = [_VALUES[chain.kind](chain, one) for one in values]
    written = spelt if isinstance(value, list) else spelt[0]
    size = sum(one.size if isinstance(one, Variants) else 1 for one in spelt)
    return Spelt("|".join((chain.field, *_ordered(chain))), written, size)


def spell_keyword(value: Any) -> Any:
    """Check a keyword that stands without modifiers."""
    return spell("", value).value


def _ordered(chain: Chain) -> tuple[str, ...]:
    """Give the modifiers in the order in which pySigma does them justice."""
    listed = chain.of(LISTED)
    if chain.kind == "re":
        return ("re", *chain.of(("i", "m", "s")), *listed)  # anchors stand in the pattern
    if chain.kind == "fieldref":
        return ("fieldref", *chain.of(("contains", "startswith", "endswith")), *listed)
    if chain.kind in ("cidr", "exists"):
        return (chain.kind, *listed)
    if chain.kind in ("compare", "date"):
        return (*(name for name in chain.names if name not in LISTED), *listed)
    if chain.has(*VARIED):
        return listed  # the others are in the variants
    return (
        *chain.of(("contains", "startswith", "endswith")),
        *chain.of(("cased",)),
        *listed,
    )


def _text(chain: Chain, value: Any) -> Any:
    if not isinstance(value, str):
        return _no_text(chain, value)
    if not chain.field and not value.strip("*"):
        raise NotUnderstood("an empty keyword is in every event", way_out="leave it out")
    if chain.has("expand"):
        value = _without_placeholders(value)
    if "?" in value and len(value) > _MOST_COUNTED:
        told = f"{chain.key}: a value with ? has more than {_MOST_COUNTED} characters"
        raise NotUnderstood(told, way_out="write * instead, or less")
    if chain.has("exact"):
        value = re.sub(r"[\\*?]", r"\\\g<0>", value)
    if chain.has(*BASE64) and SigmaString(value).contains_special():
        told = f"{chain.key}: a wildcard cannot be encoded"
        raise NotUnderstood(told, way_out="escape it with a backslash, or leave it out")
    return variants_of(chain, value) if chain.has(*VARIED) else value


def _no_text(chain: Chain, value: Any) -> Any:
    """Spell a number, a truth value or null; a number under a modifier of places is its text."""
    modifiers = [name for name in chain.names if name not in LISTED]
    if not chain.field and value is None:
        raise NotUnderstood("a keyword cannot be null", way_out="name the field")
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if modifiers and (not number or chain.has(*VARIED, "expand")):
        told = f"{chain.key}: {value!r} is no text, which {modifiers[0]} works on"
        raise NotUnderstood(told, way_out="quote it")
    whole = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if modifiers or (whole and not _held(value)) else value


def _held(value: int) -> bool:
    """Tell whether a float holds a whole number, to which pySigma would round it."""
    return abs(value) <= _MOST_WHOLE and int(float(value)) == value


def _without_placeholders(value: str) -> str:
    r"""Refuse placeholders; ``\%`` is a plain percent sign (rules, placeholders)."""
    for found in _PERCENT.finditer(value):
        if found[1]:
            told = f"the placeholder %{found[1][:99]}% has no value"
            raise NotUnderstood(told, way_out="replace it by values")
    return _PERCENT.sub(lambda found: "%" if found[0] == r"\%" else found[0], value)


def _regex(chain: Chain, value: Any) -> str:
    if not isinstance(value, str):
        told = f"{chain.key}: {value!r} is no regular expression"
        raise NotUnderstood(told, way_out="quote it")
    if chain.has("expand"):
        value = _without_placeholders(value)
    strange = _POSIX_CLASS.search(value)
    if strange is not None:
        told = f"{chain.key}: the class {strange[1]} is not of Sigma's flavour"
        raise NotUnderstood(told, way_out="list its characters, as in [a-z]")
    pattern: str = value
    leading = _FLAGS.match(pattern)
    head = leading[0] if leading else ""
    if chain.has("startswith"):
        return rf"{head}\A(?:{pattern[len(head) :]})"
    if chain.has("endswith"):
        return rf"{head}(?:{pattern[len(head) :]})\Z"
    return pattern


def _network(chain: Chain, value: Any) -> str:
    if not isinstance(value, str):
        told = f"{chain.key}: {value!r} is no network"
        raise NotUnderstood(told, way_out="write it as '10.0.0.0/8'")
    if chain.has("expand"):
        value = _without_placeholders(value)
    network: str = value
    return network


def _existence(chain: Chain, value: Any) -> bool:
    if not isinstance(value, bool):
        told = f"{chain.key}: {value!r} is neither true nor false"
        raise NotUnderstood(told, way_out="write true or false")
    return value


def _reference(chain: Chain, value: Any) -> str:
    if not isinstance(value, str) or not value or SigmaString(value).contains_special():
        told = f"{chain.key}: {value!r} is no name of a field"
        raise NotUnderstood(told, way_out="write the name of the other field")
    return CASED_REFERENCE + value if chain.has("cased") else value


def _bound(chain: Chain, value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        told = f"{chain.key}: {value!r} is no number, which {chain.names[0]} compares"
        raise NotUnderstood(told, way_out="write a number without quotes")
    if isinstance(value, int) and not _held(value):
        told = f"{chain.key}: {value} has more digits than are compared exactly"
        raise NotUnderstood(told, way_out="round it")
    return value


def _date_part(chain: Chain, value: Any) -> int:
    unit = next(name for name in chain.names if name in _RANGES)
    least, most = _RANGES[unit]
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        told = f"{chain.key}: {value!r} is no {unit}"
        raise NotUnderstood(told, way_out=f"write a whole number from {least} to {most}")
    return value


_VALUES: dict[str, Callable[[Chain, Any], Any]] = {
    "text": _text,
    "re": _regex,
    "cidr": _network,
    "exists": _existence,
    "fieldref": _reference,
    "compare": _bound,
    "date": _date_part,
}
