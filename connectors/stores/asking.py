"""What every store's search has in common: order, cursors, facets' texts, buckets of time.

A row's place is a tuple that orders it: what it is sorted by (where that is not the kind's own
time), its own time, and what names it; times in milliseconds, since no store orders by more.
"""

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, Final, TypeAlias

import orjson

from pipeline.model import Instant, Json
from pipeline.model.holding import holds_addresses, text_of, time_of, values_at
from pipeline.ports.search_fields import OWN_TIME, FieldType, sortable, type_of
from pipeline.ports.searching import Ask, Facets, Histogram, Kind

Place: TypeAlias = tuple[Any, ...]
_Ways: TypeAlias = tuple[tuple[str, str], ...]

MILLISECOND: Final = 1_000_000  # nanoseconds
MOST_BUCKETS: Final = 10_000
_LONGEST_CURSOR: Final = 4_096
_HERE: Final = "here"
_NAMES: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.EVENTS: ("saqshy.batch", "saqshy.index"),
    Kind.FINDINGS: ("id",),
    Kind.INCIDENTS: ("id",),
    Kind.NOTICES: ("id",),
    Kind.AUDIT: ("entry_id",),
    Kind.FAILURES: ("id",),
}


@dataclass(frozen=True, slots=True)
class Order:
    """In which order rows of a kind come: ``sort`` is "" for the kind's own time."""

    kind: Kind
    sort: str
    descending: bool

    @property
    def fields(self) -> tuple[str, ...]:
        """Give the fields that make a place."""
        own = (OWN_TIME[self.kind], *_NAMES[self.kind])
        return (self.sort, *own) if self.sort else own

    def place(self, document: Json) -> Place:
        """Give a row's place; what it lacks counts as 0 or ""."""
        return tuple(_ordered(self.kind, field, document) for field in self.fields)

    def behind(self, place: Place, after: Place) -> bool:
        """Tell whether a place comes after another."""
        return place < after if self.descending else place > after


def order_of(ask: Ask) -> Order:
    """Give the order of a question; ValueError where it cannot be sorted or limited so."""
    if ask.limit < 1 or ask.budget < 1:
        raise ValueError("a page has one row at least, and a budget of one")
    if ask.sort and ask.sort not in sortable(ask.kind):
        raise ValueError(f"{ask.kind} cannot be sorted by {ask.sort!r}: {sortable(ask.kind)}")
    sort = "" if ask.sort == OWN_TIME[ask.kind] else ask.sort
    return Order(ask.kind, sort, ask.descending)


def cursor(ask: Ask, place: Place) -> str:
    """Write the place after which the next page begins, bound to the question."""
    body = orjson.dumps([_question(ask), *place])
    return base64.urlsafe_b64encode(body).decode().rstrip("=")


def place_after(ask: Ask) -> Place | None:
    """Read a question's cursor; None for the first page, ValueError where it is of another one."""
    if not ask.after:
        return None
    question, *place = _read(ask.after)
    if question != _question(ask) or not _fits(order_of(ask), place):
        raise ValueError("the cursor is not of this question: begin at the first page")
    return tuple(place)


def own_time(kind: Kind, document: Json) -> Instant:
    """Give a row's own time."""
    return next((t for one in values_at(document, OWN_TIME[kind]) if (t := _moment(one))), 0)


def in_span(ask: Ask, time: Instant) -> bool:
    """Tell whether a time lies in the span of a question."""
    return (ask.begin is None or time >= ask.begin) and (ask.end is None or time < ask.end)


def name_of(kind: Kind, document: Json) -> str:
    """Give what ``one`` finds a row by: an event's id is of its batch and index."""
    return "-".join(str(next(values_at(document, field), "")) for field in _NAMES[kind])


def with_id(failure_id: str, body: bytes) -> bytes:
    """Give a failure's document with its id, which follows from the others of its fields."""
    return b'{"id":' + orjson.dumps(failure_id) + b"," + body[1:]


def facet_texts(field: str, document: Json) -> set[str]:
    """Give the values of a field by which its row is counted, each once; no empty ones."""
    texts = {text_of(leaf) for leaf in values_at(document, field)} - {""}
    return {_address(text) for text in texts} if holds_addresses(field) else texts


