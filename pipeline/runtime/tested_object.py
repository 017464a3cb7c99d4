"""The object that a rule's test describes, as a running system would know it."""

from collections.abc import Callable, Sequence
from datetime import UTC
from typing import Any

from pydantic import ValidationError

from pipeline.content.rule_tests import TESTED
from pipeline.errors import ConfigurationError, Problem
from pipeline.model import Event, RawBatch
from pipeline.normalize import Normalized, Normalizer, Profile
from pipeline.registry import ObjectRecord
from pipeline.registry.registry import make_registry
from pipeline.runtime.facts import Facts


def reading_of(fields: dict[str, Any]) -> Callable[[RawBatch], Normalized]:
    """Give the normaliser of an object with these fields of its record, facts laid on its events.

    ConfigurationError where the fields are no record.
    """
    try:
        record = ObjectRecord.model_validate({"id": TESTED, **fields})
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(map(str, ("object", *first["loc"])))
        problem = Problem(where, 0, first["msg"], "write fields of rules/objects/README.md")
        raise ConfigurationError([problem]) from error
    facts = Facts(make_registry([record]), lambda _object, _at: record)

    def enrich(events: Sequence[Event]) -> None:
        facts(events)
        facts.cross(events)

    return Normalizer(lambda _object, _source: Profile("auto", UTC), enrich)
