"""Correlation as the text of Sigma 2.1 has it, by looking at every window of every group.

It reads the documents' YAML itself and shares nothing with the fold: no index, no state, no order
of arrival. Where the text leaves a choice it follows what the fold's docstrings decide.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

SECOND = 1_000_000_000
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True)
class Happened:
    """One event: when, which, what rules it matched by name, and its fields."""

    time: int
    id: str
    rules: frozenset[str]
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Found:
    """One finding: all but its id and its revisions."""

    rule: str
    group: tuple[tuple[str, str], ...]
    first: int
    last: int
    count: int
    ids: tuple[str, ...]


@dataclass
class Group:
    """The events of one group, each with the rules of the correlation that it matched."""

    events: dict[tuple[int, str], set[str]] = field(default_factory=dict)
    fields: dict[tuple[int, str], dict[str, Mapping[str, Any]]] = field(default_factory=dict)


class Oracle:
    """Findings of a list of documents (parsed YAML) over events."""

    def __init__(self, documents: Sequence[Mapping[str, Any]], events: Sequence[Happened]) -> None:
        self._documents = {each["name"]: each for each in documents if "correlation" in each}
        self._events = events

    def findings(self) -> list[Found]:
        """Give the findings of every correlation that none refers to without generate."""
        told: list[Found] = []
        for name, document in self._documents.items():
            users = [
                each for each in self._documents.values() if name in each["correlation"]["rules"]
            ]
            if not users or any(_generates(each) for each in users):
                told += self._found(document)
        return sorted(told, key=repr)

    def _found(self, document: Mapping[str, Any]) -> Iterator[Found]:
        span = _timespan(document)
        for group, held in self._groups(document).items():
            chains: list[list[int]] = []
            for end, _ in self._ends(document, held):
                if chains and end - chains[-1][-1] < span:
                    chains[-1].append(end)
                else:
                    chains.append([end])
            for chain in chains:
                inside = sorted(
                    event
                    for event in held.events
                    if any(end - span < event[0] <= end for end in chain)
                )
                named = tuple(zip(_group_by(document), group, strict=True))
                ids = tuple(event_id for _, event_id in inside[:50])
                first, last = inside[0][0], inside[-1][0]
                yield Found(document["id"], named, first, last, len(inside), ids)

    def _groups(self, document: Mapping[str, Any]) -> dict[tuple[str, ...], Group]:
        """Split the events of a correlation's rules by what it groups by."""
        section = document["correlation"]
        groups: dict[tuple[str, ...], Group] = {}
        for rule in sorted(section["rules"]):
            for event in self._matching(rule):
                values = [
                    _text(event.fields.get(_alias(section, name, rule)))
                    for name in _group_by(document)
                ]
                if None in values:
                    continue
                if self._value(document, rule, event.fields) is None:
                    continue
                group = groups.setdefault(tuple(map(str, values)), Group())
                group.events.setdefault((event.time, event.id), set()).add(rule)
                group.fields.setdefault((event.time, event.id), {})[rule] = event.fields
        return groups

    def _matching(self, rule: str) -> Iterator[Happened]:
        """Give the events of a rule; of a correlation those at whose instant it holds."""
        if rule not in self._documents:
            yield from (event for event in self._events if rule in event.rules)
            return
        document = self._documents[rule]
        section = document["correlation"]
        for group, held in self._groups(document).items():
            for end, instant in self._ends(document, held):
                for at, event_id in [event for event in held.events if event[0] == instant]:
                    member, fields = sorted(held.fields[at, event_id].items())[0]
                    renamed = {
                        alias: fields.get(by_rule[member])
                        for alias, by_rule in section.get("aliases", {}).items()
                        if member in by_rule
                    }
                    own = dict(zip(_group_by(document), group, strict=True))
                    yield Happened(end, event_id, frozenset({rule}), {**fields, **renamed, **own})

    def _ends(self, document: Mapping[str, Any], held: Group) -> Iterator[tuple[int, int]]:
        """Give (end of the window, instant of its event) wherever the condition holds."""
        span = _timespan(document)
        forward = "positive" in document
        for instant in sorted({time for time, _ in held.events}):
            if forward and not any(
                rules & set(document["positive"])
                for (time, _), rules in held.events.items()
                if time == instant
            ):
                continue
            end = instant + span - 1 if forward else instant
            inside = {
                event: rules for event, rules in held.events.items() if end - span < event[0] <= end
            }
            if self._holds(document, held, inside, instant):
                yield end, instant

    def _holds(
        self,
        document: Mapping[str, Any],
        held: Group,
        inside: Mapping[tuple[int, str], set[str]],
        instant: int,
    ) -> bool:
        section = document["correlation"]
        kind, rules = section["type"], section["rules"]
        condition = section.get("condition", {"gte": len(rules)})
        present = set().union(*inside.values())
        if isinstance(condition, str):
            return _in_words(condition, kind, inside, present)
        if kind == "event_count":
            return _compared(condition, len(inside))
        if kind == "temporal":
            return _compared(condition, len(present))
        if kind == "temporal_ordered":
            return _compared(condition, _longest(inside, rules))
        values = {}
        for event in inside:
            rule, fields = sorted(held.fields[event].items())[0]
            values[event] = self._value(document, rule, fields)
        return _measured(kind, condition, values, instant)

    def _value(self, document: Mapping[str, Any], rule: str, fields: Mapping[str, Any]) -> Any:
        section = document["correlation"]
        condition = section.get("condition")
        if not isinstance(condition, dict) or "field" not in condition:
            return "counted"
        names = condition["field"]
        names = names if isinstance(names, list) else [names]
        texts = [_text(fields.get(_alias(section, name, rule))) for name in names]
        if None in texts:
            return None
        numeric = section["type"] in ("value_sum", "value_avg") or "percentile" in condition
        if not numeric:
            return tuple(texts)
        try:
            return Fraction(str(texts[0]))
        except ValueError:
            return None


