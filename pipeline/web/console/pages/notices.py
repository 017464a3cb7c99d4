"""Notices: the list, one with its text, receipt and what was tried, and its acknowledgement."""

from collections.abc import Sequence

from starlette.responses import RedirectResponse, Response

from pipeline.model import Json
from pipeline.ports.searching import Kind
from pipeline.web.console.documents import flat, members, moment, text, value
from pipeline.web.console.lists import SHORT
from pipeline.web.console.pages.search import searched
from pipeline.web.console.parts import (
    Body,
    Facts,
    Fold,
    Form,
    Message,
    Page,
    Part,
    Prose,
    code,
    link,
    together,
)
from pipeline.web.console.scene import Absent, Scene
from pipeline.web.desk import ActRefused
from pipeline.web.markup import element

RECEIVE = "notices_receive"
SENT = "sent"
WHY = "received and read in the console"  # the reason in the trail


def notices(scene: Scene) -> Page:
    """Show the notices that the viewer may see."""
    return searched(scene, "/notices", (Kind.NOTICES,), "notices", "all")


def notice(scene: Scene) -> Page:
    """Show one notice."""
    say, at = scene.words, scene.at
    one = scene.desk.one(scene.viewer, Kind.NOTICES, scene.path("id"))
    if one is None:
        raise Absent
    incident = text(one, "incident_id")
    facts = Facts(
        [
            (say("column.state"), scene.lists.notice_state(one)),
            (say("column.to"), together(say.word("role", text(one, "recipient.role")),
                                        code(text(one, "recipient.party_id")))),
            (say("column.object"), code(text(one, "object_id"))),
            (say("column.incident"), link(f"/incidents/{incident}", incident[:SHORT], "code")),
            (say("column.made"), at(moment(one, "created_at"))),
            (say("column.due"), at(moment(one, "due_at"))),
            (say("column.kept"), scene.lists.kept(one)),
            (say("column.ground"), scene.lists.ground(one)),
            (say("notice.channel"), text(one, "channel")),
            (say("notice.language"), text(one, "language")),
            (say("notice.attempts"), text(one, "attempts")),
            (say("notice.error"), text(one, "last_error")),
        ]
    )  # fmt: skip
    parts = [Part(say("notice.facts"), [facts])]
    for name in ("payload", "receipt"):
        held = value(one, name)
        if isinstance(held, dict) and held:
            parts.append(Part(say(f"notice.{name}"), _held(scene, held)))
    return Page(
        scene.lists.leg(one),
        code(text(one, "id")[:SHORT]),
        messages=_told(scene),
        main=parts,
        aside=_asked(scene, one),
    )


def _held(scene: Scene, held: Json) -> list[Body]:
    """Write what a notice holds: its letter in the language of who reads, behind it all fields."""
    letters = {text(one, "language"): one for one in members(held, "text")}
    letter = letters.get(scene.words.language) or next(iter(letters.values()), None)
    fields = Facts([(path, code(said)) for path, said in flat(held) if path != "text"])
    if letter is None:
        return [fields]
    lines = [one for one in text(letter, "body").splitlines() if one.strip()]
    said = [Prose(element("strong", text(letter, "subject"))), *map(Prose, lines)]
    return [*said, Fold(scene.words("notice.fields"), [fields])]


def receive(scene: Scene) -> Response:
    """Acknowledge a notice that went to the viewer's own party."""
    name = scene.path("id")
    try:
        done = scene.desk.act(scene.viewer, RECEIVE, {"notices": [name]}, WHY)
    except ActRefused as error:
        raise Absent from error
    if done is None:
        raise Absent
    return RedirectResponse(f"/notices/{name}?command={text(done, 'command')}", 303)


def to_receive(scene: Scene, notices: Sequence[Json]) -> list[Json]:
    """Give the notices that wait for the viewer's acknowledgement."""
    if RECEIVE not in scene.me["commands"]:
        return []
    return [one for one in notices if text(one, "state") == SENT]


def _asked(scene: Scene, one: Json) -> list[Part]:
    say = scene.words
    if not to_receive(scene, [one]) or scene.query.get("command"):
        return []
    form = Form(f"/notices/{text(one, 'id')}/receive", (), say("notice.receive"))
    return [Part(say("notice.receive.title"), [Prose(say("notice.receive.text")), form])]


def _told(scene: Scene) -> list[Message]:
    """Tell what became of an acknowledgement that was just handed in."""
    command = scene.query.get("command", "")
    if not command or RECEIVE not in scene.me["commands"]:
        return []
    came = scene.desk.outcome(scene.viewer, command)
    state = text(came, "state")
    tone = {"refused": "bad", "accepted": "good"}.get(state, "")
    problems = map(str, came.get("problems", ()) if state == "refused" else ())
    return [Message([scene.words(f"notice.receive.{state}"), *problems], tone)]
