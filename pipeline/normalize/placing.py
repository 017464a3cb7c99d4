"""ECS fields set by what was worked out once: what formats of many records a second call.

A value is put where nothing stands yet, in the form that the schema asks for; what does not fit is
left out (it stays under the vendor's name).
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, TypeAlias

from pipeline.model import Json
from pipeline.normalize.ecs_schema import address, fields, fitting, number
from pipeline.normalize.synonyms import synonyms
from pipeline.normalize.tree import put

Setter: TypeAlias = Callable[[Json, Any], None]
# What one name of a shape fills: its index, then a two-part ECS name and what makes a value fit
# (None: any text does), or a setter for everything else.
Step: TypeAlias = tuple[int, str, str, Callable[[str], Any] | None, Setter | None]

_MAC = re.compile(r"(?:[0-9a-f]{2}[:-]?){5}(?:(?:[0-9a-f]{2}[:-]?){2})?[0-9a-f]{2}", re.IGNORECASE)
_CISCO_MAC = re.compile(r"[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}", re.IGNORECASE)
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]+")
_HASHES = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}
# "The field value must be normalized to lowercase for querying."
_LOWER = frozenset(
    {"network.application", "network.direction", "network.protocol", "network.transport"}
)
_MOST_NAMES = 64  # of a shape that is remembered: what is remembered is bounded


@lru_cache(maxsize=4096)
def hardware_address(text: str) -> str | None:
    """Give a MAC address in ECS's form (RFC 7042: ``00-00-5E-00-53-23``); None where it is none."""
    if not (_MAC.fullmatch(text) or _CISCO_MAC.fullmatch(text)):
        return None
    bare = re.sub(r"[.:-]", "", text).upper()
    return "-".join(bare[at : at + 2] for at in range(0, len(bare), 2))


@lru_cache(maxsize=4096)
def verdict(action: str) -> str:
    """Give the ``event.type`` that a packet filter's word means: allowed, denied or ""."""
    return synonyms().verdicts.get(action.strip().casefold(), "")


@lru_cache(maxsize=1024)
def transport(protocol: str) -> str:
    """Give the ``network.transport`` that a protocol's name or number means; "" where none."""
    return synonyms().transports.get(protocol.strip().casefold(), "")


class Placing:
    """A table of vendor's names and the ECS names that they fill, worked out by shape.

    ``source`` and ``destination`` alone are a party: an address fills ``.ip``, a name ``.address``
    and ``.domain``. ``file.hash`` is the hash of its length.
    """

    def __init__(self, table: Mapping[str, str | Iterable[str]]) -> None:
        self._table = {
            name: (paths,) if isinstance(paths, str) else tuple(paths)
            for name, paths in table.items()
        }
        self._remembered = lru_cache(maxsize=512)(self.steps)

    def __call__(self, ecs: Json, names: Sequence[str], values: Sequence[str]) -> None:
        """Put the values of some names; the same names in the same order cost nothing to learn."""
        shape = tuple(names)
        known = len(shape) <= _MOST_NAMES
        follow(self._remembered(shape) if known else self.steps(shape), ecs, values)

    def one(self, ecs: Json, name: str, value: str) -> None:
        """Put the value of one name."""
        self(ecs, (name,), (value,))

    def steps(self, names: Iterable[str]) -> tuple[Step, ...]:
        """Work out what names in this order fill, for ``follow``."""
        return tuple(
            _step(index, path)
            for index, name in enumerate(names)
            for path in self._table.get(name, ())
        )


def follow(steps: tuple[Step, ...], ecs: Json, values: Sequence[str]) -> None:
    """Put values where steps say, as far as there are any; what is "" is left out."""
    if steps and steps[-1][0] >= len(values):
        steps = tuple(step for step in steps if step[0] < len(values))
    for index, first, rest, fit, place in steps:
        value = values[index]
        if not value:
            continue
        if place is not None:
            place(ecs, value)
            continue
        fitted = value if fit is None else fit(value)
        if fitted is None:
            continue
        inner = ecs.get(first)
        if inner is None:
            ecs[first] = {rest: fitted}
        elif rest not in inner:
            inner[rest] = fitted


def _step(index: int, path: str) -> Step:
    first, _, rest = path.partition(".")
    if not rest or "." in rest:
        special = _party(path) if path in ("source", "destination") else None
        return index, "", "", None, special or setter(path)
    if path.endswith(".hash"):
        return index, "", "", None, _hashes(path)
    return index, first, rest, _fit(path), None


@cache
def setter(path: str) -> Setter:
    """Give the setter of a dotted name of ECS; KeyError where the schema has no such field."""
    if path.endswith(".hash"):
        return _hashes(path)
    fit = _fit(path)

    def place(ecs: Json, value: Any) -> None:
        fitted = value if fit is None else fit(value)
        if fitted is not None and fitted != "":
            put(ecs, path, fitted)

    return place


def _fit(path: str) -> Callable[[Any], Any] | None:
    """Give what makes a text fit a field; None where any text does."""
    field = fields()[path]
    if path.endswith(".mac"):
        return _macs if field.many else hardware_address
    if path in _OWN_FITS or ".hash." in path:
        return _OWN_FITS.get(path, str.lower)
    if path.endswith(".port"):
        return _translated_port if path.endswith(".nat.port") else _port
    if field.type == "ip":
        return _addresses if field.many else address
    if field.type == "long" and not field.many:
        return number
    return None if field.plain else lambda value: fitting(path, value)


def _macs(text: str) -> list[str] | None:
    found = hardware_address(text)
    return [found] if found else None


def _addresses(text: str) -> list[str] | None:
    found = address(text)
    return [found] if found else None


@lru_cache(maxsize=8192)
def _port(text: str) -> int | None:
    whole = number(text)
    return whole if whole is not None and 0 <= whole < 65_536 else None


def _translated_address(text: str) -> str | None:
    found = address(text)
    return None if found in ("0.0.0.0", "::") else found  # noqa: S104 (nothing was translated)


def _domain(text: str) -> str | None:
    return None if address(text) else text  # an address is no name


def _translated_port(text: str) -> int | None:
    return _port(text) or None  # 0 says that nothing was translated


_OWN_FITS: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(_LOWER, str.lower),
    "source.domain": _domain,
    "destination.domain": _domain,
    "source.nat.ip": _translated_address,
    "destination.nat.ip": _translated_address,
}


@cache
def _party(side: str) -> Setter:
    def place(ecs: Json, value: str) -> None:
        found = address(value)
        inner = ecs.setdefault(side, {})
        if found:
            inner.setdefault("ip", found)
        else:
            inner.setdefault("address", value)
            inner.setdefault("domain", value)

    return place


@cache
def _hashes(path: str) -> Setter:
    setters = {length: setter(f"{path}.{name}") for length, name in _HASHES.items()}

    def place(ecs: Json, value: str) -> None:
        place_one = setters.get(len(value))
        if place_one is not None and _HEXADECIMAL.fullmatch(value):
            place_one(ecs, value.lower())

    return place
