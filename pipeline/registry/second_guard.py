"""The second guard: parsed events whose own fields look like a secrecy mark that nobody declared.

It runs behind normalise and before anything is matched or kept (SPEC 5; State Secrets Law 18(2)). A
field counts by its name, from a closed list (``marks.names``, ``marks.doubtful_names``), and by its
value: in a field that holds nothing but a mark everything that is not known to be open, in any
other only a word that the registry lists as a mark or as suspected. Free text decides nothing. What
it stops is suspected, never valid: no profile said that the field is a mark. An event that cannot
be looked at is stopped, too.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from pipeline.model import Event, Json
from pipeline.registry.marks import (
    LONGEST_MARK,
    MarkReader,
    MarkVocabulary,
    Meaning,
    mark_reader,
    skeleton,
)

MOST_NAMES = 50_000  # remembered; beyond, all are forgotten and looked at again
LONGEST_NAME = 120  # characters of a field's name that are looked at, from its end
MOST_SHAPES = 5_000  # of objects in which no name is a mark's; as above
LONGEST_SHAPE = 2_000  # characters of all names of one that is remembered
MOST_NODES = 20_000  # values of one event that are looked into; one with more is stopped
# Under these roots an ECS document's sender may name members itself (fields of the schema of type
# ``object``, ``flattened`` and ``nested``); everywhere else the schema names them.
_OPEN_ROOTS = frozenset({
    "cloud", "container", "dns", "email", "entity", "gen_ai", "network", "observer",
    "orchestrator", "service",
})  # fmt: skip
_OPEN_BELOW = ("host", "user")  # of these, what stands under ``entity``
_VALUE_OF = (("name", "value"), ("Name", "Value"), ("key", "value"), ("Key", "Value"))
_PAIR_NAMES = frozenset(name for name, _ in _VALUE_OF)


class _Kind(IntEnum):
    """What a field's name says of its value."""

    OTHER = 0
    DOUBTFUL = 1
    MARK = 2


