"""The table ``windows.yml``: how each Windows event becomes ECS, read and checked once."""

from collections.abc import Iterator
from functools import cache
from typing import TypeAlias

from pydantic import BaseModel, ConfigDict

from pipeline.errors import ConfigurationError, Problem
from pipeline.normalize.ecs_categories import categories
from pipeline.normalize.ecs_schema import fields, fitting
from pipeline.normalize.taxonomy import validated_taxonomy
from pipeline.normalize.windows.values import KINDS

FILE = "windows.yml"

Sources: TypeAlias = dict[str, str | list[str]]


class EventEntry(BaseModel):
    """One event of the table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    action: str
    category: list[str]
    type: list[str]
    kind: str = "event"
    outcome: str = ""
    use: list[str] = []
    fields: Sources = {}
    set: dict[str, str] = {}


class Elsewhere(BaseModel):
    """A provider that writes on another system the events of one that the table names."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    system: str
    events: str


class Table(BaseModel):
    """The whole file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    datasets: dict[str, str]
    providers: dict[str, str]
    elsewhere: dict[str, Elsewhere] = {}
    sets: dict[str, Sources]
    events: dict[str, dict[int, EventEntry]]


@cache
def table() -> Table:
    """Read the table; ConfigurationError with every unknown field, kind, set or value."""
    found, document = validated_taxonomy(FILE, Table)
    problems = [
        document.problem(place, message)
        for place, message in (*_set_problems(found), *_event_problems(found))
    ]
    if problems:
        raise ConfigurationError(sorted(problems, key=_line))
    return found


def _line(problem: Problem) -> int:
    return problem.line


def _set_problems(found: Table) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for name, sources in found.sets.items():
        for target, source in sources.items():
            for text in listed(source):
                message = _mapping_problem(target, text)
                if message:
                    yield ("sets", name, target), message


def _event_problems(found: Table) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for provider, events in found.events.items():
        for code, entry in events.items():
            place = ("events", provider, str(code))
            for message in _entry_problems(found, entry):
                yield place, f"{provider} {code}: {message}"


def _entry_problems(found: Table, entry: EventEntry) -> Iterator[str]:
    expected = categories()
    yield from (f"no such set: {name}" for name in entry.use if name not in found.sets)
    for name, value in (("event.category", entry.category), ("event.type", entry.type)):
        if fitting(name, value) is None:
            yield f"{name}: not all of {value} are allowed values"
    for one in entry.category:
        known = expected.category.get(one, frozenset())
        if known.isdisjoint(entry.type):
            yield f"event.type: none of {entry.type} is expected in the category {one}"
    if entry.kind not in expected.kind:
        yield f"event.kind: {entry.kind} is no allowed value"
    if entry.outcome and entry.outcome not in expected.outcome:
        yield f"event.outcome: {entry.outcome} is no allowed value"
    yield from (f"{name}: no such ECS field" for name in entry.set if name not in fields())
    for target, source in entry.fields.items():
        yield from filter(None, (_mapping_problem(target, text) for text in listed(source)))


def _mapping_problem(target: str, text: str) -> str:
    _, _, kind = text.partition(" as ")
    if not kind:
        return "" if target in fields() else f"{target}: no such ECS field"
    if kind not in KINDS:
        return f"{target}: no such kind as {kind!r}, known: {', '.join(sorted(KINDS))}"
    absent = [name for leaf in KINDS[kind].gives if (name := f"{target}.{leaf}") not in fields()]
    return f"{kind} there gives no ECS fields: {', '.join(absent)}" if absent else ""


def listed(source: str | list[str]) -> list[str]:
    """Give one source or several as a list."""
    return [source] if isinstance(source, str) else source
