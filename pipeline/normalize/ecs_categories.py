"""Which values the four categorization fields of the Elastic Common Schema may have."""

from functools import cache

from pydantic import BaseModel, ConfigDict

from pipeline.normalize.taxonomy import validated_taxonomy


class Categories(BaseModel):
    """The values of the four categorization fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: frozenset[str]
    outcome: frozenset[str]
    type: frozenset[str]
    category: dict[str, frozenset[str]]


@cache
def categories() -> Categories:
    """Give the allowed values of ``event.kind``, ``category``, ``type`` and ``outcome``."""
    return validated_taxonomy("categories.yml", Categories)[0]
