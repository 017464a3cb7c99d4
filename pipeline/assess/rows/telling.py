"""The rows of a law pack that say who is told what, when, and what may not be told (SPEC 4, 5)."""

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from pipeline.assess.durations import Duration
from pipeline.assess.rows.row import Name, Names, Row, When
from pipeline.registry.records import PARTY_PATHS

CENTRE = "centre"
"""Whoever runs this system: the reporter by default, and whose duties it sends itself."""
KINDS = ("first", "update", "correction", "final")
"""What in an incident's life owes a leg: it opened, changed, no longer stands, closed."""
REPORTS = ("request", "progress")
"""What owes a leg where a pack has one: somebody asked; it goes on, and a person tells how far."""
TRIGGERS = ("opened", "changed", "retracted", "closed", "requested")
"""From what a term runs; or the name of a leg, from which the next one runs."""
MISSING = "missing"
_PARTY = re.compile(r"^role:[a-z][a-z0-9_]*$")


def _party(value: str) -> str:
    if isinstance(value, str) and value not in PARTY_PATHS and not _PARTY.match(value):
        raise ValueError(f"{value!r} names no party: write infrastructure.holder or role:<role>")
    return value


PartySource = Annotated[str, BeforeValidator(_party)]
FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+){0,7}$")]


class RoleRow(Row):
    """A role that is told; ``outside`` the centre or its own staff."""

    id: Name
    names: Names
    outside: bool = True


class ReporterRow(Row):
    """Who may report an incident beside the centre itself; a duty may be its too."""

    id: Name
    names: Names


class RouteRow(Row):
    """One recipient that a flag demands; the route is the union over all rows that fit.

    ``subject``: ``incident``, ``candidate`` (a person decides), ``event``, ``advisory``,
    ``exchange`` (with centres like ours), or a further verdict of the pack. ``of: guests`` means
    the parties of what is hosted on the object. ``effect`` says what a row does that sends no
    notice.
    """

    id: Name
    subject: Name
    role: Name
    parties: Annotated[tuple[PartySource, ...], Field(min_length=1)]
    of: Literal["object", "guests"] = "object"
    when: When = When()
    reporters: tuple[Name, ...] = ()
    effect: Literal["notice", "store", "read", "stream", "advise", "exchange"] = "notice"


class LegRow(Row):
    """A leg by the law's name: an early warning, a notification; ``kind`` is what owes it."""

    id: Name
    kind: Literal["first", "update", "correction", "final", "request", "progress"]
    names: Names


class TermRow(Row):
    """When a leg to some roles is due after its trigger; without ``offset`` a by-law must say.

    ``trigger`` is one of ``TRIGGERS`` or another leg of the pack. ``subjects``: of what it speaks,
    where not of all. ``duty_of``: whose duty it is; the centre's own are sent, the others are shown
    as clocks. ``goes_on``: it counts of an incident that still goes on when it is due, or, false,
    of one that was closed by then, before the leg's other rows, and of which nobody was told
    how far it is.
    """

    id: Name
    leg: Name
    trigger: Name
    offset: Duration | None = None
    by_law: Name | None = None
    recipients: Annotated[tuple[Name, ...], Field(min_length=1)]
    subjects: tuple[Name, ...] = ()
    duty_of: Name = CENTRE
    when: When = When()
    reporters: tuple[Name, ...] = ()
    goes_on: bool | None = None

    @model_validator(mode="after")
    def _offset_or_missing(self) -> "TermRow":
        if (self.offset is None) == (self.by_law is None):
            raise ValueError("a term has an offset, or names the by-law that is still missing")
        return self


class ChannelRow(Row):
    """A kind of channel, and the roles that may be reached by it; a by-law may set its format."""

    id: Name
    names: Names
    roles: Annotated[tuple[Name, ...], Field(min_length=1)]
    by_law: Name | None = None


class ByLawRow(Row):
    """A by-law to which the statute leaves numbers; ``source`` is missing until it is entered."""

    id: Name
    names: Names
    source: str = MISSING


class GuardRow(Row):
    """What the pack makes of a rule of the secrecy guard, and on which ground.

    ``keeps``: the ``legs`` stay, held or as stubs, or only the ``page`` to the duty officer.
    """

    id: Name
    keeps: Literal["legs", "page"] = "legs"


class RemarkRow(Row):
    """Something to be shown beside the verdict of objects with certain flags."""

    id: Name
    when: When = When()


class EventFieldsRow(Row):
    """Which fields of events a role may be given, as ECS names them: a closed list.

    Several rows for one role add up; a role without one is given no field of any event. A by-law
    may say more.
    """

    id: Name
    role: Name
    effects: Annotated[tuple[Literal["read", "stream"], ...], Field(min_length=1)]
    fields: Annotated[tuple[FieldName, ...], Field(min_length=1)]
    by_law: Name | None = None


TELLING_SECTIONS: dict[str, type[Row]] = {
    "roles": RoleRow,
    "reporters": ReporterRow,
    "channels": ChannelRow,
    "routes": RouteRow,
    "event_fields": EventFieldsRow,
    "legs": LegRow,
    "terms": TermRow,
    "by_laws": ByLawRow,
    "guard": GuardRow,
    "remarks": RemarkRow,
}
"""The sections of a pack that tell."""
