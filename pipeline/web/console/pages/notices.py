"""Notices: the list, and one with its text, its receipt and what was tried."""

from pipeline.ports.searching import Kind
from pipeline.web.console.documents import flat, moment, text, value
from pipeline.web.console.lists import SHORT
from pipeline.web.console.pages.search import searched
from pipeline.web.console.parts import Facts, Page, Part, code, link, together
from pipeline.web.console.scene import Absent, Scene


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
            pairs = [(path, code(said)) for path, said in flat(held)]
            parts.append(Part(say(f"notice.{name}"), [Facts(pairs)]))
    return Page(scene.lists.leg(one), code(text(one, "id")[:SHORT]), main=parts)
