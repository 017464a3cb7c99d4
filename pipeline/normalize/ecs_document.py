"""Documents that carry ECS fields: what fits the schema, what stays the vendor's."""

from functools import cache
from typing import Any

from pipeline.model import Json
from pipeline.normalize.ecs_schema import fields, parents
from pipeline.normalize.slot import Slot, slot_of

MOST_NOTES = 8  # a document of ten thousand bad fields must not make ten thousand notes


class _Name:
    """A dotted name of the schema, or the beginning of some: its own slot, and what is below."""

    __slots__ = ("below", "name", "parent", "slot")

    def __init__(self, name: str) -> None:
        self.name: str = name
        self.slot: Slot | None = slot_of(name) if name in fields() else None
        self.parent: bool = name in parents()
        self.below: dict[str, _Name] = {}


@cache
def _names() -> dict[str, _Name]:
    """Give the names of the schema by themselves, each with those below it by their last part."""
    found = {name: _Name(name) for name in sorted(fields().keys() | parents())}
    for name, one in found.items():
        above, dot, last = name.rpartition(".")
        if dot:
            found[above].below[last] = one
    return found


def split(document: Json, skip: frozenset[str] = frozenset()) -> tuple[Json, Json, tuple[str, ...]]:
    """Part a document into nested ECS fields, flat vendor fields, and notes on fields that misfit.

    Names may be nested, dotted or both. A value that does not fit its ECS field stays under its
    own name with the vendor's and is noted as ``bad_field:NAME``. Null says nothing and is left
    out. ``skip`` names members of the document that are not looked at.
    """
    ecs: Json = {}
    left: Json = {}
    bad: list[str] = []
    names = _names()
    for name, value in document.items():
        if name not in skip and value is not None:
            _split_value(name, names.get(name), value, ecs, left, bad)
    return ecs, left, tuple([f"bad_field:{name}" for name in bad[:MOST_NOTES]])


def _split_value(
    name: str, known: _Name | None, value: Any, ecs: Json, left: Json, bad: list[str]
) -> None:
    if type(value) is dict and (known is None or known.slot is None or known.parent):
        for inner, item in value.items():
            if item is None:
                continue
            below = None if known is None else known.below.get(inner)
            whole = f"{name}.{inner}" if below is None else below.name
            if below is None and "." in inner:
                below = _names().get(whole)
            _split_value(whole, below, item, ecs, left, bad)
        return
    if known is not None:
        if known.slot is not None:
            fit = known.slot.fitted(value)
            if fit is not None and known.slot.put(ecs, fit):
                return
        bad.append(name)
    keep(left, name, value)


def keep(flat: Json, name: str, value: Any) -> None:
    """Keep a vendor's value under its name; a name that stands twice holds a list of both."""
    if name not in flat:
        flat[name] = value
    elif isinstance(flat[name], list):
        flat[name] = [*flat[name], value]  # the list may be the document's own
    else:
        flat[name] = [flat[name], value]


def overlay(ecs: Json, given: Json, prefix: str = "") -> Json:
    """Add given ECS fields where ours are silent; gives what ours displaced, by dotted name."""
    displaced: Json = {}
    for name, value in given.items():
        mine = ecs.get(name)
        if mine is None:
            ecs[name] = value
        elif isinstance(mine, dict) and isinstance(value, dict):
            displaced |= overlay(mine, value, f"{prefix}{name}.")
        elif mine != value:
            displaced[f"{prefix}{name}"] = value
    return displaced
