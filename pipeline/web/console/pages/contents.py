"""Bundles of content: what is in force, which rules were left out and why, what changed."""

from pipeline.model import Json
from pipeline.web.console.documents import members, moment, number, text, value
from pipeline.web.console.parts import Facts, Message, Page, Part, Row, Table, badge, code
from pipeline.web.console.scene import Absent, Scene

_MOST = 500  # rows of one list
_TONES = {"added": "good", "removed": "bad", "changed": "due"}


def contents(scene: Scene) -> Page:
    """Show the content in force; no event, and nothing of one."""
    if "contents" not in scene.me["pages"]:
        raise Absent
    say = scene.words
    found = scene.beside.contents()
    if not found:
        return Page(say("contents.title"), messages=[Message([say("contents.none")])])
    left_out, changes = members(found, "left_out"), members(found, "changes")
    parts = value(found, "parts") or {}
    facts = [
        (say("contents.revision"), code(text(found, "content"))),
        (say("contents.since"), scene.at(moment(found, "at"))),
        (say("contents.by"), text(found, "actor")),
        *((say.word("content_part", name), code(str(held))) for name, held in parts.items()),
    ]
    return Page(
        title=say("contents.title"),
        lead=say("contents.lead"),
        figures=[
            (say("contents.rules"), say.number(number(found, "rules")), ""),
            (say("contents.correlations"), say.number(number(found, "correlations")), ""),
            (say("contents.left_out"), say.number(len(left_out)), "bad" if left_out else ""),
        ],
        main=[
            Part(say("contents.in_force"), [Facts(facts)], "in-force"),
            Part(say("contents.left_out"), [_left_out(scene, left_out)], "left-out"),
            Part(say("contents.changes"), [_changes(scene, found, changes)], "changes"),
        ],
    )


def _left_out(scene: Scene, left_out: list[Json]) -> Table:
    say = scene.words
    rows = [
        Row((code(text(one, "file")), text(one, "reason"), text(one, "way_out")))
        for one in left_out[:_MOST]
    ]
    rows += _rest(scene, len(left_out))
    columns = [say(f"column.{name}") for name in ("file", "why", "way_out")]
    return Table(say("contents.left_out"), columns, rows, say("contents.all_used"))


def _changes(scene: Scene, found: Json, changes: list[Json]) -> Table:
    say = scene.words
    rows = [
        Row((
            badge(say.word("changed", text(one, "what")), _TONES.get(text(one, "what"), "")),
            text(one, "title"),
            code(text(one, "id")),
        ))
        for one in changes[:_MOST]
    ]  # fmt: skip
    rows += _rest(scene, len(changes))
    before = text(found, "before")
    nothing = say("contents.same", before=before) if before else say("contents.first")
    columns = [say(f"column.{name}") for name in ("what", "rule", "code")]
    caption = say("contents.since_before", before=before)
    return Table(caption, columns, rows, nothing, headed=bool(before))


def _rest(scene: Scene, count: int) -> list[Row]:
    said = scene.record.more(count - _MOST)
    return [Row((said, "", ""))] if said else []