@dataclass(frozen=True)
class SecondGuard:
    """Finds events that must not be kept, by one registry's marks.

    ``nests`` tells whether an object holds others (``normalize.nested``: it is asked often).
    """

    vocabulary: MarkVocabulary
    nests: Callable[[Json], bool]
    _reader: MarkReader = field(init=False, repr=False, compare=False)
    _listed: dict[str, Meaning] = field(init=False, repr=False, compare=False)
    _kinds: dict[str, _Kind] = field(init=False, repr=False, compare=False)
    _known: dict[str, _Kind] = field(init=False, repr=False, compare=False, default_factory=dict)
    _clean: set[str] = field(init=False, repr=False, compare=False, default_factory=set)
    _shapes: set[tuple[str, ...]] = field(
        init=False, repr=False, compare=False, default_factory=set
    )

    def __post_init__(self) -> None:
        marks = self.vocabulary
        reader = mark_reader(marks)
        abbreviations = set(map(skeleton, marks.abbreviations))
        listed = {
            value: meaning
            for value, meaning in reader.meanings.items()
            if meaning is not Meaning.OPEN and value not in abbreviations
        }
        kinds = {skeleton(name): _Kind.DOUBTFUL for name in marks.doubtful_names}
        kinds |= {skeleton(name): _Kind.MARK for name in marks.names}
        kinds.pop("", None)
        object.__setattr__(self, "_reader", reader)
        object.__setattr__(self, "_listed", listed)
        object.__setattr__(self, "_kinds", kinds)

    def __call__(self, events: Sequence[Event], records: Sequence[bytes]) -> list[int]:
        """Give the indexes of the events of one batch that must be stopped, in order.

        ``records`` are the batch's: what parsers give is flat but for lists of objects, and such a
        list has its bracket in the record. Never raises: where a look breaks, the event is stopped.
        """
        try:
            named = self._marks_among(set().union(*[event.native for event in events]))
            given: set[int] = set()
            if self._given_among([event.ecs for event in events]):
                given = {event.index for event in events if self._given_among([event.ecs])}
            nesting = {
                event.index
                for event in events
                if records[event.index].find(b"[") >= 0 and self.nests(event.native)
            }
        except Exception:  # noqa: BLE001 (fails closed: its text may quote the record)
            return [event.index for event in events]
        if not named:
            looked = given | nesting
            events = [event for event in events if event.index in looked] if looked else ()
        return [
            event.index
            for event in events
            if self._stops(event, named, given=event.index in given, nests=event.index in nesting)
        ]

    def _stops(self, event: Event, named: Sequence[str], *, given: bool, nests: bool) -> bool:
        try:
            native = event.native
            return (
                any(name in native and self._says(name, native[name]) for name in named)
                or (given and (self._given(event.ecs) or self._in_ecs(event.ecs)))
                or (nests and self._nested(native))
            )
        except Exception:  # noqa: BLE001 (fails closed: its text may quote the record)
            return True

    def _marks_among(self, names: set[str]) -> list[str]:
        """Give the names that are a mark's, and remember those that are not."""
        if names <= self._clean:
            return []
        if len(self._clean) > MOST_NAMES:
            self._clean.clear()
        marks = [name for name in names - self._clean if self._kind(name)]
        self._clean.update(names.difference(marks))
        return marks

    def _given_among(self, ecs: Sequence[Json]) -> bool:
        """Tell whether senders may have named members of ECS objects as marks are."""
        roots = set().union(*ecs)
        if not _OPEN_ROOTS.isdisjoint(roots):
            return True
        if "labels" in roots:
            labels = [one["labels"] for one in ecs if "labels" in one]
            names = set().union(*labels)
            if self._marks_among(names) or not _PAIR_NAMES.isdisjoint(names):
                return True
            if any(map(self.nests, labels)):
                return True
        if "log" in roots and any(_data_of(one) for one in ecs):
            return True
        below = [one[root] for root in _OPEN_BELOW if root in roots for one in ecs if root in one]
        return any("entity" in one for one in below)

    def _kind(self, name: str) -> _Kind:
        known = self._known.get(name)
        if known is None:
            if len(self._known) > MOST_NAMES:
                self._known.clear()
            known = self._known[name] = max(
                self._kinds.get(folded, _Kind.OTHER) for folded in _foldings(name)
            )
        return known

    def _says(self, name: str, value: Any) -> bool:
        """Tell whether any of a field's values is a mark, or may be one, by the field's name."""
        kind = self._kind(name)
        for text in _texts(value) if kind else ():
            if kind is _Kind.MARK and self._reader.meaning(text) is not Meaning.OPEN:
                return True
            if kind is _Kind.DOUBTFUL and skeleton(text[:LONGEST_MARK]) in self._listed:
                return True
        return False

    def _given(self, ecs: Json) -> bool:
        """Look at the members of ECS objects that senders name who nest nothing."""
        return self._nested({"labels": ecs.get("labels"), "structured_data": _data_of(ecs)})

    def _in_ecs(self, ecs: Json) -> bool:
        """Look at the roots of the schema under which a sender may name members."""
        roots = (*_OPEN_ROOTS, *_OPEN_BELOW)
        return any(self._nested({root: ecs[root]}) for root in roots if root in ecs)

    def _nested(self, held: Json) -> bool:
        """Look into objects and lists, names joined by dots, and into pairs of name and value."""
        waiting: list[tuple[str, Any]] = [
            (name, value) for name, value in held.items() if value.__class__ in (dict, list)
        ]
        seen = 0
        while waiting:
            above, value = waiting.pop()
            seen += 1
            if seen > MOST_NODES:
                return True
            if isinstance(value, list):
                waiting += [(above, one) for one in value if one.__class__ in (dict, list)]
                continue
            if (above, *value) not in self._shapes and self._marked(above, value):
                return True
            waiting += [
                (f"{above}.{name}", one)
                for name, one in value.items()
                if one.__class__ in (dict, list)
            ]
        return False

    def _marked(self, above: str, held: Json) -> bool:
        """Tell whether a member of an object is a mark; remember names that never are."""
        members = [(f"{above}.{name}", one) for name, one in held.items()]
        if any(self._kind(name) for name, _ in members) or not _PAIR_NAMES.isdisjoint(held):
            return self._paired(held) or any(self._says(name, one) for name, one in members)
        if sum(map(len, held), len(above)) <= LONGEST_SHAPE:
            if len(self._shapes) >= MOST_SHAPES:
                self._shapes.clear()
            self._shapes.add((above, *held))
        return False

    def _paired(self, held: Json) -> bool:
        for name, value in _VALUE_OF:
            said = held.get(name)
            if isinstance(said, str) and self._says(said, held.get(value)):
                return True
        return False


def _data_of(ecs: Json) -> Any:
    """Give the structured data of a syslog message (RFC 5424), whose sender names them."""
    log = ecs.get("log")
    syslog = log.get("syslog") if log.__class__ is dict else None
    return syslog.get("structured_data") if syslog.__class__ is dict else None


def _foldings(name: str) -> Iterator[str]:
    """Give how a name is compared: whole, and by its last parts, with and without ``x-``."""
    parts = name[-LONGEST_NAME:].split(".")
    for part in (".".join(parts), parts[-1], ".".join(parts[-2:])):
        yield skeleton(part)
        if part[:2].casefold() in ("x-", "x_"):
            yield skeleton(part[2:])


def _texts(value: Any) -> Iterator[str]:
    """Give the texts in a value; what is no text as JSON would write it."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list | tuple):
            waiting += one
        elif one is not None:
            yield str(one).casefold()
