"""What each step does to an incident: the work of hands, one function a step."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from pipeline.incidents.decisions import (
    HANDOVER,
    SEVERITY,
    VERDICT,
    WITHDRAWN,
    counting,
    machine_says,
)
from pipeline.incidents.fold import Fold, inherited
from pipeline.incidents.life_cycle import (
    DUTY_LEAD,
    LINK_KINDS,
    OPEN,
    REPORT,
    STEPS,
    Asked,
    AskedAssign,
    AskedClose,
    AskedCorrect,
    AskedDecide,
    AskedEvidence,
    AskedLink,
    AskedMerge,
    AskedNote,
    AskedReport,
    AskedSplit,
    AskedTask,
    step_of,
)
from pipeline.incidents.reopening import TRUE, moved, with_links
from pipeline.incidents.revisions import Revised
from pipeline.incidents.standing import Beyond, IncidentRow
from pipeline.model import (
    Assessment,
    Command,
    Decision,
    Incident,
    IncidentState,
    Json,
    Link,
    Tri,
    identity,
)
from pipeline.model.rows import Rows

Done = dict[str, list[Revised]]
MOST_TASKS = 200
MOST_LINKS = 200
MOST_DECISIONS = 200
SOURCE_MISSING = "source missing"


class CannotBe(Exception):
    """A step that only showed on trying that it may not be taken; nothing was changed."""

    def __init__(self, *problems: str) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Desk:
    """One step at hand: the fold, the object's state, the incident's row, who asks, and when.

    ``severities`` are the pack's, from the mildest; ``reports`` to which roles it owes which kind.
    """

    fold: Fold
    state: Rows
    row: IncidentRow
    command: Command
    at: int
    severities: tuple[str, ...] = ()
    reports: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def last(self) -> Incident:
        """Give the incident as it stands."""
        return self.row.incident

    def begun(self, **changes: object) -> Incident:
        """Give what the person's revision begins as, with what changes."""
        return replace(self.on(self.last), **changes)  # type: ignore[arg-type]  # fields by name

    def on(self, last: Incident) -> Incident:
        """Give what a person's revision of any incident begins as."""
        return replace(
            last,
            step=step_of(self.command),
            actor=self.command.actor,
            reason=self.command.reason,
            command=self.command.id,
            entry={},
        )

    def done(self, made: Incident, *, judge: bool = False) -> Done:
        """Give the one revision that the step comes to."""
        return {
            made.object_id: [self.fold.revise(self.state, self.row, made, self.at, judge=judge)]
        }

    def decision(self, says: Mapping[str, str]) -> Decision:
        """Give a person's word beside what the assessment alone says of the same now."""
        held = self.row.held()
        machine = self._machine()
        return Decision(
            at=self.at,
            actor=self.command.actor,
            reason=self.command.reason,
            says=dict(sorted(says.items())),
            machine=machine_says(machine, says),
            rules=tuple(sorted({one.rule.id for one in held})),
        )

    def decided(self, says: Mapping[str, str], **changes: object) -> Incident:
        """Give a revision with one more word of a person, not yet judged."""
        if len(self.last.decisions) >= MOST_DECISIONS:
            raise CannotBe(f"{MOST_DECISIONS} decisions stand already")
        return replace(self.begun(**changes), decisions=(*self.last.decisions, self.decision(says)))

    def rank(self, assessment: Assessment) -> int:
        """Give how grave an assessment is, among the pack's severities; -1: none of them."""
        named = assessment.severity
        return self.severities.index(named) if named in self.severities else -1

    def _machine(self) -> Assessment:
        alone = replace(self.last, decisions=())
        return self.fold.judged(alone, self.row.held(), self.last.opened_at).assessment


def _moves(desk: Desk, _asked: Asked, _state: Callable[[str], Rows]) -> Done:
    """Lead to the state that the step names."""
    to = STEPS[step_of(desk.command)].to
    assert to is not None
    return desk.done(desk.begun(state=to))


def _close(desk: Desk, asked: Asked, _state: Callable[[str], Rows]) -> Done:
    assert isinstance(asked, AskedClose)
    if asked.verdict == TRUE:
        return desk.done(_closed(desk.begun(), desk.at, TRUE))
    made = desk.decided({VERDICT: Tri.NO.value})
    return desk.done(_closed(made, desk.at, asked.verdict), judge=True)


def _closed(incident: Incident, at: int, verdict: str) -> Incident:
    return replace(incident, state=IncidentState.CLOSED, closing_verdict=verdict, closed_at=at)


def _reopen(desk: Desk, _asked: Asked, _state: Callable[[str], Rows]) -> Done:
    """Open again; the *no* that closed it is taken back, and the assessment counts again."""
    standing = counting(desk.last.decisions)
    denied = VERDICT in standing and standing[VERDICT].says[VERDICT] == Tri.NO.value
    made = desk.decided({VERDICT: WITHDRAWN}) if denied else desk.begun()
    made = replace(made, state=IncidentState.CANDIDATE, closing_verdict="", closed_at=0)
    made = desk.fold.judged(made, desk.row.held(), made.opened_at)
    if made.assessment.is_incident is Tri.YES:
        made = replace(made, state=IncidentState.INVESTIGATING)
    return desk.done(made)


