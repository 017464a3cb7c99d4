"""A step of an incident: a page that says what will be done and asks why, then the deed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from starlette.responses import RedirectResponse, Response

from pipeline.model import Json, rfc3339
from pipeline.ports.searching import Kind
from pipeline.web.console.asking import typed
from pipeline.web.console.documents import moment, number, text
from pipeline.web.console.lists import SHORT
from pipeline.web.console.parts import (
    Choice,
    Facts,
    Field,
    Form,
    Message,
    Page,
    Part,
    Prose,
    code,
    together,
)
from pipeline.web.console.scene import Absent, Scene
from pipeline.web.console.steps import FILE, STEPS, Question, Step
from pipeline.web.desk import ActRefused
from pipeline.web.markup import element

_APART = "\n"  # between several answers to one question
_SAYS = ("decide", "correct")  # steps whose answers are elements of the verdict


@dataclass(frozen=True, slots=True)
class _Asked:
    step: Step
    incident: Json


def ask_step(scene: Scene) -> Page:
    """Show what a step does, and ask what it needs."""
    asked = _asked(scene)
    given = {one.name: scene.query.get(one.name, "") for one in asked.step.questions}
    return _page(scene, asked, given, ())


def take_step(scene: Scene) -> Response | Page:
    """Hand a step in; the page again, with what is wrong, where it cannot be."""
    asked = _asked(scene)
    given = {name: values[-1] for name, values in scene.form.items()}
    for one in asked.step.questions:
        if one.sort == "many":
            given[one.name] = _APART.join(scene.form.get(one.name, ()))
    came = scene.files.get(FILE)
    if came is not None and asked.step.name == "evidence":
        if scene.beside.marked(came.data):
            page = _page(scene, asked, given, ())
            return replace(page, messages=[Message([scene.words("step.marked")], "bad")])
        given |= {"name": came.name, "sha256": came.sha256, "size": str(came.size)}
    missing = _missing(asked, given)
    if missing:
        return _page(scene, asked, given, missing)
    try:
        done = scene.desk.act(
            scene.viewer, asked.step.command, _detail(asked, given), given["reason"].strip()
        )
    except ActRefused as error:
        page = _page(scene, asked, given, ())
        told = [element("span", one, lang="en") for one in error.problems]
        return replace(page, messages=[Message([scene.words("step.cannot"), *told], "bad")])
    if done is None:
        raise Absent
    name = text(asked.incident, "id")
    return RedirectResponse(f"/incidents/{name}?command={text(done, 'command')}", 303)


def _missing(asked: _Asked, given: dict[str, str]) -> list[str]:
    """Name what was not filled in; of evidence either a file, or its name, size and hash."""
    needed = [one.name for one in asked.step.questions if one.needed]
    if asked.step.name == "evidence":
        needed += ["name", "sha256", "size"]
    return [name for name in (*needed, "reason") if not given.get(name, "").strip()]


def _asked(scene: Scene) -> _Asked:
    step = STEPS.get(scene.path("step"))
    if step is None or step.command not in scene.me["commands"]:
        raise Absent
    found = scene.desk.one(scene.viewer, Kind.INCIDENTS, scene.path("id"))
    if found is None or text(found, "state") not in step.states:
        raise Absent
    return _Asked(step, found)


def _detail(asked: _Asked, given: dict[str, str]) -> Json:
    """Give a command's detail of what was filled in; what was left empty is not said."""
    detail: Json = {"incident": text(asked.incident, "id")}
    seen = given.get("revision", "")
    if seen.isascii() and seen.isdecimal():
        detail["revision"] = int(seen[:9])
    says: Json = {}
    for one in asked.step.questions:
        said = given.get(one.name, "").strip()
        left_out = not said and not (one.name == "to" and asked.step.name == "assign")
        if left_out or one.sort == "file":
            continue
        if asked.step.name in _SAYS and one.name != "closing":
            says[one.name] = said
        elif one.sort == "many":
            detail[one.name] = said.split(_APART)
        elif one.sort == "number":
            detail[one.name] = int(said) if said.isascii() and said.isdecimal() else said
        elif one.sort == "time":
            at = typed(said)
            detail[one.name] = rfc3339(at) if at is not None else said
        else:
            detail[one.name] = said
    if asked.step.name in _SAYS:
        detail["says"] = says
    return detail


def _page(scene: Scene, asked: _Asked, given: dict[str, str], missing: Sequence[str]) -> Page:
    say, one = scene.words, asked.incident
    name = text(one, "id")
    fields = [
        Field("revision", "", "hidden", given.get("revision") or str(number(one, "revision")))
    ]
    fields += [_field(scene, asked, each, given, missing) for each in asked.step.questions]
    fields.append(
        Field("reason", say("form.reason"), "text", given.get("reason", ""),
              hint=say("form.reason.hint"), needed=True,
              wrong=say("form.missing") if "reason" in missing else "", longest=500)
    )  # fmt: skip
    back = (f"/incidents/{name}", say("form.back"))
    title = say.word("step", asked.step.name)
    facts = Facts(
        [
            (say("fact.incident"), together(scene.lists.incident_link(one), code(name[:SHORT]))),
            (say("fact.object"), code(text(one, "object_id"))),
            (say("column.state"), scene.lists.state(one)),
            (say("fact.severity"), scene.lists.severity(text(one, "assessment.severity"))),
        ]
    )
    effect = say.word("step_effect", asked.step.name)
    form = Form(f"/incidents/{name}/do/{asked.step.name}", fields, title, back=back)
    wrong = [Message([say("form.incomplete")], "bad")] if missing else []
    recorded = Prose(say("step.recorded"), "aside small")
    beside = Part(say("part.facts"), [facts, recorded])
    return Page(title, effect, messages=wrong, main=[Part("", [form])], aside=[beside])


def _field(
    scene: Scene, asked: _Asked, one: Question, given: dict[str, str], missing: Sequence[str]
) -> Field:
    say, held = scene.words, given.get(one.name, "")
    if one.sort == "many":
        choices = _findings(scene, asked)
    else:
        choices = [
            Choice(each, say.word(one.context, each) if each else say("form.unsaid"))
            for each in one.choices
        ]
    hinted = one.sort in ("file", "many")
    return Field(
        one.name, say(f"ask.{one.name}"), one.sort,
        tuple(held.split(_APART)) if one.sort == "many" else held, choices,
        needed=one.needed, wrong=say("form.missing") if one.name in missing else "",
        hint=say(f"ask.{one.name}.hint") if hinted else "",
        longest=8_000 if one.sort == "text" else 300,
    )  # fmt: skip


def _findings(scene: Scene, asked: _Asked) -> list[Choice]:
    """Give the findings of an incident, to choose from."""
    say = scene.words
    return [
        Choice(
            text(one, "id"),
            f"{text(one, 'rule.title')}: {scene.at.text(moment(one, 'first_event_at'))},"
            f" {say('step.events', count=say.number(number(one, 'event_count')))}",
        )
        for one in scene.desk.findings_of(scene.viewer, text(asked.incident, "id"))
    ]
