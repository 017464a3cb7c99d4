"""The records of the registry: objects, their sources, and parties.

Fields and enumerations follow the Informatization Law's object model (articles 1, 16, 17, 31, 32,
37-41, 54; digest table B) as far as routing, guard, severity and onboarding need them. What a
record does not say is unknown, and unknown is never taken as open.
"""

import re
from datetime import tzinfo
from functools import cached_property
from ipaddress import ip_network
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from pipeline.registry.moments import EARLIEST, LATEST, Begin, End, ZoneName, zone_named

Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Sector = Literal[
    "heat", "electricity", "gas", "water_supply", "industry", "health_care", "communications",
    "banking", "transport", "hydraulic_structures", "law_enforcement", "e_government",
    "agriculture", "defence", "education", "environment", "other",
]  # fmt: skip  # the first twelve are the branches of 1(24); the rest National Security Law 5(1)
Stage = Literal[
    "development", "trial", "testing", "implementation", "industrial", "upgrade", "terminating",
    "written_off",
]  # fmt: skip  # 1(6-1)-(6-7), 39-41-1
FinancialSubject = Literal[
    "bank", "bank_branch", "insurer", "insurer_branch", "insurance_broker", "organisation"
]  # 1(31-1)


def _address(value: Any) -> Any:
    if isinstance(value, str):
        ip_network(value, strict=False)
    return value


Address = Annotated[str, BeforeValidator(_address)]
_FINGERPRINT = re.compile(r"(?:sha-?256[:=])?([0-9a-f]{2}(?::?[0-9a-f]{2})*)", re.IGNORECASE)
_SHA256 = 64  # hexadecimal digits


def certificate_key(value: str) -> str:
    """Fold a certificate's name or fingerprint to what it is compared by.

    A fingerprint is 64 hexadecimal digits, with or without colons and ``sha256:`` (also
    ``SHA-256:``, as RFC 5425, section 4.2.2 writes it).
    """
    folded = value.strip().rstrip(".").casefold()
    match = _FINGERPRINT.fullmatch(folded)
    digits = match[1].replace(":", "") if match else ""
    return f"sha256:{digits}" if len(digits) == _SHA256 else folded


def _certificate(value: Any) -> Any:
    if isinstance(value, str) and re.match(r"sha-?\d*[:=]", value, re.IGNORECASE):
        key = certificate_key(value)
        if not key.startswith("sha256:") or len(key) != len("sha256:") + _SHA256:
            raise ValueError("a fingerprint is sha256: and 64 hexadecimal digits")
    return value


Certificate = Annotated[Text, BeforeValidator(_certificate)]