def as_facets(counted: Mapping[str, Mapping[str, int]], most: int, *, exact: bool = True) -> Facets:
    """Give the most frequent values of each field."""
    return Facets({field: ranked(counts)[:most] for field, counts in counted.items()}, exact)


def ranked(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Order values: most frequent first, then by value."""
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))


def checked_step(step: int) -> int:
    """Give a step of whole milliseconds; ValueError for any other."""
    if step < MILLISECOND or step % MILLISECOND:
        raise ValueError("a step of a histogram is a whole number of milliseconds, one at least")
    return step


def as_histogram(ask: Ask, step: int, counts: Mapping[int, int], *, exact: bool) -> Histogram:
    """Give the buckets of a question, empty ones included, from counts by begin // step.

    ValueError where they are too many.
    """
    if not counts and (ask.begin is None or ask.end is None):
        return Histogram((), exact)
    first = min(counts) if ask.begin is None else ask.begin // step
    last = max(counts) if ask.end is None else (ask.end - 1) // step
    if last - first >= MOST_BUCKETS:
        raise ValueError(f"that makes more than {MOST_BUCKETS} buckets: name a longer step")
    numbers = range(first, last + 1)
    return Histogram([(number * step, counts.get(number, 0)) for number in numbers], exact)


def tally(documents: Iterable[Json], fields: Sequence[str]) -> dict[str, Counter[str]]:
    """Count the values of fields over documents, in one pass."""
    counted: dict[str, Counter[str]] = {field: Counter() for field in fields}
    asked = [(_ways(field), holds_addresses(field), counts) for field, counts in counted.items()]
    leaves: list[Any] = []
    for document in documents:
        for ways, addresses, counts in asked:
            leaves.clear()
            _gather(document, ways, leaves)
            if len(leaves) == 1 and type(leaves[0]) is str:
                texts: Iterable[str] = leaves if leaves[0] else ()
            else:
                texts = {text_of(leaf) for leaf in leaves} - {""}
            for text in {_address(text) for text in texts} if addresses else texts:
                counts[text] += 1
    return counted


@lru_cache(maxsize=1024)
def _ways(field: str) -> _Ways:
    """Give the keys by which a field may begin, each with what follows: keys may have dots."""
    ends = [at for at, letter in enumerate(field) if letter == "."]
    return (*((field[:at], field[at + 1 :]) for at in ends), (field, ""))


def _gather(node: Json, ways: _Ways, found: list[Any]) -> None:
    """Add the values of a field as ``values_at`` gives them."""
    for key, rest in ways:
        value = node.get(key)
        if value is None:
            continue
        if type(value) is dict:
            if rest:
                _gather(value, _ways(rest), found)
        elif type(value) is list:
            for one in value:
                found += values_at({_HERE: one}, f"{_HERE}.{rest}" if rest else _HERE)
        elif not rest:
            found.append(value)


def _read(text: str) -> Sequence[Any]:
    if len(text) > _LONGEST_CURSOR or not text.isascii():
        return ("",)
    padded = text + "=" * (-len(text) % 4)
    try:
        read = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except ValueError:
        return ("",)
    return read if isinstance(read, list) and read else ("",)


def _question(ask: Ask) -> str:
    said = repr((ask.kind.value, ask.where, ask.begin, ask.end, ask.sort, ask.descending))
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _fits(order: Order, place: Sequence[object]) -> bool:
    kinds = [type_of(order.kind, field) for field in order.fields]
    if len(place) != len(kinds):
        return False
    numbers = {FieldType.TIME, FieldType.NUMBER}
    return all(
        type(one) in ((int, float) if kind in numbers else (str,))
        for one, kind in zip(place, kinds, strict=True)
    )


def _ordered(kind: Kind, field: str, document: Json) -> Any:
    value = next(values_at(document, field), None)
    match type_of(kind, field):
        case FieldType.TIME:
            return _moment(value) // MILLISECOND
        case FieldType.NUMBER:
            return value if isinstance(value, (int, float)) else 0
        case _:
            return "" if value is None else str(value)


def _moment(value: object) -> Instant:
    return (time_of(value) or 0) if isinstance(value, str) else 0


@lru_cache(maxsize=16_384)
def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        return text
