"""An entry of the tables of ``datasets/``, made ready: what each event of its dataset is given.

Constants are one JSON text that is decoded for each event; of the fields only those are looked at
whose vendor's names an event has.
"""

from datetime import tzinfo
from typing import Any

import orjson

from pipeline.model import Json
from pipeline.normalize.dataset_entry import DatasetEntry, Translation
from pipeline.normalize.dataset_parts import (
    Control,
    Made,
    filled,
    put_duration,
    put_flags,
    put_url,
    summed,
)
from pipeline.normalize.ecs_schema import fields, fitting
from pipeline.normalize.endpoints import endpoint
from pipeline.normalize.meaning import Meaning
from pipeline.normalize.members import is_path, members
from pipeline.normalize.parsed import Parsed
from pipeline.normalize.slot import Slot, slot_of
from pipeline.normalize.tree import put

# Their values were checked when the tables were read, and are single texts.
_CHECKED = frozenset({"event.kind", "event.outcome"})


class _Mapped:
    """An ECS field that is told by values; ``constant`` stands where these say nothing.

    ``text``: the field takes the texts of the table as they are.
    """

    __slots__ = ("constant", "meanings", "slot", "text")

    def __init__(
        self, path: str, found: tuple[Translation, ...], constant: str | list[str] | None
    ) -> None:
        self.slot: Slot = slot_of(path)
        self.meanings: list[Meaning] = [Meaning(one) for one in found]
        self.constant: str | list[str] | None = constant
        self.text: bool = self.slot.plain or path in _CHECKED


class _Filled:
    """An ECS field and the vendor's names that fill it; ``inside``: one goes into a list."""

    __slots__ = ("inside", "names", "slot")

    def __init__(self, path: str, names: tuple[str, ...]) -> None:
        self.slot: Slot = slot_of(path)
        self.names: list[str] = list(names)
        self.inside: bool = any(map(is_path, names))


class _MadeOf:
    """An ECS field and what is shaped for it; ``fits``: as it is."""

    __slots__ = ("fits", "made", "names", "slot")

    def __init__(self, path: str, made: Made) -> None:
        self.slot: Slot = slot_of(path)
        self.names: list[str] = list(dict.fromkeys(map(_head, made.of)))
        self.made: Made = made
        self.fits: bool = self.slot.takes(made.shape)


