"""What is known of one incident: its revisions, its notices, and what the trail says of both."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.audit.lawbook import LawBook
from pipeline.audit.register import Register
from pipeline.model import AuditEntry, Incident, Notice


@dataclass(frozen=True, slots=True)
class Chronicle:
    """All that was written of one incident, as of one instant.

    ``trail`` gives the entries of the audit trail about a notice or incident, by number.
    """

    incident_id: str
    revisions: tuple[Incident, ...]
    notices: tuple[Notice, ...]
    trail: Callable[[str], Sequence[AuditEntry]]


@dataclass(frozen=True, slots=True)
class Books:
    """The law and the registry under which a revision was made."""

    law: LawBook
    register: Register


Library = Callable[[Incident], tuple[Books, ...]]
"""Gives the books of a revision: those that its verdict names, then those in force at its time.

Empty where the store does not have them. A revision that only ends an incident keeps an older
verdict, so that its notices may follow either.
"""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What an auditor is told beside history.

    ``at_once``: within how long (ns) *at once* counts as met, for which no law gives a number.
    ``skew``: how far (ns) a recipient's clock may be off. ``lines``: roles with a line of their
    own, by the channel's name; ``further``: channels that settings name for a role.
    """

    at_once: int
    skew: int
    lines: Mapping[str, str] = field(default_factory=dict)
    further: Mapping[str, Sequence[str]] = field(default_factory=dict)
