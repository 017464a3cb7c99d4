"""The record of an object: every field of the law's object model, by concern.

Fields and enumerations are those of the Informatization Law's object model (digest table B); each
is documented with its article where it is defined: ``enumerations``, ``parties``, ``lifecycle``,
``compliance``, ``network``, ``sources``. What a record does not say is unknown, and unknown is
never taken as open, nor as done.
"""

import re
from functools import cached_property
from typing import Annotated, Literal

from pydantic import ConfigDict, StringConstraints

from pipeline.registry.changes import Change
from pipeline.registry.compliance import (
    Attestation,
    Audit,
    Backup,
    Classification,
    Critical,
    DocumentLink,
    EGovernment,
    NccLink,
    OperationsCentre,
    PersonalDataFacts,
    PortalRecord,
    Prescription,
    Protection,
    SoftwareLicence,
)
from pipeline.registry.enumerations import (
    Access,
    FinancialSubject,
    IciKind,
    Kind,
    OperatingRegime,
    Ownership,
    RequirementsGround,
    RestrictedBy,
    Restriction,
    Sector,
)
from pipeline.registry.lifecycle import Lifecycle
from pipeline.registry.maintenance import Maintenance
from pipeline.registry.moments import EARLIEST, LATEST, Begin, End
from pipeline.registry.network import Integration, Mining, Network
from pipeline.registry.part import Code, Part, Text, certificate_key
from pipeline.registry.parties import (
    PARTY_PATHS,
    Channel,
    Contact,
    Facets,
    Holding,
    Names,
    Party,
)
from pipeline.registry.sources import SourceMatch, SourceProfile