def _assign(desk: Desk, asked: Asked, _state: Callable[[str], Rows]) -> Done:
    assert isinstance(asked, AskedAssign)
    entry: Json = {"from": desk.last.assigned_to, "to": asked.to}
    return desk.done(desk.begun(assigned_to=asked.to, entry=entry))


def _note(desk: Desk, asked: Asked, _state: Callable[[str], Rows]) -> Done:
    assert isinstance(asked, AskedNote)
    return desk.done(desk.begun(entry={"text": asked.text}))


def _evidence(desk: Desk, asked: Asked, _state: Callable[[str], Rows]) -> Done:
    assert isinstance(asked, AskedEvidence)
    named = ("name", "sha256", "size", "description", "kept")
    return desk.done(desk.begun(entry={name: getattr(asked, name) for name in named}))


def _task(desk: Desk, asked: Asked, _state: Callable[[str], Rows]) -> Done:
    assert isinstance(asked, AskedTask)
    tasks = desk.row.tasks
    if asked.done:
        if tasks.get(asked.done) is not False:
            raise CannotBe(f"no task {asked.done} is open")
        tasks[asked.done] = True
        return desk.done(desk.begun(entry={"task": asked.done, "done": True}))
    if len(tasks) >= MOST_TASKS:
        raise CannotBe(f"{MOST_TASKS} tasks stand already")
    name = desk.command.id[:8]
    tasks[name] = False
    entry: Json = {"task": name, "text": asked.text, "who": asked.who, "due": asked.due}
    return desk.done(desk.begun(entry=entry))


def _handover(desk: Desk, _asked: Asked, _state: Callable[[str], Rows]) -> Done:
    """Hand over to the response service (7-3): told by the pack's route, where it has one."""
    made = desk.decided({HANDOVER: Tri.YES.value})
    made = desk.fold.judged(made, desk.row.held(), made.opened_at)
    told = [leg for leg in made.assessment.route if leg not in desk.last.assessment.route]
    before = HANDOVER in counting(desk.last.decisions)
    entry: Json = {"route": [leg.role for leg in told] or ("told before" if before else "")}
    if not entry["route"]:
        entry["route"] = SOURCE_MISSING
    return desk.done(replace(made, entry=entry))


def _report(desk: Desk, asked: Asked, _state: Callable[[str], Rows]) -> Done:
    """Bring a report about that the pack owes on request, or of what still goes on."""
    assert isinstance(asked, AskedReport)
    if asked.kind == "progress" and desk.last.state is IncidentState.CLOSED:
        raise CannotBe("it is closed: the final report was made, nothing goes on")
    known = desk.reports.get(asked.kind, ())
    routed = {leg.role for leg in desk.last.assessment.route}
    wanted = [role for role in known if asked.by in ("", role)]
    to = [role for role in wanted if role in routed]
    if not wanted:
        whom = f" of {asked.by}" if asked.by else ""
        raise CannotBe(
            f"the law pack owes no report of the kind {asked.kind!r}{whom};"
            f" known: {', '.join(known) or 'nobody'}"
        )
    if not to:
        raise CannotBe(f"the incident's route names no {' or '.join(wanted)}")
    entry: Json = {"kind": asked.kind, "to": to}
    times = {**desk.last.asked, asked.by: desk.at} if asked.by else desk.last.asked
    return desk.done(desk.begun(entry=entry, asked=times))


def _decide(desk: Desk, asked: Asked, _state: Callable[[str], Rows]) -> Done:
    """Decide whether it is an incident: a *yes* opens it at this moment, a *no* closes it."""
    assert isinstance(asked, AskedDecide)
    made = desk.decided(asked.says)
    if asked.says[VERDICT] == Tri.NO.value:
        return desk.done(_closed(made, desk.at, asked.closing), judge=True)
    if desk.last.state is IncidentState.CANDIDATE:
        made = replace(made, state=IncidentState.NEW, opened_at=desk.at)
    return desk.done(made, judge=True)


def _correct(desk: Desk, asked: Asked, _state: Callable[[str], Rows]) -> Done:
    """Correct class or severity; the verdict follows, for a candidate as for an incident."""
    assert isinstance(asked, AskedCorrect)
    made = desk.decided(asked.says)
    judged = desk.fold.judged(made, desk.row.held(), made.opened_at)
    wanted = asked.says.get(SEVERITY)
    if wanted and judged.assessment.severity != wanted:
        raise CannotBe(
            f"severity cannot be {wanted!r}: a floor of the pack keeps it at"
            f" {judged.assessment.severity!r}"
        )
    before, after = desk.last.assessment, judged.assessment
    taken_back = before.is_incident is Tri.YES and after.is_incident is not Tri.YES
    milder = before.is_incident is Tri.YES and desk.rank(after) < desk.rank(before)
    if desk.command.role != DUTY_LEAD and (taken_back or milder):
        raise CannotBe(f"what was told is made less by the {DUTY_LEAD} alone")
    if after.is_incident is Tri.YES and desk.last.state is IncidentState.CANDIDATE:
        judged = desk.fold.judged(replace(judged, opened_at=desk.at), desk.row.held(), desk.at)
    return desk.done(moved(judged, desk.last))


