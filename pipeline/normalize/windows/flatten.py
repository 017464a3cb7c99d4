"""Nested vendor objects to flat ones with dotted names."""

from typing import Any

from pipeline.model import Json
from pipeline.normalize.ecs_document import keep

# Objects whose members stand under their own names: they are the event's data, not a part of it.
_DATA = ("EventData", "UserData", "event_data", "user_data")


def flatten_values(document: Json) -> Json:
    """Flatten a document's nested objects: ``{"a": {"b": 1}}`` becomes ``{"a.b": 1}``.

    The members of EventData and UserData keep their own names, unless these are taken.
    """
    flat = {name: value for name, value in document.items() if type(value) is not dict}
    for name, value in document.items():
        if type(value) is dict:
            if name in _DATA:
                merge_data(flat, value)
            else:
                flatten_into(flat, name, value)
    return flat


def flatten_into(flat: Json, prefix: str, value: Any) -> None:
    """Put a value under a dotted name, an object's members each under theirs.

    The markers of XML turned to JSON (``#attributes``, ``#text``, ``@name``) leave no trace in the
    name; a name that stands twice holds a list, so that nothing is lost.
    """
    if type(value) is dict:
        for name, inner in value.items():
            if name in ("#attributes", "#text"):
                flatten_into(flat, prefix, inner)
            elif name not in ("xmlns", "@xmlns"):
                short = name.removeprefix("@")
                flatten_into(flat, f"{prefix}.{short}" if prefix else short, inner)
        return
    keep(flat, prefix or "value", value)


def merge_data(flat: Json, data: Json) -> None:
    """Put an event's data beside its System fields, which win; a taken name gets a prefix."""
    for name, value in data.items():
        if type(value) is dict:
            flatten_into(flat, name if name not in flat else f"EventData.{name}", value)
        elif name not in flat:
            flat[name] = value
        else:
            flatten_into(flat, f"EventData.{name}", value)
