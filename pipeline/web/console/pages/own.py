"""The owner's and holder's own page: what happened, what they must do, until when."""

from collections.abc import Sequence

from pipeline.model import Json
from pipeline.ports.searching import Kind
from pipeline.web.console.documents import text
from pipeline.web.console.live import watched
from pipeline.web.console.pages.notices import to_receive
from pipeline.web.console.pages.objects import duties_part, name_of, object_table
from pipeline.web.console.parts import Message, Page, Part, Prose, Ways
from pipeline.web.console.scene import Scene
from pipeline.web.desk import Asked

_CLOSED = ("closed", "merged")
_OBJECTS = 20  # whose duties one page tells


def questions(_scene: Scene) -> list[Asked]:
    """Give the questions behind the page: incidents, and what the viewer was told."""
    return [
        Asked(Kind.INCIDENTS, query="own", limit=100),
        Asked(Kind.NOTICES, query="own", limit=20),
    ]


def own(scene: Scene) -> Page:
    """Show an owner or holder what is theirs."""
    say = scene.words
    live, (listed, notices) = watched(scene, "own", questions(scene))
    standing = [one for one in listed.rows if text(one, "state") not in _CLOSED]
    objects = scene.desk.objects(scene.viewer)
    unread = to_receive(scene, notices.rows)
    table = scene.lists.incidents(
        standing, say("own.incidents"), (say("own.no_incidents"), ("/incidents", say("own.past")))
    )
    duties = [part for one in objects[:_OBJECTS] for part in _duties(scene, one)]
    ways = [("/report", say("way.report"))] if "report" in scene.me["commands"] else []
    good = Message([say("own.quiet")], "good")
    return Page(
        title=say("own.title"),
        lead=say("own.lead"),
        messages=[] if standing else [good],
        figures=[
            (say("own.standing"), say.number(len(standing)), "bad" if standing else ""),
            (say("own.objects"), say.number(len(objects)), ""),
            (say("own.unread"), say.number(len(unread)), "due" if unread else ""),
        ],
        main=[
            *_unread(scene, unread),
            Part(say("own.incidents"), [table]),
            Part(say("own.told"), [scene.lists.notices(
                notices.rows, say("own.told"), (say("notices.nothing"), ("", ""))
            )]),
            *duties,
            Part(say("own.objects"), [object_table(scene, objects)]),
        ],
        aside=[Part(say("part.next"), [Prose(say("own.report")), Ways(ways, main=True)])]
        if ways
        else [],
        live=live,
    )  # fmt: skip


def _unread(scene: Scene, unread: Sequence[Json]) -> list[Part]:
    say = scene.words
    if not unread:
        return []
    title = say("own.to_acknowledge")
    table = scene.lists.notices(unread, title, (say("notices.nothing"), ("", "")))
    return [Part(title, [Prose(say("own.to_acknowledge.text")), table])]


def _duties(scene: Scene, one: Json) -> list[Part]:
    name = name_of(one, scene.words.language) or text(one, "id")
    return duties_part(scene, text(one, "id"), scene.words("own.duties", object=name))
