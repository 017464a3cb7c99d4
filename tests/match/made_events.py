"""Events made out of a rule's own words, so that every rule of a corpus has something to hit."""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

from tests.match.sigma_documents import OracleRule
from tests.match.sigma_values import ANY, ONE, value_patterns, wildcards

Event = dict[str, Any]
KEYWORDS = "Message"
MARK = "made"  # an event without any field has nothing that keywords could be sought in
TRIES = 40


def events_for(rule: OracleRule, random: Random) -> Iterator[Event]:
    """Give an event that the rule matches, where one was found, and some near it."""
    for _ in range(TRIES):
        event = event_for(rule.detection, random)
        if rule.matches({**event, MARK: MARK}):
            break
    yield event
    yield {name: _swapped(value) for name, value in event.items()}
    if event:
        name = random.choice(sorted(event))
        yield {other: value for other, value in event.items() if other != name}
        yield {**event, name: _extended(event[name], random)}


def event_for(detection: Mapping[str, Any], random: Random) -> Event:
    """Give an event that fulfils the selections that the condition does not negate."""
    event: Event = {}
    for name in _wanted(detection, random):
        _fulfil(detection[name], event, random)
    return event


def _wanted(detection: Mapping[str, Any], random: Random) -> list[str]:
    """Name the selections to fulfil: roughly, those that no ``not`` stands before."""
    condition = detection["condition"]
    text = random.choice(condition) if isinstance(condition, list) else condition
    plain = re.sub(r"not\s+(?:\([^()]*\)|(?:1|any|all) of \S+|\S+)", "", text)
    selections = [name for name in detection if name != "condition"]
    found = []
    for word in re.findall(r"[\w*.-]+", plain):
        pattern = "[^_].*" if word == "them" else ".*".join(map(re.escape, word.split("*")))
        found += [name for name in selections if re.fullmatch(pattern, name)]
    names = list(dict.fromkeys(found))
    # Of alternatives one may exclude another: at times only some are fulfilled.
    return names if random.randrange(2) else random.sample(names, random.randint(0, len(names)))


def _fulfil(part: Any, event: Event, random: Random) -> None:
    if isinstance(part, dict):
        for key, value in part.items():
            _item(key, value, event, random)
    elif isinstance(part, list):
        _fulfil(random.choice(part), event, random)
    else:
        _item("", part, event, random)


def _item(key: str, value: Any, event: Event, random: Random) -> None:
    field, *modifiers = key.split("|")
    values = value if isinstance(value, list) else [value]
    chosen = values if "all" in modifiers else [random.choice(values)] if values else []
    if "neq" in modifiers:
        return
    if "fieldref" in modifiers:
        event[field] = event[str(chosen[0])] = "same"
        return
    made = [_value(one, modifiers) for one in chosen]
    field = field or KEYWORDS
    for one in made:
        if one is None:
            continue
        if field in event and isinstance(one, str):
            event[field] = f"{event[field]} {one}"
        else:
            event[field] = one


def _value(wanted: Any, modifiers: list[str]) -> Any:
    """Give a value that passes; None where the field should be absent."""
    if "exists" in modifiers:
        return "here" if wanted else None
    if "re" in modifiers:
        return example_of(wanted)
    if "cidr" in modifiers:
        return str(ipaddress.ip_network(wanted)[0])
    if not isinstance(wanted, str):
        step = {"gt": 1, "gte": 1, "lt": -1, "lte": -1}
        return wanted + step[modifiers[0]] if modifiers and modifiers[0] in step else wanted
    pattern = value_patterns(wildcards(wanted), modifiers, keyword=False)[0]
    return pattern.replace(ANY, "").replace(ONE, "q")


def _swapped(value: Any) -> Any:
    return value.swapcase() if isinstance(value, str) else value


def _extended(value: Any, random: Random) -> Any:
    if not isinstance(value, str):
        return str(value) + random.choice(" 0")
    at = random.choice((0, len(value) // 2, len(value)))
    return value[:at] + random.choice("a \\é") + value[at:]


def example_of(pattern: str) -> str:
    """Give a short text that a regular expression is found in, where that is easily told."""
    return _example(re._parser.parse(pattern))  # type: ignore[attr-defined, unused-ignore]


def _example(parsed: Any) -> str:
    return "".join(_piece(str(kind), argument) for kind, argument in parsed)


def _piece(kind: str, argument: Any) -> str:
    if kind == "LITERAL":
        return chr(argument)
    if kind in ("NOT_LITERAL", "ANY"):
        return "b" if argument == ord("a") else "a"
    if kind == "IN":
        return _member(argument)
    if kind in ("BRANCH", "SUBPATTERN"):
        return _example(argument[1][0] if kind == "BRANCH" else argument[3])
    if kind in ("MAX_REPEAT", "MIN_REPEAT"):
        least, most, inner = argument
        return _example(inner) * (least or min(int(most), 1))
    return ""


def _member(items: list[Any]) -> str:
    kinds = [(str(kind), argument) for kind, argument in items]
    if kinds[0][0] == "NEGATE":
        wanted = re.compile("[^" + re.escape("".join(map(_one_of, kinds[1:]))) + "]")
        return next(filter(wanted.match, "aZ5_ é"), "")
    return _one_of(kinds[0])


def _one_of(item: tuple[str, Any]) -> str:
    kind, argument = item
    if kind == "RANGE":
        return chr(argument[0])
    if kind == "CATEGORY":
        categories = {"DIGIT": "5", "SPACE": " ", "WORD": "a"}
        return categories.get(str(argument).removeprefix("CATEGORY_"), "-")
    return chr(argument)
