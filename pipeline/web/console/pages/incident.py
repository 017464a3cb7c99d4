"""The page of one incident: why, when, what is due, who was told, and what can be done."""

from collections.abc import Sequence

from pipeline.access import Role
from pipeline.model import Json
from pipeline.model.conditions import Among
from pipeline.ports.searching import Kind
from pipeline.web.console.case import Case, CasePage
from pipeline.web.console.documents import members, number, text, value
from pipeline.web.console.live import watched
from pipeline.web.console.pages.notices import to_receive
from pipeline.web.console.parts import Message, Page, Part, Prose, Ways, badge
from pipeline.web.console.scene import Absent, Scene
from pipeline.web.console.steps import Step, steps_from
from pipeline.web.desk import Asked

_APART = 2  # findings of an incident that can be taken apart


def incident(scene: Scene) -> Page:
    """Show one incident."""
    case = case_of(scene, scene.path("id"))
    live, _ = watched(scene, "incident", questions(scene, scene.path("id")))
    page = CasePage(case, scene.lists)
    say, one = scene.words, case.incident
    parts = [page.terms(), page.timeline(), page.notices()]
    if case.why is not None:
        parts.insert(0, page.why())
    if case.findings:
        parts.append(page.evidence())
    if "incident_note" in case.may:
        parts.append(page.work())
    if case.audit is not None:
        parts.append(page.audit())
    if text(one, "details_available") == "no":
        parts = []
    next_steps, more_steps = _steps(scene, one, case.may)
    next_steps = [*_unread(scene, case.notices), *next_steps]
    return Page(
        title=scene.lists.title(one),
        lead=text(one, "object_id"),
        badges=[
            scene.lists.severity(text(one, "assessment.severity")),
            scene.lists.state(one),
            *([badge(say("stub"), "due")] if not parts else []),
        ],
        messages=_told(scene, one),
        inside=[(part.name, part.title) for part in parts],
        main=parts,
        aside=[*next_steps, page.facts(), *more_steps],
        live=live,
    )


def questions(scene: Scene, name: str = "") -> list[Asked]:
    """Give the questions whose answers the page shows: the incident, and its notices."""
    name = name or scene.query.get("id", "")
    return [
        Asked(Kind.INCIDENTS, Among("id", (name,)), query="live", limit=1),
        Asked(Kind.NOTICES, Among("incident_id", (name,)), query="live", limit=100),
    ]


def case_of(scene: Scene, name: str) -> Case:
    """Gather an incident with what hangs on it; Absent where the viewer sees none of that id."""
    desk, viewer = scene.desk, scene.viewer
    found = desk.one(viewer, Kind.INCIDENTS, name)
    if found is None:
        raise Absent
    pages = scene.me["pages"]
    why = desk.why(viewer, name, 0, scene.words.language) if "why" in pages else None
    notices = desk.notices_of(viewer, name)
    return Case(
        incident=found,
        history=desk.history(viewer, name),
        findings=desk.findings_of(viewer, name),
        notices=notices,
        audit=desk.audit_of(viewer, name) if "incident_audit" in pages else None,
        why=members(why, "explanation") if why is not None else None,
        clocks=_clocks(scene, name, notices),
        may=frozenset(scene.me["commands"]),
    )


def _clocks(scene: Scene, name: str, notices: Sequence[Json]) -> list[Json]:
    """Give the terms that the viewer is to know: its own, and those of notices that it sees."""
    known = scene.beside.clocks(name)
    if "why" in scene.me["pages"] and known:
        return list(known)
    own = ("holder", "owner") if scene.viewer.role is Role.OWNER else ()
    return [
        *map(_clock, notices),
        *(one for one in known if text(one, "duty_of") in own),
    ]


def _clock(notice: Json) -> Json:
    """Give the clock that a notice is."""
    received = value(notice, "receipt.received_at")
    return {**notice, "duty_of": "centre", "met_at": received, "missing": ""}


def _told(scene: Scene, one: Json) -> list[Message]:
    """Tell what became of a step that was just handed in."""
    say, command = scene.words, scene.query.get("command", "")
    if not command:
        return []
    came = scene.desk.outcome(scene.viewer, command, text(one, "id"))
    state = text(came, "state")
    if state == "refused":
        return [Message([say("step.refused"), *map(str, came.get("problems", ()))], "bad")]
    tone = "good" if state == "accepted" else ""
    return [Message([say("step.accepted" if state == "accepted" else "step.waiting")], tone)]


def _steps(scene: Scene, one: Json, may: frozenset[str]) -> tuple[Sequence[Part], Sequence[Part]]:
    """Give the steps on an incident's way, and what else can be done."""
    if text(one, "details_available") == "no":
        return (), ()
    say = scene.words
    steps = [step for step in steps_from(text(one, "state")) if step.command in may]
    if number(one, "finding_count") < _APART:
        steps = [step for step in steps if step.name != "split"]
    first = [_link(scene, one, step) for step in steps if step.part == "way"]
    more = [_link(scene, one, step) for step in steps if step.part != "way"]
    if any(step.name == "close" for step in steps):
        address = f"/incidents/{text(one, 'id')}/do/close?verdict=false"
        first.append((address, say("step.false_positive")))
    return (
        [Part(say("part.next"), [Ways(first, main=True)])] if first else (),
        [Part(say("part.more"), [Ways(more)])] if more else (),
    )


def _unread(scene: Scene, notices: Sequence[Json]) -> list[Part]:
    """Lead to the notices that wait for the viewer's acknowledgement."""
    say = scene.words
    ways = [
        (f"/notices/{text(each, 'id')}", scene.lists.leg(each))
        for each in to_receive(scene, notices)
    ]
    if not ways:
        return []
    return [Part(say("own.to_acknowledge"), [Prose(say("own.to_acknowledge.text")), Ways(ways)])]


def _link(scene: Scene, one: Json, step: Step) -> tuple[str, str]:
    return f"/incidents/{text(one, 'id')}/do/{step.name}", scene.words.word("step", step.name)
