"""A person's step on an incident, obeyed: one revision of each incident that it touches, or none.

What may not be done changes nothing and is told with every reason. Who names the revision that they
saw is refused where another came between, so that of two people acting at once one looks again.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from pipeline.incidents import handwork
from pipeline.incidents.audit import Draft
from pipeline.incidents.decisions import SEVERITY
from pipeline.incidents.fold import Fold
from pipeline.incidents.life_cycle import (
    DUTY_LEAD,
    STEPS,
    Asked,
    AskedClose,
    AskedCorrect,
    AskedDecide,
    asked_of,
    form_problems,
    says_problems,
    step_of,
)
from pipeline.incidents.revisions import Revised
from pipeline.incidents.standing import IncidentRow
from pipeline.model import Command, Incident, IncidentState, Tri
from pipeline.model.rows import Rows

ADMINISTRATION = "administration"
LEFT = "is not in the state: it never was, or it ended more than thirty days ago (link a new one)"


@dataclass(frozen=True, slots=True)
class Hands:
    """What obeying needs: the fold, each object's state, and what the pack lets persons say.

    ``reports`` gives to which roles the pack owes which kind of report that a person brings about.
    """

    fold: Fold
    state: Callable[[str], Rows]
    sayable: Callable[[int], Mapping[str, tuple[str, ...]]]
    reports: Callable[[int], Mapping[str, tuple[str, ...]]] = lambda _at: {}


@dataclass(slots=True)
class Acted:
    """What came of a command: new revisions by object, or the entry that refuses it."""

    revised: dict[str, list[Revised]] = field(default_factory=dict)
    refused: Draft | None = None


def obey_step(hands: Hands, command: Command, at: int) -> Acted:
    """Take a person's step, received at an instant (ns)."""
    problems = form_problems(command)
    if problems:
        return Acted(refused=_refused(command, at, problems))
    asked = asked_of(command)
    state = hands.state(asked.object_id)
    row = state.get(IncidentRow, "incident", asked.incident)
    if row is None or not row.incident.revision:
        told = [f"the incident {asked.incident} of {asked.object_id} {LEFT}"]
        return Acted(refused=_refused(command, at, told))
    known = hands.sayable(row.incident.opened_at)
    reports = hands.reports(row.incident.opened_at)
    desk = handwork.Desk(hands.fold, state, row, command, at, known.get(SEVERITY, ()), reports)
    problems = list(_standing_problems(command, asked, row.incident))
    if isinstance(asked, AskedDecide | AskedCorrect):
        problems += says_problems(asked.says, known)
    done: dict[str, list[Revised]] = {}
    if not problems:
        try:
            done = handwork.WORK[step_of(command)](desk, asked, hands.state)
        except handwork.CannotBe as error:
            problems = list(error.problems)
    if problems:
        return Acted(refused=_refused(command, at, problems, row.incident))
    return Acted(done)


def _standing_problems(command: Command, asked: Asked, last: Incident) -> Iterator[str]:
    """Give what stands against a step as the incident stands."""
    step = step_of(command)
    if last.state not in STEPS[step].sources:
        yield f"{step}: an incident that is {last.state.value} cannot be; {_ways(last)}"
    if asked.revision is not None and asked.revision != last.revision:
        yield f"revision {asked.revision} was seen, and {last.revision} is the last: look again"
    verdict = last.assessment.is_incident
    takes_back = (isinstance(asked, AskedClose) and asked.verdict != "true") or (
        isinstance(asked, AskedDecide) and asked.says["is_incident"] == Tri.NO.value
    )
    if takes_back and verdict is Tri.YES and command.role != DUTY_LEAD:
        yield f"what was told as an incident is taken back by the {DUTY_LEAD} alone"
    if isinstance(asked, AskedClose) and asked.verdict == "true" and verdict is not Tri.YES:
        yield "it is no incident yet: decide it first (saqshy incidents decide)"


def _ways(last: Incident) -> str:
    """Say which steps an incident can take as it stands."""
    if last.state is IncidentState.MERGED:
        return f"it goes on as {last.merged_into}"
    return f"it can: {', '.join(name for name, one in STEPS.items() if last.state in one.sources)}"


def _refused(
    command: Command, at: int, problems: list[str], incident: Incident | None = None
) -> Draft:
    return Draft(
        chain=incident.object_id if incident is not None else ADMINISTRATION,
        entry_id=f"command:{command.id}",
        kind="command_refused",
        subject=incident.id if incident is not None else command.id,
        at=at,
        actor=command.actor[:200],
        detail={"command": command.name, "problems": problems, "reason": command.reason[:500]},
    )
