"""What folding one observation or command gives: to be kept in the transaction that folds it."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.incidents import Revised
from pipeline.incidents.audit import Draft
from pipeline.model import Failure, Finding, Incident, Notice


@dataclass(frozen=True, slots=True)
class Folded:
    """What the stateful half made of one observation for one object.

    ``failures`` name what broke it and was left out.
    """

    findings: Sequence[Finding] = ()
    revised: Sequence[Revised] = ()
    notices: Sequence[Notice] = ()
    drafts: Sequence[Draft] = ()
    failures: Sequence[Failure] = ()

    @property
    def incidents(self) -> list[Incident]:
        """Give the new revisions of incidents."""
        return [item.incident for item in self.revised]
