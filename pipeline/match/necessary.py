"""What an event must show for a rule to match, told from the rule's form alone.

The index has a cheaper answer of its own; this one is for people, and for the question whether a
rule has to be asked about every event of its log source.
"""

from collections.abc import Iterable

from pipeline.content.predicate import (
    And,
    Exists,
    Leaf,
    Not,
    Null,
    Or,
    Predicate,
    Regex,
    Text,
)
from pipeline.match.regex import compile_regex

Needed = tuple[Leaf, ...] | None


def needed_leaves(predicate: Predicate) -> Needed:
    """Give leaves of which every matching event passes one; None where there are none such.

    Of an *and* the part with the fewest serves, of equal ones the first. A leaf that holds where
    a field is not there is no such leaf, and neither is one that ``Not`` turns round. ``()`` means
    that nothing can match.
    """
    if isinstance(predicate, And):
        return _fewest(map(needed_leaves, predicate.items))
    if isinstance(predicate, Or):
        return _united(map(needed_leaves, predicate.items))
    if isinstance(predicate, Not):
        return _needed_by_not(predicate.item)
    return (predicate,) if _shows(predicate) else None


def _needed_by_not(item: Predicate) -> Needed:
    if isinstance(item, Not):
        return needed_leaves(item.item)
    if isinstance(item, Or):
        return _fewest(map(_needed_by_not, item.items))
    if isinstance(item, And):
        return _united(map(_needed_by_not, item.items))
    return (Exists(item.field, present=True),) if isinstance(item, Null) else None


def _fewest(choices: Iterable[Needed]) -> Needed:
    able = [choice for choice in choices if choice is not None]
    return min(able, key=len, default=None)


def _united(choices: Iterable[Needed]) -> Needed:
    found: dict[Leaf, None] = {}
    for choice in choices:
        if choice is None:
            return None
        found.update(dict.fromkeys(choice))
    return tuple(found)


def _shows(leaf: Leaf) -> bool:
    """Tell whether a leaf asks for something that must be in the event."""
    if isinstance(leaf, Null):
        return False
    if isinstance(leaf, Exists):
        return leaf.present
    if isinstance(leaf, Text) and leaf.field is None:
        return any(isinstance(part, str) for part in leaf.parts)
    if isinstance(leaf, Regex) and leaf.field is None:
        return not compile_regex(leaf.pattern, leaf.flags).search("")
    return True


def never_matches(predicate: Predicate) -> str:
    """Say why no event can match a predicate, "" where one may.

    Found are: an *or* of nothing, a part together with its own contrary, a field asked to have no
    value beside a test of its value.
    """
    if isinstance(predicate, Or):
        reasons = [never_matches(item) for item in predicate.items]
        if not reasons:
            return "it is an alternative of nothing"
        return reasons[0] if all(reasons) else ""
    if isinstance(predicate, Not):
        return "it excludes everything" if _always(predicate.item) else ""
    if isinstance(predicate, And):
        parts = _conjuncts(predicate)
        return next(filter(None, map(never_matches, parts)), "") or _contradiction(parts)
    return ""


def _contradiction(parts: list[Predicate]) -> str:
    refused = {part.item for part in parts if isinstance(part, Not)}
    if any(part in refused for part in parts):
        return "it asks for a part and for its contrary"
    empty = {part.field for part in parts if isinstance(part, Null)}
    for part in parts:
        if not isinstance(part, And | Or | Not | Null | Exists) and part.field in empty:
            return f"it asks {part.field} for no value and for a value"
    return ""


def _conjuncts(predicate: And) -> list[Predicate]:
    """Give the parts of an *and*, those of nested ones too."""
    found: list[Predicate] = []
    for item in predicate.items:
        found += _conjuncts(item) if isinstance(item, And) else [item]
    return found


def _always(predicate: Predicate) -> bool:
    if isinstance(predicate, And):
        return all(map(_always, predicate.items))
    return isinstance(predicate, Or) and any(map(_always, predicate.items))
