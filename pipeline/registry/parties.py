"""Parties: who owns, holds, operates and uses, who is told, in which language and on what way."""

from typing import Literal

from pipeline.registry.changes import Change
from pipeline.registry.enumerations import PartyKind
from pipeline.registry.moments import EARLIEST, Begin, End
from pipeline.registry.part import Code, Part, Text

ROLES = ("owner", "holder", "operator")


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
    licence: Licence | None = None
    change: Change | None = None

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
