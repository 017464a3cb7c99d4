"""What the system itself does with states: a verdict that turns, and what comes after a closing.

A closed incident that was true takes what lies within reach, and opens again by itself where events
happened after it was closed. One that a person called false or benign takes what the same rules
find, for ninety days and as long as the assessment does not call that an incident by itself. What
another rule finds, or what is an incident for certain, opens one of its own: as with a silence, no
word given beforehand puts off the duty to tell (Informatization Law 7-2(1)(2)).
"""

from collections.abc import Callable
from dataclasses import replace

from pipeline.incidents.decisions import VERDICT, counting
from pipeline.incidents.revisions import REOPEN
from pipeline.incidents.silences import LONGEST
from pipeline.model import Finding, Incident, IncidentState, Link, Tri

TRUE, BENIGN, FALSE = "true", "benign", "false"
CLOSING = (TRUE, BENIGN, FALSE)
AFTER_CLOSING = "events happened after it was closed"
CONTRADICTED = "what was found since contradicts the decision: a person decides anew"


def takes(closed: Incident, finding: Finding, alone: Callable[[Finding], Tri]) -> bool:
    """Tell whether a closed incident takes a finding that lies within its reach.

    ``alone`` gives the assessment's verdict on a finding by itself.
    """
    if closed.closing_verdict == TRUE:
        return True
    decision = counting(closed.decisions).get(VERDICT)
    return (
        decision is not None
        and finding.rule.id in decision.rules
        and finding.last_event_at <= closed.closed_at + LONGEST
        and alone(finding) is not Tri.YES
    )


def moved(made: Incident, last: Incident) -> Incident:
    """Give a revision the state that its verdict asks for; a closed one stays so, or opens again.

    What was an incident and is none for certain waits for a person, as a candidate.
    """
    yes = made.assessment.is_incident is Tri.YES
    if last.state is IncidentState.CLOSED:
        why = _reopened(made, last)
        if not why:
            return made
        made = replace(made, step=REOPEN, reason=why, closed_at=0, closing_verdict="")
        return replace(made, state=IncidentState.NEW if yes else IncidentState.CANDIDATE)
    if not yes:
        return replace(made, state=IncidentState.CANDIDATE)
    if made.state is IncidentState.CANDIDATE:
        return replace(made, state=IncidentState.NEW)
    return made


def _reopened(made: Incident, last: Incident) -> str:
    verdict = made.assessment.is_incident
    if last.closing_verdict == TRUE:
        newer = made.last_event_at > max(last.closed_at, last.last_event_at)
        return AFTER_CLOSING if newer and verdict is Tri.YES else ""
    return CONTRADICTED if verdict is not Tri.NO else ""


def with_links(incident: Incident, *links: Link) -> Incident:
    """Give an incident with further links, none of them twice."""
    return replace(incident, links=tuple(dict.fromkeys((*incident.links, *links))))


def campaign_links(incident: Incident, campaigns: list[str]) -> Incident:
    """Give an incident with its links to campaigns over several objects."""
    return with_links(incident, *(Link("campaign", name) for name in campaigns))
