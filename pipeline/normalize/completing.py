"""What a vendor's fields fill in ECS by their names: the table ``synonyms.yml``, applied."""

from functools import cache
from typing import Any

from pipeline.model import Json
from pipeline.normalize.slot import Slot, slot_of
from pipeline.normalize.synonyms import Synonyms, synonyms
from pipeline.normalize.tree import put

# Of a shape that is remembered, and how many are: memory is bounded.
_MOST_NAMES, _MOST_CHARACTERS, _MOST_SHAPES = 128, 4096, 1024


class Step:
    """An ECS field, and the names that fill it, the best first."""

    __slots__ = ("names", "slot")

    def __init__(self, slot: Slot, names: list[str]) -> None:
        self.slot: Slot = slot
        self.names: list[str] = names


class Shape:
    """What names in some order mean, worked out once for all records that have them.

    ``steps`` are the fields that they fill; the others are names of transports, outcomes, verdicts
    and times, in the table's order.
    """

    __slots__ = ("outcomes", "steps", "times", "transports", "verdicts")

    def __init__(self, names: tuple[str, ...], table: Synonyms) -> None:
        named = {name.lower(): name for name in names}
        steps = []
        for target, known in table.fields.items():
            there = [named[name] for name in known if name in named]
            if there:
                steps.append(Step(slot_of(target), there))
        place = {name: index for index, name in enumerate(names)}
        # As the record has them.
        self.steps: list[Step] = sorted(
            steps, key=lambda step: min([place[name] for name in step.names])
        )
        self.transports: list[str] = _there(named, table.transport_names)
        self.outcomes: list[str] = _there(named, table.outcome_names)
        self.verdicts: list[str] = _there(named, table.verdict_names)
        self.times: list[str] = _there(named, table.time_names)


def _there(named: dict[str, str], known: list[str]) -> list[str]:
    return [named[name] for name in known if name in named]


class _Words:
    """What the table's words mean."""

    __slots__ = ("industrial", "logons", "outcomes", "transports", "verdicts")

    def __init__(self, table: Synonyms) -> None:
        self.industrial: frozenset[str] = frozenset(table.industrial)
        self.logons: frozenset[str] = frozenset(table.logons)
        self.outcomes: dict[str, str] = table.outcomes
        self.transports: dict[str, str] = table.transports
        self.verdicts: dict[str, str] = table.verdicts


@cache
def _words() -> _Words:
    return _Words(synonyms())


_shapes: dict[tuple[str, ...], Shape] = {}


def shape_of(vendor: Json) -> Shape:
    """Give the shape of a vendor's fields by their names; names are compared in lower case."""
    names = tuple(vendor)
    shape = _shapes.get(names)
    if shape is None:
        shape = Shape(names, synonyms())
        if len(names) <= _MOST_NAMES and sum(map(len, names)) <= _MOST_CHARACTERS:
            if len(_shapes) >= _MOST_SHAPES:
                _shapes.clear()
            _shapes[names] = shape
    return shape


def complete(ecs: Json, vendor: Json) -> None:
    """Fill what ECS lacks from the vendor's fields, by their names; what is there stays.

    Names are compared in lower case. Adds ``event.category``, ``type`` and ``outcome`` where the
    fields say them: an address on the wire is network activity, a packet filter's verdict allows
    or denies.
    """
    shape = shape_of(vendor)
    for step in shape.steps:
        slot = step.slot
        for name in step.names:
            fit = slot.fitted(vendor[name])
            if fit is not None and fit != "":
                slot.put(ecs, fit)
                break
    words = _words()
    _complete_network(ecs, [_lower(vendor[name]) for name in shape.transports], words)
    _complete_event(ecs, vendor, shape, words)


def _complete_network(ecs: Json, said: list[str], words: _Words) -> None:
    for text in said:
        if text in words.transports:
            put(ecs, "network.transport", words.transports[text])
        elif text and not text.isdigit():
            put(ecs, "network.protocol", text)
    event: Json = ecs.get("event", {})
    action = _lower(event.get("action")).replace("-", "_")
    if action and (word := action.partition("_")[0]) in words.industrial:
        put(ecs, "network.protocol", word)
    if "category" in event:
        return
    if action in words.logons:
        put(ecs, "event.category", ["authentication"])
        put(ecs, "event.type", ["start"])
    elif "ip" in ecs.get("source", ()) or "ip" in ecs.get("destination", ()):
        industrial = ecs.get("network", {}).get("protocol") in words.industrial
        put(ecs, "event.category", ["network"])
        put(ecs, "event.type", ["protocol" if industrial else "connection"])


def _complete_event(ecs: Json, vendor: Json, shape: Shape, words: _Words) -> None:
    for name in shape.outcomes:
        outcome = words.outcomes.get(_lower(vendor[name]))
        if outcome:
            put(ecs, "event.outcome", outcome)
            break
    if not shape.verdicts or "network" not in ecs.get("event", {}).get("category", ()):
        return
    for name in shape.verdicts:
        verdict = words.verdicts.get(_lower(vendor[name]))
        if verdict:
            types = ecs["event"].setdefault("type", [])
            if verdict not in types:
                types.append(verdict)
            return


def _lower(value: Any) -> str:
    if type(value) is str:
        return value.lower()
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else ""
