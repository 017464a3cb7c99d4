"""Statistics of a period, for people and as CSV; regimes and trial operation are kept apart."""

from collections.abc import Iterator

from starlette.responses import Response

from pipeline.model import Json
from pipeline.web.console.documents import members, number, text, value
from pipeline.web.console.figures_csv import figures_csv
from pipeline.web.console.figures_tables import FiguresTables
from pipeline.web.console.parts import Field, Form, Message, Page, Part, Prose, Table
from pipeline.web.console.scene import Absent, Scene


def statistics(scene: Scene) -> Page:
    """Show the statistics of a month, or of another period."""
    say = scene.words
    period = _period(scene)
    try:
        found = scene.desk.statistics(scene.viewer, period)
    except ValueError as error:
        ask, wrong = _form(scene, period), scene.mistaken(error, "")
        return Page(say("statistics.title"), ask=ask, messages=[wrong])
    if found is None:
        raise Absent
    if not period:
        period = {"month": text(found, "period")}
    write = FiguresTables(say)
    parts = [Part(_heading(scene, one), list(write.group(one))) for one in members(found, "groups")]
    if not parts:
        parts = [Part("", [Table("", (), (), say("statistics.nothing"))])]
    if rows := members(found, "coverage"):
        parts.append(Part(say("statistics.coverage"), list(write.coverage(rows))))
    query = scene.request.url.query
    return Page(
        title=say("statistics.title"),
        lead=say("statistics.lead", begin=text(found, "first_day"), end=text(found, "last_day"),
                 zone=text(found, "zone")),
        ask=_form(scene, period),
        ways=[(f"/statistics.csv{f'?{query}' if query else ''}", say("statistics.export"))],
        messages=list(_messages(scene, found)),
        main=[*parts, Part("", [Prose(_at_once(scene, found), "aside")])],
    )  # fmt: skip


def statistics_csv(scene: Scene) -> Response | Page:
    """Give the statistics as CSV (RFC 4180); no cell is taken for a formula by a spreadsheet."""
    try:
        found = scene.desk.statistics(scene.viewer, _period(scene))
    except ValueError:
        return statistics(scene)  # which tells what is wrong
    if found is None:
        raise Absent
    headers = {
        "content-disposition": 'attachment; filename="saqshy-statistics.csv"',
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    return Response(figures_csv(found), media_type="text/csv; charset=utf-8", headers=headers)


def _heading(scene: Scene, group: Json) -> str:
    say = scene.words
    trial = say("trial") if text(group, "trial") == "yes" else say("statistics.regular")
    return f"{say('statistics.regime')}: {say.word('regime', text(group, 'regime'))} · {trial}"


def _messages(scene: Scene, found: Json) -> Iterator[Message]:
    say = scene.words
    partial = [
        say("statistics.partial", reason=say.word("reason", text(one, "reason")))
        for one in members(found, "partial")
    ]
    if partial:
        yield Message(list(dict.fromkeys(partial)))
    if withheld := number(found, "withheld"):
        yield Message([say("statistics.withheld", count=say.number(withheld))])


def _at_once(scene: Scene, found: Json) -> str:
    return scene.words(
        "statistics.at_once",
        seconds=f"{value(found, 'at_once.seconds') or 0:g}",
        author=text(found, "at_once.author"),
        since=text(found, "at_once.since"),
    )


def _period(scene: Scene) -> dict[str, str]:
    """Read the period asked for; nothing is the month that runs where the centre is."""
    held = {name: scene.query.get(name, "").strip() for name in ("month", "year", "from", "to")}
    return {name: said for name, said in held.items() if said}


def _form(scene: Scene, period: dict[str, str]) -> Form:
    say = scene.words
    fields = [
        Field("month", say("statistics.month"), "line", period.get("month", ""),
              hint=say("statistics.month.hint"), longest=7),
        Field("from", say("statistics.from"), "line", period.get("from", ""), longest=10),
        Field("to", say("statistics.to"), "line", period.get("to", ""), longest=10),
    ]  # fmt: skip
    return Form("/statistics", fields, say("statistics.show"), "get", inline=True)
