"""Sources and parts: what arrives, what does not, what stuck; no content of events."""

from pipeline.model import Json
from pipeline.ports.searching import Kind
from pipeline.web.console.documents import flat, members, moment, number, text, value
from pipeline.web.console.pages.search import FACETS
from pipeline.web.console.parts import (
    Facet,
    Facts,
    Page,
    Part,
    Row,
    Table,
    badge,
    code,
    together,
)
from pipeline.web.console.scene import Absent, Scene
from pipeline.web.desk import Asked
from pipeline.web.markup import Html


def health(scene: Scene) -> Page:
    """Show sources and health."""
    if "health" not in scene.me["pages"]:
        raise Absent
    say = scene.words
    known = scene.beside.health()
    stuck = _stuck(scene)
    parts = [Part(say("health.sources"), [_sources(scene, known)], "sources")]
    if state := value(known, "state"):
        pairs = [(say.word("health_field", path), code(said)) for path, said in flat(state)]
        parts.append(Part(say("health.parts"), [Facts(pairs)], "parts"))
    return Page(
        title=say("health.title"),
        lead=say("health.lead"),
        main=parts,
        aside=[Part(say("way.dead_letters"), stuck)] if stuck else [],
    )


def _sources(scene: Scene, known: Json) -> Table:
    """Write sources as they are heard; where nothing tells of it, as the registry declares them."""
    say = scene.words
    heard = members(known, "sources") or [
        {"object_id": text(one, "id"), "source_id": text(each, "id"), "kind": text(each, "format")}
        for one in scene.desk.objects(scene.viewer)
        for each in members(one, "sources")
    ]
    rows = [
        Row(
            (
                code(text(one, "source_id")),
                code(text(one, "object_id")),
                text(one, "kind"),
                _seen(scene, one),
                say.number(number(one, "hour")),
                say.number(number(one, "failed")),
                _trouble(scene, one),
            ),
            tone="bad" if _amiss(one) else "",
        )
        for one in sorted(heard, key=lambda one: not _amiss(one))
    ]
    names = ("source", "object", "kind", "seen", "hour", "failed", "trouble")
    columns = [say(f"column.{name}") for name in names]
    return Table(
        say("health.sources"), columns, rows, say("health.nothing"), numbers=frozenset({4, 5})
    )


def _amiss(one: Json) -> bool:
    return bool(moment(one, "silent_since") or moment(one, "dropped_since"))


def _seen(scene: Scene, one: Json) -> Html:
    """Write when a source was heard last, and how long ago that is."""
    at = moment(one, "last_seen")
    if not at:
        return badge(scene.words("health.never"))
    return together(scene.at(at), scene.words("health.ago", span=scene.at.span(scene.now - at)))


def _trouble(scene: Scene, one: Json) -> Html:
    """Write since when a source is silent or sends less, or what else is the matter with it."""
    since = moment(one, "silent_since")
    said = scene.words("health.silent", span=scene.at.span(scene.now - since)) if since else ""
    fell = moment(one, "dropped_since")
    less = scene.words("health.dropped", span=scene.at.span(scene.now - fell)) if fell else ""
    return together(*(badge(text_, "bad") for text_ in (said, less, text(one, "trouble")) if text_))


def _stuck(scene: Scene) -> list[Facet]:
    if not scene.has(Kind.FAILURES):
        return []
    fields = scene.desk.askable(scene.viewer, Kind.FAILURES, FACETS[Kind.FAILURES])
    counted = scene.desk.facets(scene.viewer, Asked(Kind.FAILURES, query="health"), fields, 8)
    return [
        Facet(
            scene.words.word("facet", field),
            [
                (scene.words.word("failure", said) if field == "code" else said,
                 f"/dead-letters?span=all&q={field}%3A%22{said}%22", scene.words.number(count))
                for said, count in held
            ],
        )
        for field, held in counted.of.items()
        if held
    ]  # fmt: skip
