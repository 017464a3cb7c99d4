"""What every row of a law pack carries.

Every row names its ground (``basis``), since when it holds, and who set it: the statute, a by-law
or, marked with author and date, our own policy (SPEC 2-4, 9). ``valid_to`` is the last day.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from pipeline.registry.moments import LATEST, Begin, End
from pipeline.registry.records import FLAG_PATTERN, Part, Text

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]{0,63}$")]
Grade = Annotated[int, Field(ge=0, le=4)]


def _flag(value: str) -> str:
    if isinstance(value, str) and not FLAG_PATTERN.match(value):
        raise ValueError(f"no object can have the flag {value!r}")
    return value


Flag = Annotated[str, BeforeValidator(_flag)]


class Names(Part):
    """A word in the languages of notices; none may be missing (35(1), 38(3))."""

    kk: Text
    ru: Text
    en: Text


class When(Part):
    """On which objects a row counts: all ``flags`` set, none of ``without``."""

    flags: tuple[Flag, ...] = ()
    without: tuple[Flag, ...] = ()


class Row(Part):
    """What every row carries.

    ``source`` is where an operator has a row from: number and date of the by-law or order.
    """

    id: str = ""
    basis: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    set_by: Literal["statute", "by-law", "policy"]
    valid_from: Begin
    valid_to: End = LATEST
    author: str = ""
    set_at: date | None = None
    source: str = ""
    reason: str = ""

    @model_validator(mode="after")
    def _policy_is_signed(self) -> "Row":
        if self.set_by == "policy" and not (self.author and self.set_at):
            raise ValueError("a policy row names its author and the date set_at")
        if self.valid_to <= self.valid_from:
            raise ValueError("valid_to is before valid_from")
        return self


class Instrument(Part):
    """A legal act that rows cite: the part of ``basis`` before the slash."""

    names: Names
    text: Text
