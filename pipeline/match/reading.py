"""All rules of a route asked about events of one form: the part of matching that every event meets.

Of an event the values that rules read are picked in one call; what single values showed before,
and what the rules gave on all of them together, is remembered.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from pipeline.match.engine import Broken, Engine
from pipeline.match.forms import Form, Picker, Route, picker
from pipeline.match.index import FieldIndex
from pipeline.match.keywords import RawTest
from pipeline.match.recollection import Recollection
from pipeline.match.view import Plans, View, lookup
from pipeline.model import Event

Asked = tuple[int, View | None]
Verdict = tuple[tuple[int, int], ...]
_get = dict.get
_MOST_LOOKUPS = 4
_TRIAL = 512
_HOPELESS = 0.95
_REST = 8192
_TEXTS = {str}
_LONG = 1024  # what a longer text shows is not remembered: it is scanned where it comes anew


@dataclass(frozen=True, slots=True)
class Part:
    """One engine of a route, and where events have the fields of its index.

    A slot is a field, the event's own name for it and its index; of a look-up the event itself
    must tell where the field is. ``pick`` takes the slots' values out of those of the reading.
    """

    plans: Plans
    engine: Engine
    slots: tuple[tuple[str, str, FieldIndex], ...]
    lookups: tuple[tuple[str, FieldIndex], ...]
    pick: Picker
    memos: tuple[dict[str, int], ...]

    def candidates(
        self,
        event: Event,
        picked: tuple[Any, ...],
        recollection: Recollection,
        *,
        quiet: bool,
        fresh: bool = False,
    ) -> Asked:
        """Give the bits of the rules that may match; ``quiet``: no keyword is in the event.

        Beside them the event as rules see it, where it had to be looked at. ``fresh`` says that
        its values are hardly ever those of another.
        """
        index = self.engine.index
        view: View | None = None
        values: tuple[Any, ...] = self.pick(picked)
        masks: list[int | None] = [None] * len(values)
        if not fresh:
            with suppress(TypeError):  # a list or an object is no key
                masks = list(map(_get, self.memos, values))
        if None in masks:
            view = self._meet(event, values, masks, recollection)
        shown = reduce(or_, masks, index.base)
        if self.lookups or not quiet:
            view = self._view(event, view)
            for field, looked_up in self.lookups:
                shown |= looked_up.masks(view.originals(field))
            if not quiet and None in index.fields:
                shown |= index.fields[None].mask("\n".join(view.originals(None)))
        return index.narrowed(shown), view

    def _meet(
        self,
        event: Event,
        values: tuple[Any, ...],
        masks: list[int | None],
        recollection: Recollection,
    ) -> View | None:
        """Fill in what values show that were not met before, or that are no texts."""
        view: View | None = None
        for at, mask in enumerate(masks):
            if mask is not None:
                continue
            value = values[at]
            field, _, index = self.slots[at]
            if value.__class__ is not str:
                view = self._view(event, view)
                masks[at] = index.masks(view.originals(field))
            elif len(value) <= _LONG:
                found = index.memo.get(value)
                if found is None:
                    found = index.mask(value)
                    recollection.keep(index.memo, value, found, len(value))
                masks[at] = found
            else:
                masks[at], scanned = index.scanned(value)
                if scanned is not None:
                    view = self._view(event, view)
                    view[field] = scanned
        return view

    def _view(self, event: Event, view: View | None) -> View:
        return View(self.plans, event.native, event.ecs) if view is None else view


class Seen:
    """The verdict on one set of values.

    ``checks`` are the kinds of those that are no texts: 1, 1.0 and true are equal keys.
    """

    __slots__ = ("checks", "verdict")

    def __init__(self, verdict: Verdict, checks: tuple[tuple[int, type], ...]) -> None:
        self.verdict = verdict
        self.checks = checks

    def fits(self, values: tuple[Any, ...]) -> bool:
        """Tell whether values that are equal are so in their kinds too."""
        return all(values[at].__class__ is kind for at, kind in self.checks)


class Reading:
    """All that is asked of events of one form.

    ``loud`` tells whether a raw record may hold a keyword: None where none is sought. ``absent``
    are names that no event of the form has. ``resting`` counts the events for which nothing is
    looked up, because values hardly ever come again: it is learned, and changes no answer.
    """

    __slots__ = (
        "_asked", "_missed", "_open", "_recollection",
        "absent", "lookups", "loud", "memo", "parts", "pick", "resting",
    )  # fmt: skip

    def __init__(self, route: Route, form: Form, recollection: Recollection) -> None:
        self._recollection = recollection
        self.absent = form.absent
        self.parts = tuple(
            _part(plans, engine, places, form.picked)
            for (plans, engine), places in zip(route, form.parts, strict=True)
        )
        self.pick = picker(form.picked)
        self._open = tuple(at for at, name in enumerate(form.picked) if name in form.open)
        self.lookups = form.lookups
        able = len(form.lookups) <= _MOST_LOOKUPS
        self.memo: dict[Any, Seen] | None = recollection.memo() if able else None
        self.loud = _loud([engine for _, engine in route])
        self.resting = 0
        self._asked = self._missed = 0

    def learn(self, asked: int) -> None:
        """Note how many events were looked up; those that were new are known by being decided."""
        if self.resting:
            self.resting = max(0, self.resting - asked)
            return
        self._asked += asked
        if self._asked >= _TRIAL:
            if self._missed > self._asked * _HOPELESS:
                self.resting = _REST
            self._asked = self._missed = 0

    def values(self, event: Event) -> tuple[Any, ...]:
        """Give what a verdict follows from; KeyError where the event has another form."""
        native = event.native
        values = self.pick(native)
        if self.absent and not native.keys().isdisjoint(self.absent):
            raise KeyError
        if self.lookups:
            values += tuple(
                lookup(self.parts[number].plans, native, event.ecs, field)
                for number, field in self.lookups
            )
        return values

    def recalled(self, values: tuple[Any, ...]) -> Verdict | None:
        """Give what these values gave before."""
        seen = self.seen(values)
        return None if seen is None else seen.verdict

    def seen(self, values: tuple[Any, ...]) -> Seen | None:
        """Give what is remembered of these values."""
        if self.memo is None or self.resting:
            return None
        try:
            seen = self.memo.get(values)
        except TypeError:  # a list is no key as it stands
            key = _as_key(values)
            seen = None if key is None else self.memo.get(key)
        return None if seen is not None and seen.checks and not seen.fits(values) else seen

    def decided(
        self, event: Event, values: tuple[Any, ...], broken: Broken, *, quiet: bool
    ) -> Verdict:
        """Give part and number of each rule that matches, and remember it where it is sure.

        It is where it follows from the values alone. ``quiet`` says that the event holds no
        keyword; rules that failed are added to ``broken``.
        """
        found: list[tuple[int, int]] = []
        fresh = self.resting > 0
        self._missed += not fresh
        sure = quiet and not fresh and self.memo is not None
        for place, part in enumerate(self.parts):
            candidates, view = part.candidates(
                event, values, self._recollection, quiet=quiet, fresh=fresh
            )
            if candidates:
                if candidates & part.engine.keyworded:
                    sure = False
                view = View(part.plans, event.native, event.ecs) if view is None else view
                found += [(place, it) for it in part.engine.matches(candidates, view, broken)]
        verdict = tuple(found)
        if sure and not broken:
            self._remember(values, verdict)
        return verdict

    def _remember(self, values: tuple[Any, ...], verdict: Verdict) -> None:
        memo = self.memo
        assert memo is not None
        for at in self._open:  # of a null another of the field's names may say more
            if values[at] is None:
                return
        size = 0
        for value in values:
            if not isinstance(value, str):
                break
            size += len(value)
        else:
            seen = Seen(verdict, ()) if verdict else _SILENT
            self._recollection.keep(memo, values, seen, size)
            return
        key = _as_key(values)
        if key is not None:
            checks = tuple(
                (at, value.__class__)
                for at, value in enumerate(values)
                if value.__class__ is not str and value is not None
            )
            size = sum(len(value) for value in key if isinstance(value, str | tuple))
            self._recollection.keep(memo, key, Seen(verdict, checks), size)


_SILENT = Seen((), ())


def _as_key(values: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """Give values as what can be remembered: lists of texts as tuples; None for other lists."""
    key = []
    for value in values:
        kind = value.__class__
        if kind is list:
            if set(map(type, value)) - _TEXTS:
                return None
            key.append(tuple(value))
        elif kind is dict or kind is float:  # 0.0 and -0.0 are equal keys of one kind
            return None
        else:
            key.append(value)
    return tuple(key)


def _part(
    plans: Plans,
    engine: Engine,
    places: Iterable[tuple[str, str | None]],
    picked: tuple[str, ...],
) -> Part:
    slots: list[tuple[str, str, FieldIndex]] = []
    lookups: list[tuple[str, FieldIndex]] = []
    for field, name in places:
        if name is None:
            lookups.append((field, engine.index.fields[field]))
        elif name:
            slots.append((field, name, engine.index.fields[field]))
    return Part(
        plans=plans,
        engine=engine,
        slots=tuple(slots),
        lookups=tuple(lookups),
        pick=picker(picked.index(name) for _, name, _ in slots),
        memos=tuple(index.memo for _, _, index in slots),
    )


def _loud(engines: Iterable[Engine]) -> RawTest | None:
    """Give the test whether a raw record may hold a keyword of these; None where none is sought."""
    tests = list(
        dict.fromkeys(engine.may_show for engine in engines if None in engine.index.fields)
    )
    if not tests:
        return None
    if None in tests:
        return lambda _record: True
    able = [test for test in tests if test is not None]
    return able[0] if len(able) == 1 else lambda record: any(test(record) for test in able)
