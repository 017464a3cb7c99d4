"""Documents that carry ECS fields: what fits the schema, what stays the vendor's."""

from typing import Any

from pipeline.model import Json
from pipeline.normalize.ecs_schema import fields, fitting, parents
from pipeline.normalize.tree import put

MOST_NOTES = 8  # a document of ten thousand bad fields must not make ten thousand notes


def split(document: Json, skip: frozenset[str] = frozenset()) -> tuple[Json, Json, tuple[str, ...]]:
    """Part a document into nested ECS fields, flat vendor fields, and notes on fields that misfit.

    Names may be nested, dotted or both. A value that does not fit its ECS field stays under its
    own name with the vendor's and is noted as ``bad_field:NAME``. Null says nothing and is left
    out. ``skip`` names members of the document that are not looked at.
    """
    ecs: Json = {}
    left: Json = {}
    bad: list[str] = []
    for name, value in document.items():
        if name not in skip:
            _split_value(name, value, ecs, left, bad)
    return ecs, left, tuple(f"bad_field:{name}" for name in bad[:MOST_NOTES])


def _split_value(name: str, value: Any, ecs: Json, left: Json, bad: list[str]) -> None:
    if value is None:
        return
    known = name in fields()
    if type(value) is dict and (not known or name in parents()):
        for inner, item in value.items():
            _split_value(f"{name}.{inner}", item, ecs, left, bad)
        return
    if known:
        fit = fitting(name, value)
        if fit is not None and put(ecs, name, fit):
            return
        bad.append(name)
    elif name in parents():
        bad.append(name)
    keep(left, name, value)


def keep(flat: Json, name: str, value: Any) -> None:
    """Keep a vendor's value under its name; a name that stands twice holds a list of both."""
    if name not in flat:
        flat[name] = value
    elif isinstance(flat[name], list):
        flat[name] = [*flat[name], value]  # the list may be the document's own
    else:
        flat[name] = [flat[name], value]


def overlay(ecs: Json, given: Json, prefix: str = "") -> Json:
    """Add given ECS fields where ours are silent; gives what ours displaced, by dotted name."""
    displaced: Json = {}
    for name, value in given.items():
        mine = ecs.get(name)
        if mine is None:
            ecs[name] = value
        elif isinstance(mine, dict) and isinstance(value, dict):
            displaced |= overlay(mine, value, f"{prefix}{name}.")
        elif mine != value:
            displaced[f"{prefix}{name}"] = value
    return displaced