def _merge(desk: Desk, asked: Asked, _state: Callable[[str], Rows]) -> Done:
    """Let another incident of the object take this one in; it is judged by the findings of both."""
    assert isinstance(asked, AskedMerge)
    other = desk.state.get(IncidentRow, "incident", asked.into)
    if other is None or not other.incident.revision or other.incident.state not in OPEN:
        raise CannotBe(f"no open incident {asked.into} of {desk.last.object_id} takes it in")
    if other is desk.row:
        raise CannotBe("an incident cannot be merged into itself")
    gone = desk.last
    ended = desk.fold.merge(desk.state, desk.row, other, desk.begun(), desk.at)
    last = other.incident
    made = inherited(desk.on(last), gone)
    made = desk.fold.judged(made, other.held(), made.opened_at)
    yes = made.assessment.is_incident is Tri.YES
    if yes and last.state is IncidentState.CANDIDATE:
        made = desk.fold.judged(replace(made, opened_at=desk.at), other.held(), desk.at)
    kept = desk.fold.revise(desk.state, other, moved(made, last), desk.at, judge=False)
    return {gone.object_id: [kept, *ended]}


def _split(desk: Desk, asked: Asked, _state: Callable[[str], Rows]) -> Done:
    """Let some findings go on as an incident of their own, which takes in nothing by itself."""
    assert isinstance(asked, AskedSplit)
    wanted = frozenset(asked.findings)
    held, last = desk.row.findings, desk.last
    unknown = sorted(wanted - held.keys())
    if unknown:
        raise CannotBe(f"findings that it does not hold: {', '.join(unknown)}")
    if len(wanted) == len(held):
        raise CannotBe("at least one finding must stay")
    name = identity("incident", last.object_id, "split", desk.command.id)
    row = IncidentRow(
        desk.begun(
            id=name,
            revision=0,
            # A key of its own: what a person took apart the fold does not join again.
            fold_key=f"{last.fold_key}#{name[:8]}",
            state=IncidentState.CANDIDATE,
            opened_at=desk.at,
            decisions=(),
            machine={},
            previous_hash="",
            hash="",
            closing_verdict="",
            links=(Link("split", last.id, last.object_id),),
        ),
        {one: held[one] for one in sorted(wanted)},
        Beyond(),
    )
    for one in wanted:
        del held[one]
    parted = desk.fold.judged(
        with_links(desk.begun(), Link("split", name, last.object_id)),
        desk.row.held(),
        last.opened_at,
    )
    old = desk.fold.revise(desk.state, desk.row, moved(parted, last), desk.at, judge=False)
    first = row.incident
    made = desk.fold.judged(first, row.held(), desk.at)
    new = desk.fold.revise(desk.state, row, moved(made, first), desk.at, judge=False)
    return {last.object_id: [old, new]}


def _link(desk: Desk, asked: Asked, state: Callable[[str], Rows]) -> Done:
    """Link two incidents, of one object or of two: each gets a revision that names the other."""
    assert isinstance(asked, AskedLink)
    rows = state(asked.to_object)
    other = rows.get(IncidentRow, "incident", asked.to)
    if other is None or not other.incident.revision:
        raise CannotBe(f"no incident {asked.to} of {asked.to_object} is in the state")
    if other is desk.row:
        raise CannotBe("an incident cannot be linked to itself")
    if other.incident.state is IncidentState.MERGED:
        raise CannotBe(f"{asked.to} was merged: it goes on as {other.incident.merged_into}")
    if len(desk.last.links) >= MOST_LINKS or len(other.incident.links) >= MOST_LINKS:
        raise CannotBe(f"{MOST_LINKS} links stand already")
    there = Link(asked.kind, asked.to, asked.to_object)
    back = Link(LINK_KINDS[asked.kind], desk.last.id, desk.last.object_id)
    if there in desk.last.links:
        raise CannotBe(f"it is linked so already: {asked.kind} {asked.to}")
    made = with_links(desk.begun(entry={"link": asked.kind, "to": asked.to}), there)
    done = desk.done(made)
    answered = with_links(desk.on(other.incident), back)
    revised = desk.fold.revise(rows, other, answered, desk.at, judge=False)
    done.setdefault(asked.to_object, []).append(revised)
    return done


Work = Callable[[Desk, Asked, Callable[[str], Rows]], Done]
WORK: Mapping[str, Work] = {
    "acknowledge": _moves,
    "investigate": _moves,
    "contain": _moves,
    "restore": _moves,
    "close": _close,
    "reopen": _reopen,
    "assign": _assign,
    "note": _note,
    "evidence": _evidence,
    "task": _task,
    "handover": _handover,
    REPORT: _report,
    "decide": _decide,
    "correct": _correct,
    "merge": _merge,
    "split": _split,
    "link": _link,
}
