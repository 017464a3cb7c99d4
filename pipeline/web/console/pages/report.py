"""Reporting an incident by hand: what happened, to which object, when; a person decides on it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from starlette.responses import RedirectResponse, Response

from pipeline.access import Role
from pipeline.model import Json, rfc3339
from pipeline.web.console.asking import typed
from pipeline.web.console.documents import text
from pipeline.web.console.pages.objects import name_of
from pipeline.web.console.parts import Choice, Field, Form, Message, Page, Part, Prose
from pipeline.web.console.scene import Absent, Scene
from pipeline.web.desk import ActRefused
from pipeline.web.markup import element

REPORT = "report"
ACTS = (
    "unauthorised_access", "leak", "influence", "blocking", "modification", "copying",
    "destruction_loss", "unlicensed_software", "disruption",
)  # fmt: skip
_ANSWERS = ("unknown", "yes", "no")
_NEEDED = ("object", "what", "reason")
_SHORTEST = 10  # characters of what happened


def ask_report(scene: Scene) -> Page:
    """Ask what happened."""
    _let(scene)
    return _page(scene, {"object": (scene.query.get("object", ""),)}, ())


def take_report(scene: Scene) -> Response | Page:
    """Enter a report; the page again, with what is wrong, where it cannot be."""
    _let(scene)
    given = scene.form
    missing = [name for name in _NEEDED if not _one(given, name)]
    if 0 < len(_one(given, "what")) < _SHORTEST:
        missing.append("what")
    known = {text(one, "id") for one in scene.desk.objects(scene.viewer)}
    if _one(given, "object") not in known:
        missing.append("object")
    if missing:
        return _page(scene, given, missing)
    try:
        done = scene.desk.act(scene.viewer, REPORT, _detail(scene, given), _one(given, "reason"))
    except ActRefused as error:
        told = [element("span", one, lang="en") for one in error.problems]
        page = _page(scene, given, ())
        return replace(page, messages=[Message([scene.words("step.cannot"), *told], "bad")])
    if done is None:
        raise Absent
    return RedirectResponse(f"/report/done?command={text(done, 'command')}", 303)


def reported(scene: Scene) -> Page:
    """Tell what became of a report."""
    _let(scene)
    say = scene.words
    came = scene.desk.outcome(scene.viewer, scene.query.get("command", ""))
    state = text(came, "state")
    said = {"refused": "report.refused", "accepted": "report.accepted"}.get(state, "report.waiting")
    tone = {"refused": "bad", "accepted": "good"}.get(state, "")
    return Page(
        title=say("report.title"),
        messages=[Message([say(said), *map(str, came.get("problems", ()))], tone)],
        ways=[("/", say("error.home")), ("/report", say("report.another"))],
    )


def _let(scene: Scene) -> None:
    if REPORT not in scene.me["commands"]:
        raise Absent


def _one(given: Mapping[str, Sequence[str]], name: str) -> str:
    held = given.get(name, ())
    return held[-1].strip() if held else ""


def _detail(scene: Scene, given: Mapping[str, Sequence[str]]) -> Json:
    at = typed(_one(given, "happened_at"))
    own = scene.viewer.role is Role.OWNER
    return {
        "object": _one(given, "object"),
        "kind": "holder" if own else "operator",
        "what": "\n".join(_one(given, "what").splitlines()),
        "happened_at": rfc3339(at if at is not None else scene.now),
        "acts": [one for one in given.get("acts", ()) if one in ACTS],
        "harms": [],
        "failure": _one(given, "failure") or "unknown",
        "functioning_threat": _one(given, "functioning_threat") or "unknown",
        "reporter": _one(given, "reporter"),
        "channel": "console",
        "attachments": [],
    }


def _page(scene: Scene, given: Mapping[str, Sequence[str]], missing: Sequence[str]) -> Page:
    say = scene.words
    objects = [
        Choice(text(one, "id"), f"{name_of(one, say.language)} ({text(one, 'id')})")
        for one in scene.desk.objects(scene.viewer)
    ]
    answers = [Choice(one, say.word("answer", one)) for one in _ANSWERS]

    def wrong(name: str) -> str:
        return say("form.missing") if name in missing else ""

    def held(name: str) -> str:
        return given.get(name, ("",))[-1] if given.get(name) else ""

    fields = [
        Field("object", say("report.object"), "choice", held("object"),
              [Choice("", say("form.choose")), *objects], needed=True, wrong=wrong("object")),
        Field("what", say("report.what"), "text", held("what"), hint=say("report.what.hint"),
              needed=True, wrong=wrong("what"), longest=20_000),
        Field("happened_at", say("report.when"), "time", held("happened_at"),
              hint=say("report.when.hint")),
        Field("acts", say("report.acts"), "many", tuple(given.get("acts", ())),
              [Choice(one, say.word("act", one)) for one in ACTS]),
        Field("failure", say("report.failure"), "choice", held("failure"), answers),
        Field("functioning_threat", say("report.threat"), "choice", held("functioning_threat"),
              answers),
        Field("reporter", say("report.reporter"), "line", held("reporter")),
        Field("reason", say("report.reason"), "line", held("reason"), needed=True,
              wrong=wrong("reason"), hint=say("form.reason.hint"), longest=300),
    ]  # fmt: skip
    form = Form("/report", fields, say("report.send"), back=("/", say("form.back")))
    return Page(
        title=say("report.title"),
        lead=say("report.lead"),
        messages=[Message([say("form.incomplete")], "bad")] if missing else [],
        main=[Part("", [form])],
        aside=[
            Part(say("report.then"), [Prose(say("report.then.text")), Prose(say("report.urgent"))])
        ],
    )