class Part(BaseModel):
    """A frozen part of a record; unknown keys are refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", coerce_numbers_to_str=False, hide_input_in_errors=True
    )


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


class Party(Part):
    """A legal or natural person, or a unit, with the roles that the law pack looks for."""

    id: Code
    names: Names
    roles: tuple[Code, ...] = ()
    language: Literal["kk", "ru", "en"] = "kk"
    contacts: tuple[Contact, ...] = ()
    channels: tuple[Channel, ...] = ()


class SourceMatch(Part):
    """By what a record is known to come from a source: every kind given must fit, any value of it.

    ``listeners`` are names of ways in, ``addresses`` IP addresses or networks of the peer,
    ``hosts`` host names inside the record (compared without case), ``fields`` values of named
    fields inside the record. ``certificates`` are names (common name, DNS) or SHA-256 fingerprints
    of the certificate by which the sender proved itself (RFC 5425, section 5).
    """

    listeners: tuple[Code, ...] = ()
    addresses: tuple[Address, ...] = ()
    hosts: tuple[str, ...] = ()
    fields: dict[str, str] = {}
    certificates: tuple[Certificate, ...] = ()

    @property
    def empty(self) -> bool:
        """Tell whether nothing at all is asked."""
        return not any((self.listeners, self.addresses, self.hosts, self.fields, self.certificates))


class SourceProfile(Part):
    """One stream of records of one object, and how to read it.

    ``lateness_seconds``: how late in event time a record may come. ``silence_seconds``: after how
    long without a record the source counts as silent (1(29-1)). ``mark_fields``: fields whose
    value may be a secrecy mark; ``mark_values``: spellings that are valid marks in this source
    beside those of the registry's ``marks``. ``columns``: the header of rows that come without one,
    as the format writes it (``#Fields: date time c-ip``, ``Date;User;Event``).
    ``quota_records_per_second`` is how much of it is taken in the long run, ``quota_burst`` how
    much at once (without it ten seconds' worth); 0 leaves it to the listener.
    """

    id: Code
    match: SourceMatch
    format: Code = "auto"
    zone: ZoneName = "UTC"
    lateness_seconds: Annotated[int, Field(ge=0, le=604_800)] = 300
    silence_seconds: Annotated[int, Field(ge=1)] | None = None
    mark_fields: tuple[Text, ...] = ()
    mark_values: tuple[Text, ...] = ()
    columns: str = ""
    quota_records_per_second: Annotated[int, Field(ge=0, le=10_000_000)] = 0
    quota_burst: Annotated[int, Field(ge=0, le=100_000_000)] = 0

    @property
    def tzinfo(self) -> tzinfo:
        """Give the zone of times that name none."""
        return zone_named(self.zone)


class Critical(Part):
    """The entry in the Government's list of critical objects (1(24), 6(4)).

    Without ``list_ref`` and ``listed_at`` the branch alone is known: that is shown, and the flag
    follows the list.
    """

    sector: Sector
    list_ref: str = ""
    listed_at: Begin | None = None
    delisted_at: Begin | None = None


class EGovernment(Part):
    """Why the object belongs to electronic government (1(63)-(69))."""

    reason: Text


class Lifecycle(Part):
    """The stage of 1(6-1)-(6-7) and the dates that its guards look at (39(4), 40)."""

    stage: Stage
    trial_started_at: Begin | None = None
    trial_act: str = ""
    test_act: str = ""
    commissioned_at: Begin | None = None


class Holding(Part):
    """Owner, holder and operator of one facet: three different parties (1(5), 16(5))."""

    owner: Code | None = None
    holder: Code | None = None
    operator: Code | None = None


class Facets(Part):
    """Who answers for system, resource and infrastructure."""

    system: Holding = Holding()
    resource: Holding = Holding()
    infrastructure: Holding = Holding()


class NccLink(Part):
    """The object's connection to the coordination centre (17(2-1)(2), 38(4), 54(3-3))."""

    link: Literal["none", "pending", "connected"] = "none"
    linked_at: Begin | None = None
    access_at: Begin | None = None


class Attestation(Part):
    """That the head of the owner attested the object open, when, and until when."""

    attested_open_by: Text
    at: Begin
    valid_until: End = LATEST


class ObjectRecord(Part):
    """One informatization object as it was from ``valid_from`` on (1(4); digest table B).

    ``classes`` are what other regimes call the object (``essential``); a pack's rows may ask for
    them as ``class:essential``. ``parties`` names owner, holder and operator of each facet.
    """

    id: Code
    code: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9-]{1,31}$")] = ""
    names: Names | None = None
    valid_from: Begin = EARLIEST
    valid_to: End = LATEST
    kind: Literal["eir", "software", "internet_resource", "ici"] | None = None
    ici_kind: (
        Literal[
            "is", "tech_platform", "hw_sw_complex", "server_room", "telecom_network",
            "security_continuity_system",
        ]
        | None
    ) = None  # fmt: skip
    ownership: Literal["state", "non_state"] | None = None
    access: Literal["public", "restricted"] | None = None
    restriction: Literal["none", "confidential", "state_secret", "unknown"] = "unknown"
    sector: Sector | None = None
    critical: Critical | None = None
    e_government: EGovernment | None = None
    state_body: bool = False
    financial_subject: FinancialSubject | None = None
    strategic: bool = False
    government_communications: bool = False
    reach: Literal["object", "territory", "region", "country"] | None = None
    cross_border: bool = False
    physical_hazards: tuple[
        Literal["radiation", "chemical", "biological", "flood", "fire", "other"], ...
    ] = ()
    personal_data: bool | None = None
    classes: tuple[Code, ...] = ()
    lifecycle: Lifecycle | None = None
    parties: Facets = Facets()
    hosted_on: tuple[Code, ...] = ()
    ncc: NccLink = NccLink()
    attestation: Attestation | None = None
    sources: tuple[SourceProfile, ...] = ()

    @cached_property
    def _standing_flags(self) -> frozenset[str]:
        flags = {"connected", *(f"class:{name}" for name in self.classes)}
        sector = self.sector or (self.critical.sector if self.critical else None)
        named = {
            "e_government": self.e_government is not None,
            "state_body": self.state_body,
            "financial": self.financial_subject is not None,
            f"financial:{self.financial_subject}": self.financial_subject is not None,
            "strategic": self.strategic,
            "government_communications": self.government_communications,
            "cross_border": self.cross_border,
            "hosted": bool(self.hosted_on),
            "trial": self.trial,
            f"stage:{self.stage}": self.stage is not None,
            "physical_hazard": bool(self.physical_hazards),
            "personal_data": self.personal_data is True,
            f"sector:{sector}": sector is not None,
            f"reach:{self.reach}": self.reach is not None,
            f"ownership:{self.ownership}": self.ownership is not None,
            "ncc_connected": self.ncc.link == "connected",
        }
        return frozenset(flags | {name for name, holds in named.items() if holds})

    @cached_property
    def _listed_flags(self) -> frozenset[str]:
        sector = self.critical.sector if self.critical else ""
        return self._standing_flags | {"critical", f"critical:{sector}"}

    @cached_property
    def _unlisted_flags(self) -> frozenset[str]:
        return self._standing_flags | {"critical_branch_unlisted"}

    def flags(self, at: int) -> frozenset[str]:
        """Give what the record says as flags at an instant: what routes and floors ask for.

        ``critical`` follows the Government's list by its dates (1(24), 6(4)); a branch without an
        entry is ``critical_branch_unlisted``.
        """
        entry = self.critical
        if entry is None:
            return self._standing_flags
        listed = bool(entry.list_ref) and entry.listed_at is not None and entry.listed_at <= at
        if listed and (entry.delisted_at is None or at < entry.delisted_at):
            return self._listed_flags
        return self._unlisted_flags

    @property
    def trial(self) -> bool:
        """Tell whether the object is in trial operation (39(4))."""
        return self.stage == "trial"

    @property
    def stage(self) -> str | None:
        """Give the life-cycle stage; None where the record does not say."""
        return self.lifecycle.stage if self.lifecycle else None

    def source(self, source_id: str) -> SourceProfile | None:
        """Give one source profile by its id."""
        return next((profile for profile in self.sources if profile.id == source_id), None)

    def party_at(self, path: str) -> str | None:
        """Give the party at a path such as ``infrastructure.holder``; None where none is named."""
        facet, _, role = path.partition(".")
        holding = getattr(self.parties, facet, None)
        party: str | None = getattr(holding, role, None)
        return party


PARTY_PATHS = tuple(
    f"{facet}.{role}" for facet in Facets.model_fields for role in Holding.model_fields
)
FLAG_PATTERN = re.compile(
    r"^(connected|critical|critical_branch_unlisted|e_government|state_body|financial|strategic|"
    r"government_communications|cross_border|hosted|hosts|trial|physical_hazard|personal_data|"
    r"ncc_connected|(stage|critical|financial|sector|reach|ownership|class):[a-z0-9_.-]+)$"
)
"""What a flag of an object can be; packs are checked against it."""
