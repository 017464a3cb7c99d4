"""A case judged: its assessment, the notices that the centre owes, and the clocks of others."""

from dataclasses import dataclass

from pipeline.assess.assessment import assess, case_flags
from pipeline.assess.case_file import NamedCase
from pipeline.assess.routing import DUTY_OFFICER
from pipeline.assess.rows import CENTRE
from pipeline.assess.terms import Due, Moments, terms_due
from pipeline.model import Assessment, Json, as_document, rfc3339


@dataclass(frozen=True, slots=True)
class Applied:
    """One case, judged at its time."""

    object_id: str
    at: int
    assessment: Assessment
    due: tuple[Due, ...]

    def document(self) -> Json:
        """Give assessment, ``notices`` due from the centre, and ``clocks`` of others' duties."""
        return {
            "object": self.object_id,
            "at": rfc3339(self.at),
            "assessment": as_document(self.assessment),
            "notices": [self._notice(one) for one in self.due if one.duty_of == CENTRE],
            "clocks": [as_document(one) for one in self.due if one.duty_of != CENTRE],
        }

    def _notice(self, due: Due) -> Json:
        """Give a due leg with what the guard makes of it; the duty officer is always paged."""
        decision = self.assessment.guard
        if due.recipient.role == DUTY_OFFICER and decision != "open":
            decision = "stub"
        document: Json = as_document(due)
        document["guard"] = {"decision": decision, "rule": self.assessment.basis["guard"]}
        held = decision == "hold" or not due.recipient.party_id
        document["state"] = "held" if held else "pending"
        return document


def apply_case(named: NamedCase) -> Applied:
    """Judge one case of a case file and compute what is due."""
    case = named.case
    assessment = assess(case)
    due = terms_due(case.pack, assessment, Moments(opened=case.at), case_flags(case), case.reporter)
    return Applied(named.object_id, case.at, assessment, tuple(due))
