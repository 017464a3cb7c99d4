"""The duty roster: who is on duty at the centre, when, and how they are reached.

Levels are our own, the same under every law: what pages the duty officer goes to the one on duty at
that instant, what is not acknowledged to the duty lead, and then to the head of the centre.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from pipeline.model import NANOSECONDS
from pipeline.registry.moments import LATEST, Begin, End, ZoneName, zone_named
from pipeline.registry.part import Code, Part, Text
from pipeline.registry.parties import Channel

LEVELS = ("duty_officer", "duty_lead", "head_of_centre")
"""Who is told in turn, until somebody acknowledges."""
Level = Literal["duty_officer", "duty_lead", "head_of_centre"]
_Wrong: TypeAlias = tuple[tuple[str | int, ...], str, str]


class Person(Part):
    """Somebody of the centre's staff; ``channels`` are tried in their order."""

    id: Code
    name: Text
    languages: Annotated[tuple[Literal["kk", "ru", "en"], ...], Field(min_length=1)]
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]


class Rota(Part):
    """People who follow each other on one level, each for so many ``hours`` of the local clock."""

    level: Level
    people: Annotated[tuple[Code, ...], Field(min_length=1)]
    begins: Begin
    ends: End = LATEST
    hours: Annotated[int, Field(ge=1, le=24 * 366)]


class Shift(Part):
    """One person's duty from when until when: where there is no rota, or in place of it."""

    level: Level
    person: Code
    begins: Begin
    ends: End


@dataclass(frozen=True, slots=True)
class Duty:
    """Somebody's duty on a level, from when until when (nanoseconds)."""

    level: str
    person: Person
    begins: int
    ends: int


class Roster(Part):
    """Who is on duty when, on each level. Rotas change at the local time of ``zone``."""

    zone: ZoneName = "UTC"
    people: tuple[Person, ...] = ()
    rotas: tuple[Rota, ...] = ()
    shifts: tuple[Shift, ...] = ()

    def on_duty(self, level: str, at: int) -> Duty | None:
        """Give who is on duty on a level at an instant; a shift goes before the rota."""
        for shift in self.shifts:
            if shift.level == level and shift.begins <= at < shift.ends:
                return Duty(level, self._person(shift.person), shift.begins, shift.ends)
        for rota in self.rotas:
            if rota.level == level and rota.begins <= at < rota.ends:
                name, begins, ends = self._turn(rota, at)
                return Duty(level, self._person(name), begins, ends)
        return None

    def reached(self, level: str, at: int) -> Duty | None:
        """Give who is told what is meant for a level: of the next one where nobody is on duty."""
        place = LEVELS.index(level)
        for one in (*LEVELS[place:], *reversed(LEVELS[:place])):
            found = self.on_duty(one, at)
            if found is not None:
                return found
        return None

    def until(self, level: str, at: int) -> int | None:
        """Give until when (nanoseconds) a level is or was covered without a gap at an instant.

        None where nobody was on duty on it before.
        """
        begun = [ends for begins, ends in _joined(sorted(self._spans(level))) if begins <= at]
        return begun[-1] if begun else None

    def covers(self, level: str) -> bool:
        """Tell whether anybody is ever on duty on a level."""
        return any(self._spans(level))

    def person(self, name: str) -> Person | None:
        """Give a person by id."""
        return next((one for one in self.people if one.id == name), None)

    def problems(self) -> Iterator[_Wrong]:
        """Give what is wrong with it: the place in it, what, and the way out."""
        known = {one.id for one in self.people}
        if len(known) != len(self.people):
            yield ("people",), "two people have one id", "name each once"
        for place, one in self._stretches():
            for name in one.people if isinstance(one, Rota) else (one.person,):
                if name not in known:
                    yield place, f"nobody is named {name!r}", "add the person under people"
            if one.ends <= one.begins:
                yield (*place, "ends"), "ends before it begins", "correct the times"
        if not self.covers(LEVELS[0]):
            yield (), f"nobody is ever the {LEVELS[0]}", "add a rota or shifts of that level"
        for level in LEVELS:
            yield from self._overlaps(level)
            yield from self._gaps(level)

    def _stretches(self) -> Iterator[tuple[tuple[str, int], Rota | Shift]]:
        yield from ((("rotas", index), one) for index, one in enumerate(self.rotas))
        yield from ((("shifts", index), one) for index, one in enumerate(self.shifts))

    def _overlaps(self, level: str) -> Iterator[_Wrong]:
        mine = [(place, one) for place, one in self._stretches() if one.level == level]
        mine.sort(key=lambda each: (each[0][0], each[1].begins, each[1].ends))
        for (before, earlier), (place, later) in pairwise(mine):
            if before[0] == place[0] and later.begins < earlier.ends:
                message = f"overlaps with {before[0]}.{before[1]}: two would be the {level}"
                yield place, message, "let one end where the other begins"

    def _gaps(self, level: str) -> Iterator[_Wrong]:
        spans = _joined(sorted(self._spans(level)))
        for (_, ends), (begins, _) in pairwise(spans):
            message = f"from {_told(ends)} to {_told(begins)} nobody is the {level}"
            starts = (
                place
                for place, one in self._stretches()
                if one.level == level and one.begins == begins
            )
            yield next(starts), message, "close the gap"

    def _spans(self, level: str) -> Iterator[tuple[int, int]]:
        for _, one in self._stretches():
            if one.level == level:
                yield one.begins, one.ends

    def _person(self, name: str) -> Person:
        return next(one for one in self.people if one.id == name)

    def _turn(self, rota: Rota, at: int) -> tuple[str, int, int]:
        """Give whose turn it is, and from when until when, by the local clock."""
        zone = zone_named(self.zone)
        start = _local(rota.begins, zone).replace(tzinfo=None)
        passed = _local(at, zone).replace(tzinfo=None) - start
        number = passed // timedelta(hours=rota.hours)

        def edge(turn: int) -> int:
            wall = (start + timedelta(hours=rota.hours * turn)).replace(tzinfo=zone)
            return int(wall.timestamp()) * NANOSECONDS

        while at < edge(number):  # an hour that comes twice, or not at all
            number -= 1
        while at >= edge(number + 1):
            number += 1
        begins, ends = max(edge(number), rota.begins), min(edge(number + 1), rota.ends)
        return rota.people[number % len(rota.people)], begins, ends


def _local(instant: int, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(instant // NANOSECONDS, UTC).astimezone(zone)


def _told(instant: int) -> str:
    return datetime.fromtimestamp(instant // NANOSECONDS, UTC).strftime("%Y-%m-%dT%H:%MZ")


def _joined(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for begins, ends in spans:
        if found and begins <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], ends)
        else:
            found.append((begins, ends))
    return found
