"""The live queue of the shift: what is open, by what is due next, then by how bad it is."""

from collections.abc import Mapping, Sequence

from pipeline.model import NANOSECONDS, Json
from pipeline.model.conditions import Among, Condition
from pipeline.ports.searching import Kind
from pipeline.web.console.charts import burndown
from pipeline.web.console.documents import moment, text
from pipeline.web.console.lists import Due
from pipeline.web.console.live import watched
from pipeline.web.console.moments import SOON
from pipeline.web.console.parts import Chart, Choice, Field, Form, Page, Part, Row, Table
from pipeline.web.console.scene import Scene
from pipeline.web.desk import Asked

OPEN = ("candidate", "new", "acknowledged", "investigating", "contained", "restored")
WAITING = ("held", "pending", "failed", "dead")
MOST, MOST_NOTICES = 200, 500
_RANK = {"critical": 0, "high": 1, "medium": 2, "low": 3}
_AHEAD = 24 * 3_600 * NANOSECONDS


def questions(scene: Scene) -> list[Asked]:
    """Give the questions behind the queue: what is open as the address filters it, what is due."""
    parts: list[Condition] = [Among("state", OPEN)]
    if (severity := scene.query.get("severity", "")) in _RANK:
        parts.append(Among("assessment.severity", (severity,)))
    if scene.query.get("whose") == "mine":
        parts.append(Among("assigned_to", (scene.viewer.subject,)))
    where = scene.condition("", Kind.INCIDENTS, *parts)
    waiting = Among("state", WAITING)
    return [
        Asked(Kind.INCIDENTS, where, query="queue", limit=MOST),
        Asked(Kind.NOTICES, waiting, query="queue", sort="due_at", descending=False,
              limit=MOST_NOTICES),
    ]  # fmt: skip


def queue(scene: Scene) -> Page:
    """Show what is open."""
    say = scene.words
    live, (listed, waiting) = watched(scene, "queue", questions(scene))
    due = _due(scene, waiting.rows)
    rows = sorted(listed.rows, key=lambda one: _place(one, due))
    number = say.number(len(rows)) + ("+" if listed.after else "")
    late = sum(1 for one in due.values() if one.at is not None and one.at < scene.now)
    soon = sum(1 for one in due.values() if one.at is not None and 0 <= one.at - scene.now < SOON)
    candidates = sum(1 for one in rows if text(one, "state") == "candidate")
    unassigned = sum(1 for one in rows if not text(one, "assigned_to"))
    table = scene.lists.incidents(
        rows,
        say("queue.title"),
        (say("queue.nothing"), ("/incidents", say("queue.closed_ones"))),
        due,
    )
    return Page(
        title=say("queue.title"),
        lead=say("queue.lead"),
        ask=_filter(scene),
        figures=[
            (say("queue.open"), number, ""),
            (say("queue.late"), say.number(late), "bad" if late else ""),
            (say("queue.soon"), say.number(soon), ""),
            (say("queue.candidates"), say.number(candidates), ""),
            (say("queue.unassigned"), say.number(unassigned), ""),
        ],
        main=[
            Part("", [table]),
            *([Part(say("queue.burndown"), [_burndown(scene, due)])] if due else []),
        ],
        live=live,
    )


def _due(scene: Scene, notices: Sequence[Json]) -> Mapping[str, Due]:
    """Give what of each incident is due next: the first notice that nobody has confirmed."""
    found: dict[str, Due] = {}
    for one in notices:
        role = scene.words.word("role", text(one, "recipient.role"))
        due = Due(scene.lists.limit(one), f"{scene.lists.leg(one)} → {role}")
        found.setdefault(text(one, "incident_id"), due)
    return found


def _place(document: Json, due: Mapping[str, Due]) -> tuple[bool, int, int, int]:
    one = due.get(text(document, "id"))
    at = one.at if one is not None else None
    rank = _RANK.get(text(document, "assessment.severity"), len(_RANK))
    return (at is None, at or 0, rank, -moment(document, "opened_at"))


def _filter(scene: Scene) -> Form:
    say = scene.words
    severities = [
        Choice("", say("queue.any")),
        *(Choice(o, say.word("severity", o)) for o in _RANK),
    ]
    whose = [Choice("", say("queue.everybody")), Choice("mine", say("queue.mine"))]
    severity, mine = scene.query.get("severity", ""), scene.query.get("whose", "")
    fields = [
        Field("severity", say("column.severity"), "choice", severity, severities),
        Field("whose", say("column.assigned"), "choice", mine, whose),
    ]
    return Form("/queue", fields, say("queue.filter"), "get", inline=True)


def _burndown(scene: Scene, due: Mapping[str, Due]) -> Chart:
    say = scene.words
    times = [one.at for one in due.values() if one.at is not None]
    until = max([scene.now + _AHEAD, *times])
    said = say("queue.terms_open", count=say.number(len(times)))
    picture = burndown(times, scene.now, until, say("queue.burndown"), said)
    return Chart(picture, say("queue.burndown_caption"), _numbers(scene, times))


def _numbers(scene: Scene, times: Sequence[int]) -> Table:
    say = scene.words
    rows = [
        Row((scene.at(at), scene.at.left(at), say.number(len(times) - place)))
        for place, at in enumerate(sorted(times))
    ]
    columns = [say(f"column.{name}") for name in ("due", "left", "running")]
    return Table(say("queue.burndown"), columns, rows, "", numbers=frozenset({2}))
