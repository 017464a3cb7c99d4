"""Planned work: a time for which a silence of an object or a source was announced, and by whom."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from pipeline.registry.moments import Begin, End
from pipeline.registry.part import Part, Text

LONGEST_DAYS = 90  # as long as a silence of findings may last: nothing is put out of sight for good
_DAY = 86_400 * 1_000_000_000


class Maintenance(Part):
    """Work from ``begin`` until ``end``: what is silent then is no finding (1(29-1)).

    ``author`` is who answers for it, ``reason`` why, with the order's number where there is one.
    """

    begin: Begin
    end: End
    reason: Annotated[Text, Field(min_length=10)]
    author: Text

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end <= self.begin:
            raise ValueError("planned work ends before it begins")
        if self.end - self.begin > LONGEST_DAYS * _DAY:
            raise ValueError(f"planned work lasts longer than {LONGEST_DAYS} days: split it")
        return self


def planned(windows: tuple[Maintenance, ...], at: int) -> bool:
    """Tell whether work is planned at an instant (nanoseconds)."""
    return any(one.begin <= at < one.end for one in windows)
