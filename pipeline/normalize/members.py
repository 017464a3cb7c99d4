"""Values inside the lists of a flat document: ``evidence[].deviceDnsName``.

A flat document keeps a list of objects whole. A name with brackets goes into it: ``list[].member``
are that member of each item, ``list[key=value].member`` of the items whose ``key`` has that text
or number; a list inside a list has no name (``list[][].member``).
Members may be dotted and may go into lists again.
"""

from functools import lru_cache
from typing import Any, NamedTuple

from pipeline.model import Json

MOST_ITEMS = 64  # looked at in one list; an event with more items has told enough by then


class Step(NamedTuple):
    """One list: its dotted name, and which of its items count ("" for ``key``: all)."""

    name: str
    key: str
    value: str


def is_path(name: str) -> bool:
    """Tell whether a name goes into a list."""
    return "[" in name


def members(native: Json, name: str) -> list[Any]:
    """Give the values that a name with brackets stands for, in the lists' order; [] where none."""
    steps, last = _steps(name)
    holders: list[Any] = [native]
    for step in steps:
        holders = [item for holder in holders for item in _items(holder, step)][:MOST_ITEMS]
    if not last:
        return holders
    found = (_under(holder, last) for holder in holders)
    return [value for value in found if value is not None]


@lru_cache(maxsize=1024)
def _steps(name: str) -> tuple[tuple[Step, ...], str]:
    steps = []
    while "[" in name:
        before, _, rest = name.partition("[")
        inside, _, name = rest.partition("]")
        key, _, value = inside.partition("=")
        steps.append(Step(before, key, value.casefold()))
        name = name.removeprefix(".")
    return tuple(steps), name


def _items(holder: Any, step: Step) -> list[Any]:
    found = _under(holder, step.name) if step.name else holder
    items = found if isinstance(found, list) else [found]
    if not step.key:
        return items[:MOST_ITEMS]
    return [item for item in items[:MOST_ITEMS] if _said(item, step.key) == step.value]


def _said(item: Any, key: str) -> str | None:
    value = _under(item, key)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.casefold() if isinstance(value, str) else None


def _under(holder: Any, name: str) -> Any:
    """Give what stands under a dotted name, the whole name first, then part by part."""
    if not isinstance(holder, dict):
        return None
    if name in holder:
        return holder[name]
    first, dot, rest = name.partition(".")
    return _under(holder.get(first), rest) if dot else None
