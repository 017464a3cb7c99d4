"""What a vendor's fields fill in ECS by their names: the table ``synonyms.yml``, applied."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from pipeline.model import Json
from pipeline.normalize.ecs_schema import address, fields, fitting, number
from pipeline.normalize.synonyms import synonyms
from pipeline.normalize.tree import put

Quick: TypeAlias = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """What names in some order mean, worked out once for all records that have them.

    ``steps``: an ECS field, what makes a text fit it, and the names that fill it, the best first;
    the others are names of transports, outcomes, verdicts and times, in the table's order.
    """

    steps: tuple[tuple[str, Quick, tuple[str, ...]], ...]
    transports: tuple[str, ...]
    outcomes: tuple[str, ...]
    verdicts: tuple[str, ...]
    times: tuple[str, ...]


_MOST_NAMES, _MOST_CHARACTERS = 64, 2048  # of a shape that is remembered: memory is bounded


def _quick(target: str) -> Quick:
    """Give what ``fitting`` does to a text, for the fields that texts fill most."""
    field = fields()[target]
    if field.plain:
        return str
    if field.type == "ip" and not field.many:
        return address
    if field.type == "long" and not field.many and not target.endswith(".port"):
        return number
    return _port if target.endswith(".port") else lambda text: fitting(target, text)


@lru_cache(maxsize=8192)
def _port(text: str) -> int | None:
    whole = number(text)
    return whole if whole is not None and 0 <= whole < 65_536 else None


def shape_of(vendor: Json) -> Shape:
    """Give the shape of a vendor's fields by their names; names are compared in lower case."""
    names = tuple(vendor)
    if len(names) <= _MOST_NAMES and sum(map(len, names)) <= _MOST_CHARACTERS:
        return _remembered(names)
    return _shape(names)


def _shape(names: tuple[str, ...]) -> Shape:
    table = synonyms()
    named = {name.lower(): name for name in names}
    steps = []
    for target, known in table.fields.items():
        there = tuple(named[name] for name in known if name in named)
        if there:
            steps.append((target, _quick(target), there))
    place = {name: index for index, name in enumerate(names)}
    steps.sort(key=lambda step: min(place[name] for name in step[2]))  # as the record has them
    return Shape(
        tuple(steps),
        *(
            tuple(named[name] for name in known if name in named)
            for known in (
                table.transport_names,
                table.outcome_names,
                table.verdict_names,
                table.time_names,
            )
        ),
    )


_remembered = lru_cache(maxsize=1024)(_shape)


def complete(ecs: Json, vendor: Json) -> None:
    """Fill what ECS lacks from the vendor's fields, by their names; what is there stays.

    Names are compared in lower case. Adds ``event.category``, ``type`` and ``outcome`` where the
    fields say them: an address on the wire is network activity, a packet filter's verdict allows
    or denies.
    """
    shape = shape_of(vendor)
    for target, quick, names in shape.steps:
        for name in names:
            value = vendor[name]
            fit = quick(value) if type(value) is str else fitting(target, value)
            if fit is not None and fit != "":
                put(ecs, target, fit)
                break
    _complete_network(ecs, [_lower(vendor[name]) for name in shape.transports])
    _complete_event(ecs, vendor, shape)


def _complete_network(ecs: Json, said: list[str]) -> None:
    table = synonyms()
    for text in said:
        if text in table.transports:
            put(ecs, "network.transport", table.transports[text])
        elif text and not text.isdigit():
            put(ecs, "network.protocol", text)
    event = ecs.get("event", {})
    action = _lower(event.get("action")).replace("-", "_")
    if (word := action.partition("_")[0]) in table.industrial:
        put(ecs, "network.protocol", word)
    if "category" in event:
        return
    if action in table.logons:
        put(ecs, "event.category", ["authentication"])
        put(ecs, "event.type", ["start"])
    elif "ip" in ecs.get("source", {}) or "ip" in ecs.get("destination", {}):
        industrial = ecs.get("network", {}).get("protocol") in table.industrial
        put(ecs, "event.category", ["network"])
        put(ecs, "event.type", ["protocol" if industrial else "connection"])


def _complete_event(ecs: Json, vendor: Json, shape: Shape) -> None:
    table = synonyms()
    for name in shape.outcomes:
        outcome = table.outcomes.get(_lower(vendor[name]))
        if outcome:
            put(ecs, "event.outcome", outcome)
            break
    if "network" not in ecs.get("event", {}).get("category", ()):
        return
    for name in shape.verdicts:
        verdict = table.verdicts.get(_lower(vendor[name]))
        if verdict:
            types = ecs["event"].setdefault("type", [])
            if verdict not in types:
                types.append(verdict)
            return


def _lower(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).lower() if isinstance(value, str | int) else ""
