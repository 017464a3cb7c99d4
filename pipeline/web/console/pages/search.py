"""Search: a question in the language of people, its histogram, its facets, its rows."""

from collections.abc import Sequence
from dataclasses import replace

from pipeline.access import NotAskable
from pipeline.model import Json
from pipeline.model.conditions import Condition
from pipeline.ports.searching import Kind
from pipeline.query import QueryError
from pipeline.web.console.asking import DAY, Question, quoted, step_of
from pipeline.web.console.charts import histogram
from pipeline.web.console.parts import (
    Chart,
    Facet,
    Message,
    Page,
    Part,
    Row,
    Table,
    Turning,
    Ways,
    link,
)
from pipeline.web.console.scene import Absent, Scene
from pipeline.web.desk import Asked, Listed

KINDS = (Kind.EVENTS, Kind.FINDINGS, Kind.INCIDENTS, Kind.NOTICES)
FACETS = {
    Kind.EVENTS: ("event.dataset", "event.code", "event.outcome", "host.name", "user.name",
                  "source.ip", "saqshy.object_id"),
    Kind.FINDINGS: ("rule.id", "rule.level", "object_id", "kind"),
    Kind.INCIDENTS: ("state", "assessment.severity", "assessment.is_incident", "object_id",
                     "assessment.rsit"),
    Kind.NOTICES: ("state", "leg", "recipient.role", "channel", "object_id"),
    Kind.AUDIT: ("kind", "actor", "chain"),
    Kind.FAILURES: ("code", "stage", "object_id", "source_id"),
}  # fmt: skip
_WORDS = {
    "state": {Kind.INCIDENTS: "incident_status", Kind.NOTICES: "notice_status"},
    "assessment.severity": {Kind.INCIDENTS: "severity"},
    "assessment.is_incident": {Kind.INCIDENTS: "verdict"},
    "rule.level": {Kind.FINDINGS: "level"},
    "leg": {Kind.NOTICES: "leg"},
    "recipient.role": {Kind.NOTICES: "role"},
    "code": {Kind.FAILURES: "failure"},
}
_CHARTED = 30 * DAY  # of a question without a span


def search(scene: Scene) -> Page:
    """Search everything that the viewer may search."""
    kinds = tuple(one for one in KINDS if scene.has(one))
    if not kinds:
        raise Absent
    return searched(scene, "/search", kinds, "search", "day")


def searched(
    scene: Scene,
    path: str,
    kinds: tuple[Kind, ...],
    name: str,
    usual: str,
    *always: Condition,
) -> Page:
    """Show a page of a question; ``name`` is that of its texts, ``usual`` its span of time."""
    if not any(scene.has(one) for one in kinds):
        raise Absent
    say = scene.words
    question = Question.of(path, scene.query, kinds, scene.now, usual)
    page = Page(
        title=say(f"{name}.title"),
        lead=say(f"{name}.lead"),
        ask=question.form(say, say("search.button")),
    )
    try:
        where = scene.condition(question.text, question.kind, *always)
        asked = Asked(
            question.kind, where, question.text, question.begin, question.end, after=question.after
        )
        listed = scene.desk.page(scene.viewer, asked)
        facets = [] if question.after else _facets(scene, question, asked)
        chart = [] if question.after else _chart(scene, question, asked)
    except (QueryError, NotAskable, ValueError) as error:
        return replace(page, messages=[scene.mistaken(error, question.text)])
    lasting = (question.lasting(scene.now), say("search.lasting"))
    return replace(
        page,
        ways=[lasting] if listed.rows else [],
        main=[*chart, Part(say("search.found"), [rows(scene, question.kind, listed.rows, name)])],
        aside=[Part(say("search.facets"), facets)] if facets else [],
        turning=_turning(question, listed),
        messages=[] if listed.complete else [Message([say("pages.budget")])],
    )


def rows(scene: Scene, kind: Kind, documents: Sequence[Json], name: str) -> Table:
    """Write rows of a kind, or what is said where there are none, with a way on."""
    say, lists = scene.words, scene.lists
    nothing = (say(f"{name}.nothing"), (scene.request.url.path, say("search.anew")))
    caption = say(f"{name}.title")
    if kind is Kind.INCIDENTS:
        return lists.incidents(documents, caption, nothing)
    writes = {
        Kind.EVENTS: lists.events,
        Kind.FINDINGS: lists.findings,
        Kind.NOTICES: lists.notices,
        Kind.AUDIT: lists.audit,
        Kind.FAILURES: lists.failures,
    }
    return writes[kind](documents, caption, nothing)


def _turning(question: Question, listed: Listed) -> Turning:
    first = question.address() if question.after else ""
    following = question.address(after=listed.after) if listed.after else ""
    return Turning(first, following, listed.complete)


def _facets(scene: Scene, question: Question, asked: Asked) -> list[Facet | Ways]:
    """Count values of the fields that the viewer may count by; each narrows the question.

    Of events, which are many, only when somebody asks for it.
    """
    fields = scene.desk.askable(scene.viewer, question.kind, FACETS[question.kind])
    if not fields:
        return []
    if question.kind is Kind.EVENTS and scene.query.get("facets") != "yes":
        return [Ways([(question.address(facets="yes"), scene.words("search.count"))])]
    counted = scene.desk.facets(scene.viewer, asked, fields, most=8)
    sign = "" if counted.exact else "≥ "
    found: list[Facet | Ways] = []
    for field in fields:
        context = _WORDS.get(field, {}).get(question.kind, "")
        values = []
        for value, number in counted.of.get(field, ()):
            part = f"{field}: {quoted(value)}"
            text = f"({question.text}) and {part}" if question.text.strip() else part
            said = scene.words.word(context, value) if context else value
            values.append((said, question.address(q=text), f"{sign}{scene.words.number(number)}"))
        if values:
            found.append(Facet(scene.words.word("facet", field), values))
    return found


def _chart(scene: Scene, question: Question, asked: Asked) -> list[Part]:
    say = scene.words
    end = question.end or scene.now
    begin = question.begin if question.begin is not None else end - _CHARTED
    if begin >= end:
        return []
    step = step_of(begin, end)
    within = replace(asked, begin=begin, end=end, after="")
    found = scene.desk.histogram(scene.viewer, within, step)
    if not any(count for _, count in found.buckets):
        return []
    greatest = say.number(max(count for _, count in found.buckets))
    title = say("search.histogram")
    picture = histogram(found.buckets, step, title, greatest)
    held = [(at, count) for at, count in found.buckets if count]
    columns = [say("column.time"), say("column.number")]
    numbers = [
        Row((link(_narrowed(question, at, step), scene.at(at)), say.number(count)))
        for at, count in held
    ]
    table = Table(title, columns, numbers, "", numbers=frozenset({1}))
    caption = say("search.histogram_caption", step=say.span(step))
    if not found.exact:
        caption = f"{caption} {say('search.inexact')}"
    return [Part(title, [Chart(picture, caption, table)])]


def _narrowed(question: Question, at: int, step: int) -> str:
    narrowed = replace(question, span="", begin=at, end=at + step, after="")
    return narrowed.address()
