"""Objects: the list, and one with its facts, neighbours, duties and history."""

from collections.abc import Sequence

from pipeline.model import Json
from pipeline.model.conditions import Among
from pipeline.ports.searching import Kind
from pipeline.web.console.charts import Node, Tie, graph
from pipeline.web.console.documents import members, moment, text, value
from pipeline.web.console.parts import (
    Chart,
    Page,
    Part,
    Row,
    Table,
    badge,
    code,
    link,
    together,
)
from pipeline.web.console.record import MOST_VALUES, flag_word
from pipeline.web.console.scene import Absent, Scene
from pipeline.web.markup import Html

_STANDING_TONES = {"open": "good"}
_DUTY_TONES = {"overdue": "bad", "pending": "due", "met": "good", "met_late": "good"}
_NEIGHBOURS = 12  # that a picture shows on each side


def objects(scene: Scene) -> Page:
    """Show the objects that the viewer sees."""
    say = scene.words
    if "objects" not in scene.me["kinds"]:
        raise Absent
    wanted = scene.query.get("q", "").strip().casefold()
    found = [
        one
        for one in scene.desk.objects(scene.viewer)
        if wanted
        in f"{text(one, 'id')} {text(one, 'code')} {name_of(one, say.language)}".casefold()
    ]
    return Page(
        title=say("objects.title"),
        lead=say("objects.lead"),
        main=[Part("", [object_table(scene, found)])],
    )


def object_table(scene: Scene, found: Sequence[Json]) -> Table:
    """Write objects as a table."""
    say = scene.words
    rows = [
        Row(
            (
                together(
                    link(
                        f"/objects/{text(one, 'id')}", name_of(one, say.language) or text(one, "id")
                    ),
                    code(text(one, "id")),
                ),
                code(text(one, "code")),
                say.word("sector", text(one, "branch")),
                flags_of(scene, one),
                badge(
                    say.word("standing", text(one, "standing")),
                    _STANDING_TONES.get(text(one, "standing"), "due"),
                )
                if text(one, "standing")
                else "",
            )
        )
        for one in found
    ]
    columns = [say(f"column.{name}") for name in ("object", "code", "sector", "flags", "stands")]
    return Table(say("objects.title"), columns, rows, say("objects.nothing"))


def object_page(scene: Scene) -> Page:
    """Show one object."""
    say = scene.words
    one = scene.desk.object(scene.viewer, scene.path("id"))
    if one is None:
        raise Absent
    name = text(one, "id")
    said = {key: held for key, held in one.items() if key != "names"}
    record = list(scene.record.bodies(said))
    parts = [
        Part(say("object.neighbours"), [_neighbours(scene, one)], "neighbours"),
        *_incidents(scene, name),
        *duties_part(scene, name, anchor="duties"),
        Part(say("object.record"), record, "record"),
        *_changes(scene, name),
    ]
    return Page(
        title=name_of(one, say.language) or name,
        lead=code(name),
        badges=[flags_of(scene, one)],
        inside=[(part.name, part.title) for part in parts if part.name],
        main=parts,
    )


def name_of(one: Json, language: str) -> str:
    """Give an object's name in a language, else in another that it has."""
    names = value(one, "names")
    if not isinstance(names, dict):
        return ""
    return str(names.get(language) or next((held for held in names.values() if held), ""))


def flags_of(scene: Scene, one: Json) -> Html:
    """Write an object's flags."""
    held = value(one, "flags")
    return Html(" ".join(badge(flag_word(scene.words, str(flag))) for flag in held or ()))


def duties_part(scene: Scene, name: str, title: str = "", anchor: str = "") -> list[Part]:
    """Write the countdowns of what an object's owner and holder owe; nothing where none is told."""
    say, at = scene.words, scene.at
    known = scene.beside.duties(name)
    if not known:
        return []
    rows = []
    for one in known:
        due, state = moment(one, "due_at"), text(one, "state")
        left = at.left(due) if due and state in ("pending", "overdue") else Html("")
        said = badge(say.word("duty_state", state), _DUTY_TONES.get(state, ""))
        duty = say.word("duty", text(one, "id"))
        rows.append(Row((duty, said, at(due), left, scene.lists.ground(one))))
    columns = [say(f"column.{each}") for each in ("duty_name", "stands", "due", "left", "ground")]
    table = Table(say("object.duties"), columns, rows, "")
    return [Part(title or say("object.duties"), [table], anchor)]


def _incidents(scene: Scene, name: str) -> list[Part]:
    if not scene.has(Kind.INCIDENTS):
        return []
    say = scene.words
    listed = scene.page(Kind.INCIDENTS, Among("object_id", (name,)), limit=10)
    table = scene.lists.incidents(
        listed.rows, say("way.incidents"), (say("object.no_incidents"), ("", ""))
    )
    return [Part(say("way.incidents"), [table], "incidents")]


def _neighbours(scene: Scene, one: Json) -> Chart:
    """Draw on what an object stands, and with what it is joined; another's page only if seen."""
    say, name = scene.words, text(one, "id")
    every, edges = (
        [str(host) for host in value(one, "hosted_on") or ()],
        members(one, "integrations"),
    )
    left = max(len(every) - _NEIGHBOURS, 0) + max(len(edges) - _NEIGHBOURS, 0)
    hosts, joined = every[:_NEIGHBOURS], edges[:_NEIGHBOURS]
    others = [text(each, "object") or text(each, "name") for each in joined]
    nodes = [
        Node("middle", name, name_of(one, say.language), tone="us"),
        *(Node("under", host, say("object.hosts")) for host in hosts),
        *(Node("beside", other, say("object.joined")) for other in others if other),
    ]
    ties = [
        *(Tie(host, name, say("object.hosts"), "hosting") for host in hosts),
        *(
            Tie(name, other, text(each, "via") or say("object.joined"))
            for each, other in zip(joined, others, strict=True)
        ),
    ]
    columns = [say("column.object"), say("column.kind")]
    rows = [Row((code(node.code), node.text)) for node in nodes if node.place != "middle"]
    table = Table(say("object.neighbours"), columns, rows, say("object.alone"))
    picture = graph(nodes, ties, say("object.neighbours"))
    caption = f"{say('object.graph_caption')} {scene.record.more(left)}".rstrip()
    return Chart(picture, caption, table)


def _changes(scene: Scene, name: str) -> list[Part]:
    """Write the history of an object's record: who changed what, when and why."""
    say = scene.words
    known = scene.beside.changes(name) if "object_history" in scene.me["pages"] else ()
    if not known:
        return []
    rows = [
        Row(
            (
                scene.record.time(moment(each, "recorded_at")),
                scene.record.time(moment(each, "valid_from")),
                text(each, "actor"),
                text(each, "reason"),
                together(
                    *(
                        f"{scene.record.label(text(field, 'path'))}: "
                        f"{text(field, 'before') or '–'} → {text(field, 'after') or '–'}"
                        for field in members(each, "fields")[:MOST_VALUES]
                    ),
                    scene.record.more(len(members(each, "fields")) - MOST_VALUES),
                ),
            )
        )
        for each in known
    ]
    columns = [say(f"column.{each}") for each in ("time", "from", "who", "because", "detail")]
    return [
        Part(say("object.history"), [Table(say("object.history"), columns, rows, "")], "history")
    ]
