"""An entry of the tables of ``datasets/``, made ready: what each event of its dataset is given.

Constants are one JSON text that is decoded for each event; of the fields only those are looked at
whose vendor's names an event has.
"""

from datetime import tzinfo
from typing import Any, NamedTuple

import orjson

from pipeline.model import Json
from pipeline.normalize.dataset_entry import DatasetEntry, Translation
from pipeline.normalize.dataset_parts import filled, put_duration, put_flags, put_url, summed
from pipeline.normalize.ecs_schema import address, fields, fitting
from pipeline.normalize.endpoints import endpoint
from pipeline.normalize.members import is_path, members
from pipeline.normalize.parsed import Parsed
from pipeline.normalize.tree import put

# Shapes whose values fit every field of a type as they are.
_FITTING = {
    "date": frozenset({"date", "utc"}),
    "long": frozenset({"seconds", "milliseconds", "microseconds", "port"}),
}
_TEXTS = frozenset({"after_slash", "basename", "before_slash", "hash", "ip_type", "lower", "word"})
# Their values were checked when the tables were read, and are single texts.
_CHECKED = frozenset({"event.kind", "event.outcome"})


class _Slot:
    """A field of ECS: its place, and how a value is made to fit it."""

    __slots__ = ("ip", "leaf", "many", "most", "parents", "path", "plain")

    def __init__(self, path: str) -> None:
        *parents, self.leaf = path.split(".")
        self.path, self.parents = path, tuple(parents)
        field = fields().get(path)
        self.plain = field is not None and field.plain
        self.many = field is not None and field.many
        self.ip = path.endswith(".ip") and not self.many
        whole = field is not None and field.type == "long" and not self.many
        self.most = (65_535 if self.leaf == "port" else 2**63 - 1) if whole else -1

    def put(self, ecs: Json, value: Any) -> None:
        """Set a value that fits where nothing stands yet."""
        at = ecs
        for step in self.parents:
            inner = at.get(step)
            if inner is None:
                inner = at[step] = {}
            elif type(inner) is not dict:
                return
            at = inner
        if self.leaf not in at:
            at[self.leaf] = value

    def fit(self, ecs: Json, value: Any) -> None:
        """Set what a value is in this field, where it fits."""
        if value is None:
            return
        fitted = self.quick(value)
        if fitted is None:
            fitted = fitting(self.path, value)
        if fitted is not None:
            self.put(ecs, fitted)

    def quick(self, value: Any) -> Any:
        """Give a value that fits as it is, or an address in its usual form; else None."""
        kind = type(value)
        if kind is str:
            return value if self.plain else address(value) if self.ip else None
        return value if kind is int and 0 <= value <= self.most else None

    def takes(self, shape: str) -> bool:
        """Tell whether all values of a shape fit as they are."""
        field = fields().get(self.path)
        if field is None or field.many:
            return False
        return shape in _FITTING.get(field.type, ()) or (field.plain and shape in _TEXTS)


class _Mapped(NamedTuple):
    """An ECS field that is told by values; ``constant`` stands where these say nothing.

    ``text``: the field takes the texts of the table as they are.
    """

    slot: _Slot
    translations: tuple[Translation, ...]
    constant: str | list[str] | None
    text: bool


