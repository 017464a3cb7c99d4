"""Where the fields that rules read stand in an event, found out once for all events of its kind.

Events of one kind have the same names. So instead of trying every name of every field, a form says
under which of the event's own names each field stands, and which names would change that if they
were there.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from pipeline.match.engine import Engine
from pipeline.match.view import Plans

Picker = Callable[[Any], tuple[Any, ...]]
Route = tuple[tuple[Plans, Engine], ...]
Names = frozenset[str]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field stands: ``name`` is one of the event's own, "" where it is nowhere.

    ``name`` None: only the event itself can tell, because it may stand inside another field or in
    ECS. ``absent`` are names that come before. ``more`` tells that, where the value is null,
    another name may have one.
    """

    name: str | None
    absent: Names
    more: bool = False


def place_of(plans: Plans, field: str, names: Names) -> Place:
    """Find a field among an event's own names."""
    absent: list[str] = []
    found: str | None = ""
    for name, path, heads in plans[field]:
        # ECS names are in lower case (ECS guidelines, field naming).
        inside = bool(path) and (path[0].islower() or not names.isdisjoint(heads))
        if found:
            if name in names or inside:
                return Place(found, frozenset(absent), more=True)
        elif name in names:
            found = name
        elif inside:
            return Place(None, frozenset(absent))
        else:
            absent += (name, *heads)
    return Place(found, frozenset(absent))


def picker(names: Iterable[str | int]) -> Picker:
    """Give what picks the values of these names, or at these places; KeyError where one is not."""
    listed = tuple(names)
    if len(listed) > 1:
        return itemgetter(*listed)
    if listed:
        (name,) = listed
        return lambda native: (native[name],)
    return lambda _native: ()


@dataclass(frozen=True, slots=True)
class Form:
    """Where events have what the rules of one route read.

    ``picked`` are names of the event's own that all must be there, ``absent`` names that must not,
    ``open`` those of the picked that, being null, leave it to other names. ``lookups`` are fields
    that the event itself must find, each with the number of its part of the route. ``parts`` are
    the places of the fields that each part's index asks for.
    """

    picked: tuple[str, ...]
    absent: Names
    open: Names
    lookups: tuple[tuple[int, str], ...]
    parts: tuple[tuple[tuple[str, str | None], ...], ...]


def form_of(route: Route, names: Names) -> Form:
    """Find where events with these names have what a route's rules read."""
    picked: dict[str, None] = {}
    absent: set[str] = set()
    unsure: set[str] = set()
    lookups: list[tuple[int, str]] = []
    parts = []
    for number, (plans, engine) in enumerate(route):
        for field in engine.reads:
            place = place_of(plans, field, names)
            absent |= place.absent
            if place.name is None:
                lookups.append((number, field))
            elif place.name:
                picked[place.name] = None
                if place.more:
                    unsure.add(place.name)
        fields = [field for field in engine.index.fields if field is not None]
        parts.append(tuple((field, place_of(plans, field, names).name) for field in fields))
    return Form(tuple(picked), frozenset(absent), frozenset(unsure), tuple(lookups), tuple(parts))
