"""Whether a document is like a condition: the meaning of conditions, which every store keeps to.

A path goes through lists, and a key may itself have dots in it (``{"group": {"user.name": 1}}`` is
found by ``group.user.name``). Of a path that ends at an object only ``Present`` says something.

- Texts compare by ``casefold``; a number has the text of its value (``4625`` is also ``4625.0``), a
  flag is ``true`` or ``false``.
- A field whose last name is ``ip`` (and ``dns.resolved_ip``) holds addresses: they compare by their
  value, and a network (``10.0.0.0/8``) has each of its addresses.
- In a range a text counts by the time that it says (RFC 3339), else by the number that it says.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, TypeAlias

from pipeline.model.conditions import All, Among, Condition, Either, Like, Not, Present, Within
from pipeline.model.times import instant
from pipeline.model.wire import Json

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,18})?", re.ASCII)
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)


def holds(condition: Condition, document: Json) -> bool:
    """Tell whether a document, as its JSON is read, is like the condition."""
    match condition:
        case All(of):
            return all(holds(one, document) for one in of)
        case Either(of):
            return any(holds(one, document) for one in of)
        case Not(of=one):
            return not holds(one, document)
        case Present(field):
            return any(True for _ in _leaves(document, field))
        case _:
            return any(_fits(condition, leaf) for leaf in values_at(document, condition.field))


def values_at(document: Json, field: str) -> Iterator[Any]:
    """Give the values of a field: texts, numbers and flags; of lists each member, no nulls."""
    return (leaf for leaf in _found(document, field) if not isinstance(leaf, dict))


def text_of(leaf: Any) -> str:
    """Give the text that a value compares by, unfolded."""
    if isinstance(leaf, bool):
        return "true" if leaf else "false"
    return leaf if isinstance(leaf, str) else str(leaf)


def number_of(text: str) -> int | float | None:
    """Give the number that a text says in plain digits; None where it says none."""
    if not _NUMBER.fullmatch(text):
        return None
    return float(text) if "." in text else int(text)


def holds_addresses(field: str) -> bool:
    """Tell whether the values of a field are IP addresses."""
    return field == "ip" or field.endswith(".ip") or field == "dns.resolved_ip"


@lru_cache(maxsize=4096)
def address(text: str) -> Address | None:
    """Read an IP address; one of version 4 that is written as of version 6 is of version 4."""
    try:
        read = ip_address(text)
    except ValueError:
        return None
    return read.ipv4_mapped or read if isinstance(read, IPv6Address) else read


@lru_cache(maxsize=4096)
def network(text: str) -> Network | None:
    """Read a network in CIDR notation; None where the text is none."""
    if "/" not in text:
        return None
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def time_of(text: str) -> int | None:
    """Read an RFC 3339 time in nanoseconds; None where the text is none."""
    if not _TIME.fullmatch(text):
        return None
    try:
        return instant(text)
    except ValueError:
        return None


def _leaves(document: Json, field: str) -> Iterator[Any]:
    """Give the values of a field, those of objects below it too."""
    waiting = list(_found(document, field))
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
        elif one is not None:
            yield one


def _found(node: Any, path: str) -> Iterator[Any]:
    """Give what stands at a path: values and objects, of lists their members, no nulls."""
    waiting = [(node, path)]
    while waiting:
        at, rest = waiting.pop()
        if isinstance(at, list):
            waiting += [(member, rest) for member in reversed(at)]
        elif not rest:
            if at is not None:
                yield at
        elif isinstance(at, dict):
            end = rest.find(".")
            while end >= 0:
                if rest[:end] in at:
                    waiting.append((at[rest[:end]], rest[end + 1 :]))
                end = rest.find(".", end + 1)
            if rest in at:
                waiting.append((at[rest], ""))


@lru_cache(maxsize=1024)
def _folded(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text.casefold() for text in texts)


@lru_cache(maxsize=1024)
def _asked(texts: tuple[str, ...]) -> tuple[frozenset[str], frozenset[int | float]]:
    numbers = (number_of(text) for text in texts)
    return frozenset(_folded(texts)), frozenset(one for one in numbers if one is not None)


def _fits(condition: Among | Like | Within, leaf: Any) -> bool:
    match condition:
        case Among(field, values):
            return _among(field, values, leaf)
        case Like(parts=parts):
            return _like(text_of(leaf), _folded(parts))
        case Within():
            return _within(condition, leaf)


def _among(field: str, values: tuple[str, ...], leaf: Any) -> bool:
    texts, numbers = _asked(values)
    if isinstance(leaf, (int, float)) and not isinstance(leaf, bool) and leaf in numbers:
        return True
    text = text_of(leaf)
    return text.casefold() in texts or (holds_addresses(field) and _in_networks(text, values))


def _in_networks(text: str, values: tuple[str, ...]) -> bool:
    here = address(text)
    if here is None:
        return False
    for value in values:
        there = network(value)
        if (address(value) == here) if there is None else (here in there):
            return True
    return False


def _like(text: str, parts: tuple[str, ...]) -> bool:
    """Tell whether a text has the folded parts in their order, with any text between them."""
    text = text.casefold()
    first, last = parts[0], parts[-1]
    if len(parts) == 1:
        return text == first
    if len(text) < len(first) + len(last):
        return False
    if not text.startswith(first) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for part in parts[1:-1]:
        at = text.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True


def _within(condition: Within, leaf: Any) -> bool:
    if isinstance(leaf, bool):
        return False
    if isinstance(leaf, str):
        said = time_of(leaf)
        leaf = number_of(leaf) if said is None else said
        if leaf is None:
            return False
    least, most = condition.least, condition.most
    if least is not None and (leaf < least or (condition.above and leaf == least)):
        return False
    return not (most is not None and (leaf > most or (condition.below and leaf == most)))
