"""One vocabulary as it is met: the routes of its log sources, and the forms of its events."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pipeline.match.forms import Form, Names, Picker, Place, Route, form_of, picker, place_of
from pipeline.match.reading import Reading
from pipeline.match.recollection import Recollection
from pipeline.match.routes import Key, route_key
from pipeline.match.taxonomy import Vocabulary
from pipeline.match.view import Plans, View
from pipeline.model import Event

_MOST_KEPT = 2048
_MOST_NAMES = 256
_MOST_KEY = 1024
_MOST_TOLD = 16_384
_MOST_KEYINGS = 8
_MOST_FORMS = 32
Types = tuple[type, ...]


@dataclass(slots=True)
class Keying:
    """Events of which these names, all there, tell the route; none of ``absent`` is there.

    ``known`` are the readings met by the names' values, with the values' types, because 1, 1.0
    and true are equal keys.
    """

    names: tuple[str, ...]
    absent: Names
    pick: Picker
    known: dict[tuple[Any, ...], tuple[Types, list[Reading]]] = field(default_factory=dict)


class Speech:
    """Finds how an event of one vocabulary is read. ``routed`` makes the route of a key's texts."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        plans: Plans,
        routed: Callable[["Speech", Key, View], Route],
        recollection: Recollection,
    ) -> None:
        self.vocabulary = vocabulary
        self.plans = plans
        self._routed = routed
        self._recollection = recollection
        self.keyings: list[Keying] = []
        self._readings: dict[tuple[Key, Form], Reading] = {}
        self._by_names: dict[tuple[Key, Names], tuple[Reading, Keying | None]] = {}
        self._kept = 0

    def met(self, event: Event) -> tuple[Reading, tuple[Any, ...]] | None:
        """Give the reading of an event and its values, where such events were met before."""
        native = event.native
        for keying in self.keyings:
            try:
                key = keying.pick(native)
                if keying.absent and not native.keys().isdisjoint(keying.absent):
                    continue
                types, readings = keying.known[key]
            except (KeyError, TypeError):  # not there, not met, or a list, which is no key
                continue
            if types and types != tuple(map(type, key)):
                continue
            for at, reading in enumerate(readings):
                try:
                    values = reading.values(event)
                except KeyError:
                    continue
                if at:  # what came last comes next
                    readings.insert(0, readings.pop(at))
                return reading, values
        return None

    def meet(self, event: Event) -> tuple[Reading, tuple[Any, ...]]:
        """Give the reading of an event, however new its kind."""
        view = View(self.plans, event.native, event.ecs)
        key = route_key(self.vocabulary, view)
        names = frozenset(event.native)
        found = self._by_names.get((key, names))
        if found is None:
            found = self._found(key, view, names)
        reading, keying = found
        if keying is not None:
            _note(keying, keying.pick(event.native), reading)
        return reading, reading.values(event)

    def _found(self, key: Key, view: View, names: Names) -> tuple[Reading, Keying | None]:
        route = self._routed(self, key, view)
        form = form_of(route, names)
        reading = self._readings.get((key, form)) or Reading(route, form, self._recollection)
        if len(names) > _MOST_NAMES or sum(map(len, names)) + len(repr(key)) > _MOST_TOLD:
            return reading, None
        self._make_room()
        keying = self._keying([place_of(self.plans, field, names) for field in self.vocabulary.key])
        self._readings[key, form] = reading
        self._by_names[key, names] = reading, keying
        return reading, keying

    def _make_room(self) -> None:
        """Count one kind more; made-up names and keys cost time, not memory."""
        self._kept += 1
        if self._kept > _MOST_KEPT:
            self._kept = 0
            self.keyings.clear()
            self._by_names.clear()
            self._readings.clear()
            self._recollection.forget()

    def _keying(self, places: list[Place]) -> Keying | None:
        if any(place.name is None for place in places):
            return None  # only the event can tell
        names = tuple(place.name for place in places if place.name)
        absent = frozenset[str]().union(*(place.absent for place in places))
        for keying in self.keyings:
            if (keying.names, keying.absent) == (names, absent):
                return keying
        if len(self.keyings) == _MOST_KEYINGS:
            return None
        keying = Keying(names, absent, picker(names))
        self.keyings.append(keying)
        return keying


def _note(keying: Keying, key: tuple[Any, ...], reading: Reading) -> None:
    """Let the next event with this key be met at once."""
    types = tuple(map(type, key))
    # Of a null another of the field's names may say more; 0.0 and -0.0 are equal keys of one kind.
    if None in key or float in types or sum(map(len, map(str, key))) > _MOST_KEY:
        return
    if len(keying.known) >= _MOST_KEPT:  # made-up spellings of one key cost time, not memory
        keying.known.clear()
    try:
        known = keying.known.setdefault(key, (() if set(types) == {str} else types, []))
    except TypeError:  # a list is no key
        return
    if known[0] in ((), types) and reading not in known[1] and len(known[1]) < _MOST_FORMS:
        known[1].append(reading)