class Plan:
    """An entry in the form in which it is applied."""

    def __init__(self, entry: DatasetEntry) -> None:
        self.entry = entry
        self._fields = tuple((_Slot(path), names) for path, names in entry.fields.items())
        self._by_name: dict[str, tuple[int, ...]] = {}
        for place, (_, names) in enumerate(self._fields):
            for name in dict.fromkeys(map(_head, names)):
                self._by_name[name] = (*self._by_name.get(name, ()), place)
        self._mapped = tuple(
            _Mapped(slot := _Slot(path), found, entry.set.get(path), slot.plain or path in _CHECKED)
            for path, found in entry.map.items()
        )
        self._made = tuple(
            (slot := _Slot(path), frozenset(map(_head, made.of)), made, slot.takes(made.shape))
            for path, made in entry.made.items()
        )
        self._sums = tuple(
            (_Slot(path), tuple(tuple(name.split(".")) for name in names))
            for path, names in entry.sums.items()
        )
        self._constants = {
            path: fitting(path, value)
            for path, value in entry.set.items()
            if path not in entry.map and path in fields()
        }
        tree: Json = {"event": {}}
        if "{" not in entry.dataset:
            tree["event"] = {"dataset": entry.dataset, "module": _module(entry.dataset)}
        for path, value in self._constants.items():
            put(tree, path, value)
        self._tree = orjson.dumps(tree)

    def __call__(self, answer: Parsed, zone: tzinfo) -> None:
        """Write what the entry says into an answer; ECS fields that are there stay."""
        entry, ecs = self.entry, answer.ecs
        native = _with_members(answer.native, entry.inside) if entry.inside else answer.native
        if ecs:
            self._join(ecs, answer.native)
        else:
            ecs.update(orjson.loads(self._tree))
            if "{" in entry.dataset:
                self._name(ecs["event"], answer.native)
        if entry.taxonomy:
            answer.taxonomy = entry.taxonomy
        self._map(ecs, native)
        self._fill(ecs, native)
        self._make(ecs, native, zone)

    def _name(self, event: Json, native: Json) -> None:
        event["dataset"] = dataset = filled(self.entry.dataset, native)
        event.setdefault("module", _module(dataset))

    def _join(self, ecs: Json, native: Json) -> None:
        self._name(ecs.setdefault("event", {}), native)
        for path, value in self._constants.items():
            put(ecs, path, list(value) if isinstance(value, list) else value)

    def _map(self, ecs: Json, native: Json) -> None:
        for slot, translations, constant, text in self._mapped:
            meant = constant
            for translation in translations:
                found = translation(native)
                if found is not None:
                    meant = found
                    break
            if text and type(meant) is str:
                slot.put(ecs, meant)
            elif slot.many and type(meant) is list:
                slot.put(ecs, list(meant))
            elif meant is not None:
                slot.fit(ecs, meant)

    def _fill(self, ecs: Json, native: Json) -> None:
        by_name = self._by_name
        places = {place for name in native if name in by_name for place in by_name[name]}
        for place in sorted(places):
            slot, names = self._fields[place]
            for name in names:
                value = members(native, name) if "[" in name else native.get(name)
                if value is None or value == "":
                    continue
                fit = slot.quick(value)
                if fit is None:
                    fit = _fitted(ecs, slot, value)
                if fit is not None and fit != "":
                    slot.put(ecs, fit)
                    break

    def _make(self, ecs: Json, native: Json, zone: tzinfo) -> None:
        entry = self.entry
        for path, part in entry.parts.items():
            _Slot(path).fit(ecs, part(native))
        for slot, names, made, fits in self._made:
            if not names.isdisjoint(native):
                value = made(native, zone)
                if fits and value is not None:
                    slot.put(ecs, value)
                else:
                    slot.fit(ecs, value)
        for slot, several in self._sums:
            slot.fit(ecs, summed(ecs, several))
        for path, objects in entry.objects.items():
            _Slot(path).fit(ecs, objects(native))
        for path, words in entry.flags.items():
            put_flags(ecs, path, words, native)
        self._judge(ecs, native)

    def _judge(self, ecs: Json, native: Json) -> None:
        entry = self.entry
        if "event.end" in entry.made:
            put_duration(ecs)
        for control in entry.control:
            control(ecs, native)
        url = next((native[name] for name in entry.url if name in native), None)
        if url is not None:
            put_url(ecs, url)


def _head(name: str) -> str:
    return name.partition("[")[0] if is_path(name) else name


def _module(dataset: str) -> str:
    return dataset.partition(".")[0]


def _with_members(native: Json, name: str) -> Json:
    """Give a flat document whose object's members stand beside it too, unless these have names."""
    head = f"{name}."
    inner = {key[len(head) :]: value for key, value in native.items() if key.startswith(head)}
    return inner | native


def _fitted(ecs: Json, slot: _Slot, value: Any) -> Any:
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
