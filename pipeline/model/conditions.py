"""What a document must be like: the conditions that a question is made of, whoever answers it.

A question of people (``pipeline.query``) and what a viewer may see (``pipeline.access``) are both
made of these; a store translates them, or asks ``holds`` of each document. Fields are dotted paths
as in the document's JSON; a list holds what one of its members holds.

Texts compare without regard to case (Unicode, ``casefold``); times and numbers by their value.
"""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class All:
    """Every one of them holds; of nothing: everything."""

    of: tuple["Condition", ...] = ()


@dataclass(frozen=True, slots=True)
class Either:
    """One of them holds; of nothing: nothing."""

    of: tuple["Condition", ...] = ()


@dataclass(frozen=True, slots=True)
class Not:
    """It does not hold."""

    of: "Condition"


@dataclass(frozen=True, slots=True)
class Among:
    """The field has one of these values; ``fields`` of "" asks every field that is searched."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Like:
    """The field's text fits: ``*`` stands for any text, all else for itself."""

    field: str
    parts: tuple[str, ...]  # what stands between the stars


@dataclass(frozen=True, slots=True)
class Within:
    """The field's number or time lies in a range; an end that is None is open.

    A time is in nanoseconds, as a number.
    """

    field: str
    least: float | int | None = None
    most: float | int | None = None
    above: bool = False  # without the least itself
    below: bool = False  # without the most itself


@dataclass(frozen=True, slots=True)
class Present:
    """The field is there and not null."""

    field: str


Condition: TypeAlias = All | Either | Not | Among | Like | Within | Present
EVERYTHING = All()
NOTHING = Either()