class Plan:
    """An entry in the form in which it is applied."""

    def __init__(self, entry: DatasetEntry) -> None:
        self._dataset: str = entry.dataset
        self._named: bool = "{" not in entry.dataset
        self._inside: str = entry.inside
        self._taxonomy: str = entry.taxonomy
        self._fields: list[_Filled] = [_Filled(path, names) for path, names in entry.fields.items()]
        self._by_name: dict[str, list[int]] = {}
        for place, names in enumerate(entry.fields.values()):
            for name in dict.fromkeys(map(_head, names)):
                self._by_name.setdefault(name, []).append(place)
        self._mapped: list[_Mapped] = [
            _Mapped(path, found, entry.set.get(path)) for path, found in entry.map.items()
        ]
        self._made: list[_MadeOf] = [_MadeOf(path, made) for path, made in entry.made.items()]
        self._sums = [
            (slot_of(path), tuple(tuple(name.split(".")) for name in names))
            for path, names in entry.sums.items()
        ]
        self._parts = list(entry.parts.items())
        self._objects = list(entry.objects.items())
        self._flags = list(entry.flags.items())
        self._control: tuple[Control, ...] = entry.control
        self._lasting: bool = "event.end" in entry.made
        self._url: list[str] = list(entry.url)
        self._constants: dict[str, Any] = {
            path: fitting(path, value)
            for path, value in entry.set.items()
            if path not in entry.map and path in fields()
        }
        tree: Json = {"event": {}}
        if self._named:
            tree["event"] = {"dataset": entry.dataset, "module": _module(entry.dataset)}
        for path, value in self._constants.items():
            put(tree, path, value)
        self._tree: bytes = orjson.dumps(tree)

    def __call__(self, answer: Parsed, zone: tzinfo) -> None:
        """Write what the entry says into an answer; ECS fields that are there stay."""
        ecs = answer.ecs
        native = _with_members(answer.native, self._inside) if self._inside else answer.native
        if ecs:
            self._join(ecs, answer.native)
        else:
            ecs.update(orjson.loads(self._tree))
            if not self._named:
                self._name(ecs["event"], answer.native)
        if self._taxonomy:
            answer.taxonomy = self._taxonomy
        self._map(ecs, native)
        self._fill(ecs, native)
        self._make(ecs, native, zone)

    def _name(self, event: Json, native: Json) -> None:
        event["dataset"] = dataset = filled(self._dataset, native)
        event.setdefault("module", _module(dataset))

    def _join(self, ecs: Json, native: Json) -> None:
        self._name(ecs.setdefault("event", {}), native)
        for path, value in self._constants.items():
            put(ecs, path, list(value) if isinstance(value, list) else value)

    def _map(self, ecs: Json, native: Json) -> None:
        for mapped in self._mapped:
            meant = mapped.constant
            for meaning in mapped.meanings:
                found = meaning(native)
                if found is not None:
                    meant = found
                    break
            if meant is None:
                continue
            slot = mapped.slot
            if mapped.text and type(meant) is str:
                slot.put(ecs, meant)
            elif slot.many and type(meant) is list:
                slot.put(ecs, list(meant))
            else:
                slot.fit(ecs, meant)

    def _fill(self, ecs: Json, native: Json) -> None:
        by_name = self._by_name
        places = {place for name in native if name in by_name for place in by_name[name]}
        for place in sorted(places):
            field = self._fields[place]
            slot = field.slot
            for name in field.names:
                value = members(native, name) if field.inside and "[" in name else native.get(name)
                if value is None or value == "":
                    continue
                fit = slot.quick(value)
                if fit is None:
                    fit = _fitted(ecs, slot, value)
                if fit is not None and fit != "":
                    slot.put(ecs, fit)
                    break

    def _make(self, ecs: Json, native: Json, zone: tzinfo) -> None:
        for path, part in self._parts:
            slot_of(path).fit(ecs, part(native))
        for one in self._made:
            for name in one.names:
                if name in native:
                    value = one.made(native, zone)
                    if one.fits and value is not None:
                        one.slot.put(ecs, value)
                    else:
                        one.slot.fit(ecs, value)
                    break
        for slot, several in self._sums:
            slot.fit(ecs, summed(ecs, several))
        for path, objects in self._objects:
            slot_of(path).fit(ecs, objects(native))
        for path, words in self._flags:
            put_flags(ecs, path, words, native)
        self._judge(ecs, native)

    def _judge(self, ecs: Json, native: Json) -> None:
        if self._lasting:
            put_duration(ecs)
        for control in self._control:
            control(ecs, native)
        for name in self._url:
            if name in native:
                put_url(ecs, native[name])
                break


def _head(name: str) -> str:
    return name.partition("[")[0] if is_path(name) else name


def _module(dataset: str) -> str:
    return dataset.partition(".")[0]


def _with_members(native: Json, name: str) -> Json:
    """Give a flat document whose object's members stand beside it too, unless these have names."""
    head = f"{name}."
    inner = {key[len(head) :]: value for key, value in native.items() if key.startswith(head)}
    return inner | native


def _fitted(ecs: Json, slot: Slot, value: Any) -> Any:
    """Give a value as its field takes it; what is no address fills ``.address`` beside ``.ip``."""
    fit = fitting(slot.path, value)
    if fit is None and type(value) is list:
        return next(filter(None, (fitting(slot.path, one) for one in value)), None)
    if fit is None and slot.leaf == "ip" and type(value) is str:
        return _address(ecs, slot.path.removesuffix("ip"), value)
    return fit


def _address(ecs: Json, side: str, text: str) -> str | None:
    """Give the address out of one with a port, which is put; any other text is no address."""
    found = endpoint(text)
    if found is None:
        if f"{side}address" in fields() and text != "-":
            put(ecs, f"{side}address", text)
        return None
    if found[1] is not None and f"{side}port" in fields():
        put(ecs, f"{side}port", found[1])
    return found[0]
