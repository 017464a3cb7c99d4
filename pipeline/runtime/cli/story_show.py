"""A story on the terminal: what arrives, fires, is told to whom and why; its table at the end."""

from collections import Counter
from collections.abc import Iterable

from pipeline.model import Finding, Incident, IncidentState, Limb, Notice, NoticeState, Tri
from pipeline.notify.streaming import EVENT_STREAM
from pipeline.runtime.cli.output import say, show_table, to_the_second


class Show:
    """Tells the terminal what arrives, what fires, what is told to whom and why."""

    def __init__(self) -> None:
        self._arrived: Counter[str] = Counter()
        self._streamed: Counter[str] = Counter()
        self._states: dict[str, IncidentState] = {}

    def narrate(self, text: str) -> None:
        """Tell a line of the story, after what has arrived and was streamed since the last."""
        self._tell_counted()
        say(f"\n== {text}")

    def arrived(self, source: str, records: int) -> None:
        """Count what came of a source."""
        self._arrived[source] += records

    def finding(self, finding: Finding) -> None:
        """Tell of a finding when it is new."""
        if finding.revision == 1:
            say(_finding_line(finding))

    def incident(self, incident: Incident) -> None:
        """Tell of an incident when it is new, or becomes another thing."""
        if self._states.get(incident.id) is not incident.state:
            self._states[incident.id] = incident.state
            say(_incident_line(incident))

    def notice(self, notice: Notice) -> None:
        """Tell what became of one delivery."""
        to = f"{notice.recipient.role} {notice.recipient.party_id}"
        if notice.receipt is not None and notice.kind == EVENT_STREAM:
            self._streamed[f"{to} ({notice.basis}, {notice.channel})"] += 1
        elif notice.receipt is not None:
            say(f"    told     {to} ({notice.leg}, {notice.basis}, {notice.channel}): receipt")
        else:
            say(f"    not yet  {to} ({notice.leg}): {notice.last_error}")

    def totals(self, sent: int, lost: int) -> None:
        """Tell how much was sent and whether anything was lost on the way."""
        self._tell_counted()
        say(f"{sent} records were sent, {lost} were lost on the way")

    def _tell_counted(self) -> None:
        if self._arrived:
            parts = ", ".join(f"{source} {count}" for source, count in self._arrived.most_common(6))
            say(f"    arrived: {parts}")
            self._arrived.clear()
        for to, count in sorted(self._streamed.items()):
            say(f"    streamed {to}: {count} part(s) of events, each with a receipt")
        self._streamed.clear()


def _finding_line(finding: Finding) -> str:
    group = " ".join(f"{name}={value}" for name, value in sorted(finding.group.items()))
    return f"    fires    {finding.rule.level:8} {finding.rule.title} [{finding.object_id} {group}]"


def _incident_line(incident: Incident) -> str:
    assessment = incident.assessment
    acts = ", ".join(act for act, holds in sorted(assessment.acts.items()) if holds is Tri.YES)
    because = "; ".join(
        f"{name} {limb.holds.value}: {limb.reason}"
        for name, limb in assessment.predicate.items()
        if isinstance(limb, Limb) and limb.holds is not Tri.NO
    )
    what = "CANDIDATE" if incident.state is IncidentState.CANDIDATE else "INCIDENT "
    head = f"  {what} {incident.id[:8]} {incident.object_id} {acts or assessment.rsit}"
    return f"{head}, severity {assessment.severity} ({because})"


def show_story(incidents: Iterable[Incident], notices: Iterable[Notice]) -> None:
    """Show the table of a story: each incident's latest revision, and whom it was told to."""
    told: dict[str, list[Notice]] = {}
    for notice in notices:
        told.setdefault(notice.incident_id, []).append(notice)
    held = sorted(incidents, key=lambda one: (one.opened_at, one.object_id, _head(one)[1:]))
    rows: list[tuple[str, ...]] = []
    for incident in held:
        if incident.state is IncidentState.CANDIDATE:
            continue
        head = _head(incident)
        for notice in sorted(told.get(incident.id, []), key=_place):
            to = f"{notice.recipient.role} {notice.recipient.party_id}"
            rows.append((*head, to, notice.leg, _clock(notice.due_at), _receipt(notice)))
            head = ("", "", "")
    columns = ("incident", "class", "weight", "recipient", "leg", "due", "receipt")
    show_table("incidents of the story (times in UTC)", columns, rows)
    waiting = sum(incident.state is IncidentState.CANDIDATE for incident in held)
    say(f"{waiting} candidate(s) wait for a person's decision; nobody outside was told of them")


def _head(incident: Incident) -> tuple[str, str, str]:
    assessment = incident.assessment
    acts = [act for act, holds in sorted(assessment.acts.items()) if holds is Tri.YES]
    trial = " (trial)" if incident.trial else ""
    return (
        f"{incident.id[:8]} {incident.object_id}{trial}",
        ", ".join(acts) or assessment.rsit,
        f"{assessment.severity}, {assessment.priority}",
    )


def _place(notice: Notice) -> tuple[int, str, str, str]:
    to = notice.recipient
    return notice.due_at, notice.leg, to.role, to.party_id


def _clock(instant: int) -> str:
    return to_the_second(instant)[5:19].replace("T", " ")


def _receipt(notice: Notice) -> str:
    if notice.receipt is None:
        return f"{notice.state.value} {notice.last_error}".strip()
    if notice.state is NoticeState.ACKNOWLEDGED:
        return f"signed {str(notice.receipt.body.get('sha256', ''))[:12]}"
    return "spooled"
