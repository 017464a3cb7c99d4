"""Vendors' names for facts that ECS has a field for: the table ``synonyms.yml``, applied."""

from functools import cache

from pydantic import BaseModel, ConfigDict

from pipeline.errors import ConfigurationError
from pipeline.model import Json
from pipeline.normalize.ecs_schema import fields, fitting
from pipeline.normalize.taxonomy import put, validated_taxonomy


class Synonyms(BaseModel):
    """The whole table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fields: dict[str, list[str]]
    transport_names: list[str]
    transports: dict[str, str]
    industrial: list[str]
    logons: list[str]
    outcome_names: list[str]
    outcomes: dict[str, str]
    verdict_names: list[str]
    verdicts: dict[str, str]
    time_names: list[str]


@cache
def synonyms() -> Synonyms:
    """Read the table; ConfigurationError where it names an unknown ECS field."""
    found, document = validated_taxonomy("synonyms.yml", Synonyms)
    problems = [
        document.problem(("fields", name), f"{name}: no such ECS field")
        for name in found.fields
        if name not in fields()
    ]
    if problems:
        raise ConfigurationError(problems)
    return found


_NONE = ("", 0)


@cache
def _targets() -> dict[str, tuple[str, int]]:
    """Give for each vendor name its ECS field and its rank among that field's names."""
    return {
        name: (target, rank)
        for target, names in synonyms().fields.items()
        for rank, name in enumerate(names)
    }


def complete(ecs: Json, vendor: Json) -> None:
    """Fill what ECS lacks from the vendor's fields, by their names; what is there stays.

    Names are compared in lower case. Adds ``event.category``, ``type`` and ``outcome`` where the
    fields say them: an address on the wire is network activity, a packet filter's verdict allows
    or denies.
    """
    named = {name.lower(): value for name, value in vendor.items()}
    found: dict[str, tuple[int, object]] = {}
    targets = _targets()
    for name, value in named.items():
        target, rank = targets.get(name, _NONE)
        if target and (target not in found or rank < found[target][0]):
            fit = fitting(target, value)
            if fit is not None and fit != "":
                found[target] = rank, fit
    for target, (_, fit) in found.items():
        put(ecs, target, fit)
    _complete_network(ecs, named)
    _complete_event(ecs, named)


def _complete_network(ecs: Json, named: Json) -> None:
    table = synonyms()
    for text in _said(named, table.transport_names):
        if text in table.transports:
            put(ecs, "network.transport", table.transports[text])
        elif text and not text.isdigit():
            put(ecs, "network.protocol", text)
    event = ecs.get("event", {})
    action = _lower(event.get("action")).replace("-", "_")
    if (word := action.partition("_")[0]) in table.industrial:
        put(ecs, "network.protocol", word)
    if "category" in event:
        return
    if action in table.logons:
        put(ecs, "event.category", ["authentication"])
        put(ecs, "event.type", ["start"])
    elif "ip" in ecs.get("source", {}) or "ip" in ecs.get("destination", {}):
        industrial = ecs.get("network", {}).get("protocol") in table.industrial
        put(ecs, "event.category", ["network"])
        put(ecs, "event.type", ["protocol" if industrial else "connection"])


def _complete_event(ecs: Json, named: Json) -> None:
    table = synonyms()
    for text in _said(named, table.outcome_names):
        outcome = table.outcomes.get(text)
        if outcome:
            put(ecs, "event.outcome", outcome)
            break
    if "network" not in ecs.get("event", {}).get("category", ()):
        return
    for text in _said(named, table.verdict_names):
        verdict = table.verdicts.get(text)
        if verdict:
            types = ecs["event"].setdefault("type", [])
            if verdict not in types:
                types.append(verdict)
            return


def _said(named: Json, names: list[str]) -> list[str]:
    """Give what stands under some names, in lower case and in the order of the names."""
    return [_lower(named[name]) for name in names if name in named]


def _lower(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).lower() if isinstance(value, str | int) else ""
