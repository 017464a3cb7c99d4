"""Parties: who owns, holds, operates and uses, who is told, in which language and on what way."""

import re
from datetime import time, tzinfo
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, model_validator

from pipeline.registry.changes import Change
from pipeline.registry.enumerations import PartyKind
from pipeline.registry.moments import EARLIEST, Begin, End, ZoneName, zone_named
from pipeline.registry.part import Code, Part, Text

ROLES = ("owner", "holder", "operator")
GATHERING = ("email", "folder")
"""The channels over which several notices may go as one letter: those that people read."""


class Names(Part):
    """A name in the languages of the deployment (35(1), 38(3))."""

    kk: Text
    ru: Text
    en: Text = ""

    def within(self, language: str) -> str:
        """Give the name in a language, English or Kazakh where that one is absent."""
        return str(getattr(self, language, "") or self.en or self.kk)


class Contact(Part):
    """A person or desk of a party."""

    name: Text
    phone: str = ""
    email: str = ""


class Channel(Part):
    """One way to a party: a channel's name, and the address on it where it needs one."""

    channel: Code
    address: str = ""


_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)")
_EVERY = re.compile(r"([1-9]\d{0,3})([mh])")
_MOST_MINUTES = 24 * 60


def _hours(value: Any) -> Any:
    match = _HOURS.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("hours are from and until, within one day: 09:00-18:00")
    end = f"{match[3]}:{match[4]}" if match[3] else "24:00"
    if f"{match[1]}:{match[2]}" >= end:
        raise ValueError("hours end after they begin, on the same day: 09:00-18:00")
    return value


def _every(value: Any) -> Any:
    match = _EVERY.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("a span is a number of minutes or hours: 30m, 2h")
    minutes = int(match[1]) * (60 if match[2] == "h" else 1)
    if not 5 <= minutes <= _MOST_MINUTES:
        raise ValueError("a digest comes every 5m at most and every 24h at least")
    return value


class DigestWish(Part):
    """When a party wants what may wait, and how it is put together; first notices never wait.

    Letters leave within ``hours`` of the clock in ``zone``, ``every`` so often from the first of
    them on, on ``business_days`` alone where that is set, and always before the notices are due.
    ``group_by``: one letter an object, one an incident, or (``none``) each notice by itself.
    ``language`` is the letter's, where it is not the party's own.
    """

    hours: Annotated[str, BeforeValidator(_hours)] = "00:00-24:00"
    zone: ZoneName
    business_days: bool = False
    every: Annotated[str, BeforeValidator(_every)] = "60m"
    group_by: Literal["object", "incident", "none"] = "object"
    language: Literal["kk", "ru", "en"] | None = None

    @property
    def begins(self) -> time:
        """Give the time of day of the first letter."""
        return time.fromisoformat(self.hours[:5])

    @property
    def ends(self) -> time | None:
        """Give the time of day until which letters leave; None: until midnight."""
        end = self.hours[6:]
        return None if end == "24:00" else time.fromisoformat(end)

    @property
    def minutes(self) -> int:
        """Give how many minutes lie between two letters."""
        return int(self.every[:-1]) * (60 if self.every.endswith("h") else 1)

    @property
    def tzinfo(self) -> tzinfo:
        """Give the zone of the hours."""
        return zone_named(self.zone)


class Licence(Part):
    """Under what an operations centre or response service works (7-2(2), 7-3(2)).

    ``exempt_bank_unit``: a second-tier bank's own unit needs none (7-2(4)).
    """

    number: str = ""
    valid_from: Begin | None = None
    valid_until: End | None = None
    exempt_bank_unit: bool = False

    @property
    def empty(self) -> bool:
        """Tell whether it ends before it begins."""
        begin, end = self.valid_from, self.valid_until
        return begin is not None and end is not None and end <= begin


class Party(Part):
    """A legal or natural person, or a unit, with the roles that the law pack looks for.

    ``kind`` decides what binds its objects (30(1), 54(3)); ``parent`` is the organisation of a unit
    (1(30-4), 1(30-5)). ``change`` says who recorded it, when and why: of two records of one party
    the one recorded later stands.
    """

    id: Code
    names: Names
    kind: PartyKind | None = None
    parent: Code | None = None
    roles: tuple[Code, ...] = ()
    language: Literal["kk", "ru", "en"] = "kk"
    contacts: tuple[Contact, ...] = ()
    channels: tuple[Channel, ...] = ()
    digest: DigestWish | None = None
    licence: Licence | None = None
    change: Change | None = None

    @model_validator(mode="after")
    def _digest_can_go(self) -> "Party":
        ways = [one.channel for one in self.channels]
        if self.digest is not None and ways and ways[0] not in GATHERING:
            ways_in = " or ".join(GATHERING)
            raise ValueError(f"a digest goes by {ways_in}, and the first channel is {ways[0]}")
        return self

    @property
    def recorded_at(self) -> int:
        """Give when this became known, ``EARLIEST`` where nothing says."""
        return self.change.recorded_at if self.change is not None else EARLIEST


class Holding(Part):
    """Owner, holder and operator of one facet: three different parties (1(5), 16(5)).

    ``basis`` is on what the holder possesses and uses it, ``agreement`` names the agreement.
    """

    owner: Code | None = None
    holder: Code | None = None
    operator: Code | None = None
    basis: Literal["law", "agreement"] | None = None
    agreement: str = ""


class Facets(Part):
    """Who answers for system, resource and infrastructure (16(3)-(5)), and who uses it (18)."""

    system: Holding = Holding()
    resource: Holding = Holding()
    infrastructure: Holding = Holding()
    users: tuple[Code, ...] = ()


FACETS = ("system", "resource", "infrastructure")
PARTY_PATHS = tuple(f"{facet}.{role}" for facet in FACETS for role in ROLES)
"""Every path that ``ObjectRecord.party_at`` knows."""