class ObjectRecord(Part):
    """One informatization object as it was from ``valid_from`` on (1(4); digest table B).

    Not every field is a fact of the law: ``classes`` are what other regimes call the object
    (``essential``); a pack's rows may ask for them as ``class:essential``. ``withdrawn`` says that
    from ``valid_from`` on the object is not registered. Without ``valid_to`` a record holds until
    the next one begins. ``change`` says who recorded it, when and why. ``operating_regime`` is the
    object's own (5(11), 54(4)); None leaves it to the deployment.
    """

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: Code
    """What programs call it; the same in every revision."""
    code: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9-]{1,31}$")] = ""
    """The only name that a stub carries; no two objects bear one at once."""
    names: Names | None = None
    """Its name in Kazakh and Russian (38(3)), and in English."""
    valid_from: Begin = EARLIEST
    """Since when this revision holds."""
    valid_to: End = LATEST
    """Until when; left out: until the next revision begins."""
    withdrawn: bool = False
    """From valid_from on the object is not registered."""
    change: Change | None = None
    """Who recorded this revision, when and why."""
    kind: Kind | None = None
    """One of the four kinds of object (1(4))."""
    ici_kind: IciKind | None = None
    """One of the six kinds of infrastructure object (1(25))."""
    ownership: Ownership | None = None
    """The state's or not (32(1), 37(1))."""
    access: Access | None = None
    """Public or restricted (32(4), 37)."""
    restriction: Restriction = "unknown"
    """Left out it is unknown, and what is unknown is not watched (32(5))."""
    restricted_by: RestrictedBy | None = None
    """Who restricts access (32(6))."""
    sector: Sector | None = None
    """Its branch (1(24))."""
    critical: Critical | None = None
    """Its entry in the list of critical objects (1(24), 6(4))."""
    e_government: EGovernment | None = None
    """That and why it belongs to electronic government (1(64))."""
    state_body: bool = False
    """Whether it is a state body's (7-4(1)(7-2))."""
    forms_state_eir: bool | None = None
    """Whether it forms state information resources (37(3), 54(3))."""
    integrated_with_state: bool | None = None
    """Whether it is joined to state systems (54(3), 54(3-2))."""
    requirements: tuple[RequirementsGround, ...] = ()
    """Why the unified requirements bind it (54(3))."""
    financial_subject: FinancialSubject | None = None
    """What subject of the financial market it serves (1(31-1))."""
    strategic: bool = False
    """Whether it is a strategic object (National Security Law 13)."""
    government_communications: bool = False
    """Whether it carries government communications (National Security Law)."""
    reach: Literal["object", "territory", "region", "country"] | None = None
    """How far a failure reaches (1(24))."""
    territory: str = ""
    """The territory whose people depend on it (1(24))."""
    cross_border: bool = False
    """Whether a failure reaches other countries (National Security Law 3)."""
    physical_hazards: tuple[
        Literal["radiation", "chemical", "biological", "flood", "fire", "other"], ...
    ] = ()
    """What a failure may set free (1(24))."""
    personal_data: bool | None = None
    """Whether it holds data of persons (36)."""
    personal_data_facts: PersonalDataFacts | None = None
    """Of which kind they are, where and how they are kept (36, 56)."""
    protected_secrets: bool | None = None
    """Whether it processes secrets protected by law, state secrets aside (17(4))."""
    classification: Classification | None = None
    """Its class by the classifier (1(6), 31(1), 38(2)(8), 53(4))."""
    classes: tuple[Code, ...] = ()
    """What other regimes call it."""
    lifecycle: Lifecycle | None = None
    """Its stage and the acts about it (1(6-1)-(6-7), 39-41-1)."""
    operating_regime: OperatingRegime | None = None
    """Its own regime, where it is not the deployment's (5(11), 54(4))."""
    parties: Facets = Facets()
    """Owner, holder and operator of system, resource, infrastructure (1(5), 16)."""
    operations_centre: OperationsCentre | None = None
    """The operations centre that serves it (17(2-1)(1), 54(3-3))."""
    ncc: NccLink = NccLink()
    """Its connection to the coordination centre (17(2-1)(2), 38(4))."""
    attestation: Attestation | None = None
    """That its head attested it open; without it nothing of it is admitted."""
    hosted_on: tuple[Code, ...] = ()
    """The objects on which it stands (16(6), 17(3))."""
    integrations: tuple[Integration, ...] = ()
    """With what it is joined, and over what (1(5-1), 43, 44)."""
    network: Network = Network()
    """Addresses, gateways, domains, zones (29, 30, 56-1; National Security Law 23(6))."""
    mining: Mining | None = None
    """Digital mining at the object (33-1)."""
    backup: Backup | None = None
    """Its backups (17(2-1)(4), 40(2)(3), 42(3))."""
    audits: tuple[Audit, ...] = ()
    """Audits and surveys that were done (17(4), 50, 57-1)."""
    software_licences: tuple[SoftwareLicence, ...] = ()
    """Rights to use software (53(3)(5))."""
    protection: Protection | None = None
    """Protection profile, security task, trusted registry (1(47-1), 52-1, 55(3)(3))."""
    portal: PortalRecord | None = None
    """Its record on the architectural portal (31)."""
    documents: tuple[DocumentLink, ...] = ()
    """Papers about it (1(51), 1(53-2), 7(30))."""
    prescriptions: tuple[Prescription, ...] = ()
    """Orders of supervising bodies with their terms (7(59), 7-1(13))."""
    reviewed_at: Begin | None = None
    """When somebody last looked whether this record still holds (9(4), 12(20-1))."""
    sources: tuple[SourceProfile, ...] = ()
    """What it sends, and by what that is known (1(29-1))."""
    maintenance: tuple[Maintenance, ...] = ()
    """Planned work, for which silence was announced (1(29-1))."""

    @property
    def recorded_at(self) -> int:
        """Give when this became known, ``EARLIEST`` where nothing says."""
        return self.change.recorded_at if self.change is not None else EARLIEST

    @property
    def branch(self) -> str | None:
        """Give the object's branch: its own, else that of the list of critical objects (1(24))."""
        return self.sector or (self.critical.sector if self.critical is not None else None)

    @cached_property
    def named_parties(self) -> frozenset[str]:
        """Give every party that the record names: by facet and role, as user, as centre."""
        facets = (self.parties.system, self.parties.resource, self.parties.infrastructure)
        found = {party for one in facets for party in (one.owner, one.holder, one.operator)}
        found.update(self.parties.users)
        if self.operations_centre is not None:
            found.add(self.operations_centre.party)
        return frozenset(party for party in found if party is not None)

    @cached_property
    def _standing_flags(self) -> frozenset[str]:
        flags = {"connected", *(f"class:{name}" for name in self.classes)}
        sector = self.branch
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
        if path not in PARTY_PATHS:
            return None
        facet, _, role = path.partition(".")
        party: str | None = getattr(getattr(self.parties, facet), role)
        return party


FLAG_PATTERN = re.compile(
    r"^(connected|critical|critical_branch_unlisted|e_government|state_body|financial|strategic|"
    r"government_communications|cross_border|hosted|hosts|trial|physical_hazard|personal_data|"
    r"ncc_connected|(stage|critical|financial|sector|reach|ownership|class):[a-z0-9_.-]+)$"
)
"""What a flag of an object can be; packs are checked against it."""

__all__ = [
    "FLAG_PATTERN",
    "PARTY_PATHS",
    "Attestation",
    "Channel",
    "Contact",
    "Critical",
    "Facets",
    "Holding",
    "Names",
    "ObjectRecord",
    "Part",
    "Party",
    "SourceMatch",
    "SourceProfile",
    "Text",
    "certificate_key",
]
