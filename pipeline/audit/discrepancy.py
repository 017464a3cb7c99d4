"""What an auditor alarms on: something that was owed and is not as it was owed."""

from dataclasses import dataclass

from pipeline.model import Instant, identity

KINDS = ("missing", "late", "duplicate", "wrong", "broken")
"""Owed and not there; after its term; owed once and told twice; not as owed; history not whole."""


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One alarm: ``subject`` is the notice or incident (or chain) concerned, ``since`` from when.

    ``what`` is a bounded name, ``said`` one sentence, ``basis`` the norm behind what was owed.
    ``severity``: ``alarm`` where somebody was not told, or told wrongly; else ``warning``.
    """

    kind: str
    subject: str
    incident_id: str
    what: str
    said: str
    since: Instant
    basis: str = ""
    severity: str = "alarm"

    @property
    def id(self) -> str:
        """The same however often and by which process it is found."""
        return identity("discrepancy", self.kind, self.subject, self.incident_id, self.what)
