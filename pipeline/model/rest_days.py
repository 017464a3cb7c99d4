"""Days of rest as a file says them: zone, weekdays, holidays, and what a year moves by decree."""

from datetime import UTC, date, tzinfo
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from pipeline.model.calendar import Calendar, Holiday

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_Text = Annotated[str, Field(min_length=1, max_length=500)]
_PLAIN_YEAR = 2023


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def _month_and_day(value: object) -> object:
    month, dash, day = value.partition("-") if isinstance(value, str) else ("", "", "")
    if not (dash and len(month) == len(day) == 2):  # MM-DD
        raise ValueError("is no day of the form MM-DD")
    date(_PLAIN_YEAR, int(month), int(day))
    return value


def _named_zone(value: object) -> object:
    _zone(str(value))
    return value


def _zone(name: str) -> tzinfo:
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"no time zone is named {name!r}") from error


class HolidayPart(_Part):
    """A day of each year, as ``MM-DD``, with its ground."""

    day: Annotated[str, BeforeValidator(_month_and_day)]
    name: _Text
    basis: _Text
    moves: bool = True
    begin: Annotated[int, Field(alias="from", ge=1, le=9999)] = 1
    end: Annotated[int, Field(alias="until", ge=1, le=9999)] = 9999

    def made(self) -> Holiday:
        """Give it as the calendar has it."""
        month, _, day = self.day.partition("-")
        return Holiday(int(month), int(day), self.moves, self.begin, self.end)


class MovedPart(_Part):
    """A single day that rests or is worked, whatever its weekday."""

    day: date
    rest: bool
    source: _Text
    set_by: Literal["statute", "by-law", "policy"]
    author: str = ""


class RestDays(_Part):
    """Which days are worked, in the words of a file."""

    zone: Annotated[str, BeforeValidator(_named_zone)]
    rest_weekdays: tuple[_Weekday, ...]
    holidays: tuple[HolidayPart, ...] = ()
    moved: tuple[MovedPart, ...] = ()

    def calendar(self) -> Calendar:
        """Give the calendar that follows."""
        return Calendar(
            zone=_zone(self.zone),
            rest_weekdays=frozenset(_WEEKDAYS.index(name) for name in self.rest_weekdays),
            holidays=tuple(one.made() for one in self.holidays),
            moved=tuple((one.day, one.rest) for one in self.moved),
        )
