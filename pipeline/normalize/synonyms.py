"""Vendors' names for facts that ECS has a field for: the table ``synonyms.yml``, applied."""

from functools import cache

from pydantic import BaseModel, ConfigDict

from pipeline.errors import ConfigurationError
from pipeline.normalize.ecs_schema import fields
from pipeline.normalize.taxonomy import validated_taxonomy


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