def _generates(document: Mapping[str, Any]) -> bool:
    return bool(document.get("generate") or document["correlation"].get("generate"))


def _group_by(document: Mapping[str, Any]) -> list[str]:
    return list(document["correlation"].get("group-by", []))


def _timespan(document: Mapping[str, Any]) -> int:
    text = document["correlation"]["timespan"]
    return int(text[:-1]) * _UNITS[text[-1]] * SECOND


def _alias(section: Mapping[str, Any], name: str, rule: str) -> str:
    return str(section.get("aliases", {}).get(name, {}).get(rule, name))


def _text(value: Any) -> str | None:
    if isinstance(value, list):
        value = value[0] if value else None
    return None if value is None else str(value)


def _compared(condition: Mapping[str, Any], number: Any) -> bool:
    tests = {
        "gt": lambda limit: number > limit,
        "gte": lambda limit: number >= limit,
        "lt": lambda limit: number < limit,
        "lte": lambda limit: number <= limit,
        "eq": lambda limit: number == limit,
        "neq": lambda limit: number != limit,
    }
    return all(tests[op](Fraction(str(condition[op]))) for op in tests if op in condition)


def _measured(
    kind: str, condition: Mapping[str, Any], values: Mapping[tuple[int, str], Any], instant: int
) -> bool:
    numbers = list(values.values())
    if kind == "value_count":
        return _compared(condition, len(set(numbers)))
    if kind == "value_sum":
        return _compared(condition, sum(numbers))
    if kind == "value_avg":
        return _compared(condition, sum(numbers) / len(numbers))
    if "percentile" in condition:
        ordered = sorted(numbers)
        place = Fraction(condition["percentile"] * (len(ordered) - 1), 100)
        low, high = ordered[int(place)], ordered[-int(-place // 1)]
        return _compared(condition, low + (high - low) * (place - int(place)))
    ends = [value for (time, _), value in values.items() if time == instant]
    return any(
        _compared(condition, Fraction(100 * numbers.count(value), len(numbers))) for value in ends
    )


def _longest(inside: Mapping[tuple[int, str], set[str]], rules: Sequence[str]) -> int:
    """Try every way to walk through the events, each standing for one rule at most."""

    def walk(rule: int, time: int, used: frozenset[tuple[int, str]]) -> int:
        best = 0
        for event, matched in inside.items():
            if event[0] < time or event in used:
                continue
            for place in range(rule, len(rules)):
                if rules[place] in matched:
                    best = max(best, 1 + walk(place + 1, event[0], used | {event}))
        return best

    return walk(0, -1, frozenset())


def _in_words(
    expression: str, kind: str, inside: Mapping[tuple[int, str], set[str]], present: set[str]
) -> bool:
    """Ask the expression itself; in order: whether some rules in the order written suffice."""
    words = dict.fromkeys(expression.replace("(", " ").replace(")", " ").split())
    names = [name for name in words if name not in ("and", "or", "not")]

    def true_for(chosen: set[str]) -> bool:
        return bool(eval(expression, {}, {name: name in chosen for name in names}))

    if kind == "temporal":
        return true_for(present)
    there = [name for name in names if name in present]
    for number in range(2 ** len(there)):
        chosen = [name for bit, name in enumerate(there) if number >> bit & 1]
        others = [name for name in there if name not in chosen]
        all_true = all(
            true_for({*chosen, *(name for bit, name in enumerate(others) if more >> bit & 1)})
            for more in range(2 ** len(others))
        )
        if all_true and _longest(inside, chosen) == len(chosen):
            return True
    return False
