"""What the law asks of an object to have or to have done: dates, acts, names of papers.

A duty's countdown (``duties``) runs from these facts; what is left out is unknown, never done.
"""

from typing import Annotated, Literal

from pydantic import Field

from pipeline.registry.enumerations import (
    AuditKind,
    Consequence,
    EGovernmentGround,
    PersonalDataKind,
    PersonalDataState,
    Sector,
)
from pipeline.registry.moments import LATEST, Begin, End
from pipeline.registry.part import Code, Country, Part, Text


class Critical(Part):
    """The entry in the Government's list of critical objects (1(24), 6(4)).

    Without ``list_ref`` and ``listed_at`` the branch alone is known: that is shown, and the flag
    follows the list. ``proposed_by`` is the body that determined it (9(17-2), 10(16-2)),
    ``consequences`` what its disruption leads to, in which ``territory`` (1(24)).
    """

    sector: Sector
    list_ref: str = ""
    listed_at: Begin | None = None
    delisted_at: Begin | None = None
    proposed_by: str = ""
    proposed_at: Begin | None = None
    consequences: tuple[Consequence, ...] = ()
    territory: str = ""

    def status(self, at: int) -> Literal["branch", "proposed", "listed", "delisted"]:
        """Give where the object stands with the list at an instant (6(4), 9(17-2))."""
        if self.delisted_at is not None and self.delisted_at <= at:
            return "delisted"
        if self.list_ref and self.listed_at is not None and self.listed_at <= at:
            return "listed"
        return "proposed" if self.proposed_by else "branch"


class EGovernment(Part):
    """Why the object belongs to electronic government (1(63)-(69))."""

    reason: Text
    ground: EGovernmentGround | None = None


class Classification(Part):
    """The class by the classifier (1(6), 31(1), 38(2)(8)); its values are a by-law's."""

    code: str = ""
    object_class: str = ""
    version: str = ""
    assigned_at: Begin | None = None


class OperationsCentre(Part):
    """Which operations centre serves the object, its own or bought (17(2-1)(1), 54(3-3))."""

    party: Code
    mode: Literal["own", "purchased"] | None = None
    agreement: str = ""
    connected_at: Begin | None = None


class NccLink(Part):
    """The object's connection to the coordination centre (17(2-1)(2), 38(4), 54(3-3)).

    ``access_at`` is when the centre was given access, which follows commissioning (38(4)).
    """

    link: Literal["none", "pending", "connected"] = "none"
    linked_at: Begin | None = None
    access_at: Begin | None = None


class PersonalDataFacts(Part):
    """Data of persons in the object (36, 56).

    ``storage_country`` is where its base stands (36(8): in Kazakhstan), ``mfa`` whether several
    factors are asked before restricted data (36(1)).
    """

    kind: PersonalDataKind | None = None
    state: PersonalDataState = "active"
    storage_country: Country | None = None
    mfa: bool | None = None


class Backup(Part):
    """Backups (17(2-1)(4), 40(2)(3), 42(3)).

    ``period_hours`` stands in the object's technical documentation, which ``documentation`` names;
    the law gives no number.
    """

    period_hours: Annotated[int, Field(ge=1, le=87_600)] | None = None
    documentation: str = ""
    last_at: Begin | None = None
    last_restore_test_at: Begin | None = None
    national_copy_sent_at: Begin | None = None


class Audit(Part):
    """An audit or survey that was done (17(4), 18, 50, 57-1)."""

    kind: AuditKind
    at: Begin
    by: str = ""
    reference: str = ""
    passed: bool | None = None


class SoftwareLicence(Part):
    """The right to use a piece of software (53(3)(5)).

    ``software`` is its name or package URL as the inventory has it; without ``valid_until`` the
    right does not end.
    """

    software: Text
    licence: str = ""
    number: str = ""
    valid_until: End = LATEST


class Protection(Part):
    """What protects the object (1(47-1), 52-1, 55(3)(3))."""

    profile: str = ""
    security_task: str = ""
    in_trusted_registry: bool | None = None


class PortalRecord(Part):
    """The object's record on the architectural portal (31(1)-(2)), renewed at every stage."""

    id: str = ""
    updated_at: Begin | None = None


class DocumentLink(Part):
    """A paper about the object (1(51), 1(53-2), 7(30), 31)."""

    kind: Code
    reference: Text
    at: Begin | None = None


class Prescription(Part):
    """An order of a supervising body (7(59), 7-1(13)) with its term."""

    issuer: Text
    reference: Text
    at: Begin
    due_at: End | None = None
    met_at: Begin | None = None


class Attestation(Part):
    """That the head of the owner attested the object open, when, and until when."""

    attested_open_by: Text
    at: Begin
    valid_until: End = LATEST
