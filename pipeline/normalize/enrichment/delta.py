"""What an enrichment answers, and the one place that puts it into an event."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from pipeline.model import Event, Json

Enricher: TypeAlias = Callable[[Event], Json]
"""A pure function of an event: a tree of ECS fields to add, {} for none. It changes nothing."""

NOTHING: Json = {}


@dataclass(frozen=True, slots=True)
class Step:
    """An enricher, and the top-level names of which an event must have one to be worth asking."""

    needs: frozenset[str]
    enrich: Enricher


def merge(tree: Json, delta: Json) -> None:
    """Add fields that are not there; what the event has stays. Lists of both are joined.

    The delta is copied, so that one may serve many events.
    """
    for name, value in delta.items():
        there = tree.get(name)
        if there is None:
            tree[name] = _copied(value)
        elif there.__class__ is dict and value.__class__ is dict:
            merge(there, value)
        elif there.__class__ is list and value.__class__ is list:
            tree[name] = [*there, *_copied(value)]


def _copied(value: Any) -> Any:
    if value.__class__ is dict:
        return {name: _copied(inner) for name, inner in value.items()}
    if value.__class__ is list:
        return [_copied(inner) for inner in value]
    return value
