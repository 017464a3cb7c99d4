"""Which fields an event of each format must fill, and which of them an event lacks."""

from functools import cache

from pydantic import RootModel

from pipeline.model import Event, TimeConfidence
from pipeline.normalize.formats.json_document import says_more
from pipeline.normalize.taxonomy import validated_taxonomy


@cache
def required_fields() -> dict[str, tuple[str, ...]]:
    """Give the requirements by format; ConfigurationError where the table is broken."""
    table, _ = validated_taxonomy("required.yml", RootModel[dict[str, tuple[str, ...]]])
    return table.root


def missing_fields(event: Event) -> tuple[str, ...]:
    """Give the requirements that an event does not meet; a format without a list meets none."""
    wanted = required_fields().get(event.format)
    if wanted is None:
        return (f"a list of required fields for {event.format}",)
    return tuple(
        need for need in wanted if not any(_filled(event, name) for name in need.split(" | "))
    )


def _filled(event: Event, name: str) -> bool:
    if name == "time":
        return event.time_confidence is not TimeConfidence.RECEIVED
    if name == "native":
        return bool(event.native)
    if name == "more":
        return says_more(event.ecs, event.native)
    if name.startswith("native."):
        return event.native.get(name.removeprefix("native."), "") not in ("", None)
    at: object = event.ecs
    for part in name.split("."):
        at = at.get(part) if isinstance(at, dict) else None
    return at not in ("", None, [], {})
