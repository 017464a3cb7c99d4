"""What `saqshy bench search` asks, and within how many milliseconds each should be answered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import orjson

from pipeline.model.conditions import Among, Condition
from pipeline.ports.searching import Ask, Kind, Search
from pipeline.query import condition
from pipeline.runtime.cli.bench_search_made import BEGIN, DAY, DAYS, OBJECTS

ONE_MS, DAY_MS = 200, 1_000
_END = BEGIN + DAYS * DAY
_OF_EVENTS = (
    "event.dataset", "event.code", "event.outcome", "host.name", "user.name", "source.ip",
    "saqshy.object_id",
)  # fmt: skip
_OF_INCIDENTS = (
    "state", "assessment.severity", "assessment.is_incident", "object_id", "assessment.rsit",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measured:
    """What is asked again and again, each time a little otherwise; its goal in milliseconds."""

    work: Callable[[int], object]
    goal: int


def questions(search: Search, page_ms: int) -> Mapping[str, Measured]:
    """Give what is asked; of other objects, days and people at each time."""
    first = search.page(Ask(Kind.INCIDENTS, limit=200)).rows
    ids = [str(orjson.loads(row)["id"]) for row in first]

    def page(kind: Kind, text: str, **over: object) -> Measured:
        where = condition(text, kind, _END)
        return Measured(lambda number: search.page(_ask(kind, where, number, **over)), page_ms)

    def day(text: str) -> Measured:
        where = condition(text, Kind.EVENTS, _END)
        return Measured(lambda number: search.page(_day(where, number)), DAY_MS)

    def one(number: int) -> object:
        named = ids[number % len(ids)]
        return search.one(Kind.INCIDENTS, named), search.revisions(Kind.INCIDENTS, named)

    return {
        "newest incidents": page(Kind.INCIDENTS, ""),
        "incidents by state": page(Kind.INCIDENTS, "state: new"),
        "by state and severity": page(
            Kind.INCIDENTS, "state: (new or acknowledged) and assessment.severity: critical"
        ),
        "by last change": page(Kind.INCIDENTS, "not state: closed", sort="changed_at"),
        "of one object": page(Kind.INCIDENTS, f"object_id: {OBJECTS[7]}"),
        "of an object that is not there": page(Kind.INCIDENTS, "object_id: kz-none"),
        "by a word that is nowhere": page(Kind.INCIDENTS, "nowhere"),
        "a page behind a cursor": Measured(lambda number: _deep(search, number), page_ms),
        "a list with facets and histogram": Measured(lambda n: _listed(search, n), page_ms),
        "facets and histogram of an object": Measured(lambda n: _counted(search, n), page_ms),
        "one incident": Measured(one, ONE_MS),
        "newest events": page(Kind.EVENTS, ""),
        "events of an object": page(Kind.EVENTS, f"saqshy.object_id: {OBJECTS[3]}"),
        "a day by host": day("host.name: host-0042"),
        "a day by address": day("source.ip: 10.1.4.7"),
        "a day by user and outcome": day("user.name: user-0815 and event.outcome: failure"),
        "a day by a word": day("nowhere-to-be-found"),
        "a day by a field without index": day("saqshy.native.LogonType: 10"),
        "a day's events by seven facets": Measured(
            lambda number: search.facets(_day(condition("", Kind.EVENTS, _END), number),
                                         _OF_EVENTS), DAY_MS),
        "a day's events of a host by facets": Measured(
            lambda number: search.facets(
                _day(condition("host.name: host-0042", Kind.EVENTS, _END), number), _OF_EVENTS),
            DAY_MS),
    }  # fmt: skip


def _ask(kind: Kind, where: Condition, number: int, **over: object) -> Ask:
    end = _END - number % DAYS * (DAY // 3)
    return replace(Ask(kind, where, end=end), **over)  # type: ignore[arg-type]


def _day(where: Condition, number: int) -> Ask:
    begin = BEGIN + number * 7 % DAYS * DAY
    return Ask(Kind.EVENTS, where, begin=begin, end=begin + DAY)


def _deep(search: Search, number: int) -> object:
    ask = _ask(Kind.INCIDENTS, condition("state: new", Kind.INCIDENTS, _END), number)
    return search.page(replace(ask, after=search.page(ask).after))


def _listed(search: Search, number: int) -> object:
    """Ask for what the console shows of incidents: a page, facets, a month's histogram."""
    ask = _ask(Kind.INCIDENTS, condition("", Kind.INCIDENTS, _END), number, begin=BEGIN)
    return search.page(ask), search.facets(ask, _OF_INCIDENTS), search.histogram(ask, DAY)


def _counted(search: Search, number: int) -> object:
    ask = _ask(Kind.INCIDENTS, Among("object_id", (OBJECTS[number % len(OBJECTS)],)), 0)
    return search.facets(ask, ["state", "assessment.severity"]), search.histogram(ask, DAY)
