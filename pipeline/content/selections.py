"""A detection section before pySigma reads it: each selection spelt, and its size kept in bounds.

A few words of a condition can name thousands of tests many times over, and brackets can nest
deeper than any parser's stack; both are told here, before anything is made of them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

from pipeline.content.documents import Place
from pipeline.content.items import Spelt, spell, spell_keyword
from pipeline.content.refusal import NotUnderstood

MOST_TESTS = 100_000
MOST_SELECTIONS = 1_000
MOST_CONDITION = 10_000
MOST_WORDS = 5_000
MOST_DEPTH = 60
_WORDS = ("and", "or", "not", "of", "them", "1", "any", "all", "(", ")")
_NOT_SELECTIONS = ("condition", "rules")
_TOKEN = re.compile(r"[()]|[^\s()]+")


@dataclass(slots=True)
class Section:
    """A detection or filter section as pySigma is given it."""

    data: dict[str, Any] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)


def spell_section(section: Any, name: str) -> dict[str, Any]:
    """Spell a section, ``name`` being detection or filter; NotUnderstood with the place."""
    if not isinstance(section, dict):
        told = f"{name} is no mapping of selections and a condition"
        raise NotUnderstood(told, name, way_out="write selection: and condition: under it")
    if "timeframe" in section:
        told = "timeframe belongs to the old aggregations"
        raise NotUnderstood(told, name, "timeframe", way_out="write a correlation rule")
    spelt = Section()
    for key, part in section.items():
        if key in _NOT_SELECTIONS and (key, name) != ("rules", "detection"):
            spelt.data[key] = part
            continue
        if key in _WORDS:
            told = f"the selection {key!r} is called like a word of conditions"
            raise NotUnderstood(told, name, key, way_out="call it otherwise")
        spelt.data[key], spelt.sizes[key] = _selection(part, (name, key))
    if not 0 < len(spelt.sizes) <= MOST_SELECTIONS:
        told = f"{name} has {len(spelt.sizes)} selections, and may have 1 to {MOST_SELECTIONS}"
        raise NotUnderstood(told, name, way_out="write them beside condition")
    _check_conditions(section, spelt.sizes, name)
    return _without_hyphens(spelt)


def _selection(part: Any, place: Place) -> tuple[Any, int]:
    """Spell a selection, or a part of one, and count its tests."""
    if isinstance(part, Mapping):
        return _map(part, place)
    if isinstance(part, list):
        if not part:
            raise NotUnderstood("the list is empty", *place, way_out="give it values")
        spelt = [_selection(one, (*place, index)) for index, one in enumerate(part)]
        return [one for one, _ in spelt], sum(size for _, size in spelt)
    try:
        return spell_keyword(part), 1
    except NotUnderstood as error:
        raise _placed(error, place) from error


class _Items(dict[str, Spelt]):
    """Items by the key that was written: two of them may be spelt alike, and both must hold."""

    def items(self) -> list[tuple[str, Any]]:  # type: ignore[override]  # all that pySigma asks
        return [(item.key, item.value) for item in self.values()]


def _map(part: Mapping[str, Any], place: Place) -> tuple[_Items, int]:
    if not part:
        raise NotUnderstood("the mapping is empty", *place, way_out="give it fields and values")
    written = _Items()
    for key, value in part.items():
        try:
            written[key] = spell(key, value)
        except NotUnderstood as error:
            raise _placed(error, (*place, key)) from error
    total = sum(item.size for item in written.values())
    if total > MOST_TESTS:
        raise _too_many(*place)
    return written, total


def _placed(error: NotUnderstood, place: Place) -> NotUnderstood:
    return NotUnderstood(str(error), *place, way_out=error.way_out)


def _too_many(*place: str | int) -> NotUnderstood:
    told = f"the rule would be more than {MOST_TESTS} tests"
    return NotUnderstood(told, *place, way_out="split it into several rules")


def _check_conditions(section: Mapping[str, Any], sizes: Mapping[str, int], name: str) -> None:
    place = (name, "condition")
    given = section.get("condition")
    conditions = given if isinstance(given, list) and name == "detection" else [given]
    if "condition" not in section or not conditions:
        raise NotUnderstood(f"{name} has no condition", name, way_out="write condition: selection")
    words: list[str] = []
    for condition in conditions:
        if not isinstance(condition, str) or not condition.strip():
            told = f"the condition {str(condition)[:99]!r} is no text"
            raise NotUnderstood(told, *place, way_out="name selections of this rule in it")
        if "|" in condition:
            told = "the pipe in a condition belongs to the old aggregations"
            raise NotUnderstood(told, *place, way_out="write a correlation rule")
        tokens = _TOKEN.findall(condition[: MOST_CONDITION + 1])
        words += tokens
        if len(condition) > MOST_CONDITION or len(words) > MOST_WORDS:
            told = f"the condition is longer than {MOST_CONDITION} characters, {MOST_WORDS} words"
            raise NotUnderstood(told, *place, way_out="name the selections alike: 1 of name*")
        _check_depth(tokens, place)
    named = {word: _named(word, sizes, place) for word in dict.fromkeys(words)}
    if sum(named[word] for word in words) > MOST_TESTS:
        raise _too_many(*place)


def _check_depth(words: list[str], place: Place) -> None:
    """Count brackets and negations that stand inside one another."""
    opened: list[int] = []
    depth = 0
    for word in words:
        if word in ("(", "not"):
            if word == "(":
                opened.append(depth)
            depth += 1
        elif word == ")":
            depth = opened.pop() if opened else 0
        else:
            depth = opened[-1] + 1 if opened else 0
        if depth > MOST_DEPTH:
            told = f"the condition nests more than {MOST_DEPTH} brackets and negations"
            raise NotUnderstood(told, *place, way_out="write it flat")


def _named(word: str, sizes: Mapping[str, int], place: Place) -> int:
    """Count the tests that a word of a condition stands for."""
    if word == "them":
        return sum(sizes.values())
    if word in _WORDS:
        return 0
    if "*" in word:
        found = [size for name, size in sizes.items() if fnmatchcase(name, word)]
    else:
        found = [sizes[word]] if word in sizes else []
    if not found:
        told = f"the condition names {word[:99]!r}, and no selection is called so"
        near = get_close_matches(word[:99], [*sizes, "and", "or", "not"], 1)
        lower = word.lower() in _WORDS
        way_out = f"write {word.lower()}" if lower else f"did you mean {near[0]}?" if near else ""
        raise NotUnderstood(
            told, *place, way_out=way_out or "write that selection, or leave it out"
        )
    return sum(found)


def _without_hyphens(section: Section) -> dict[str, Any]:
    """Write names without hyphens, which pySigma knows in names and not in their patterns."""
    if not any("-" in name for name in section.sizes):
        return section.data
    conditions = section.data["condition"]
    spelt: Any = (
        [_HYPHEN.sub(_INSTEAD, one) for one in conditions]
        if isinstance(conditions, list)
        else _HYPHEN.sub(_INSTEAD, conditions)
    )
    renamed = {
        _HYPHEN.sub(_INSTEAD, key) if key in section.sizes else key: part
        for key, part in section.data.items()
    }
    return {**renamed, "condition": spelt}


_HYPHEN = re.compile("-")
_INSTEAD = "0hyphen0"
