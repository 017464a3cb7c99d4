"""Statistics of a period, for people and as CSV; regimes and trial operation are kept apart."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime

from starlette.responses import Response

from pipeline.model import NANOSECONDS, Json
from pipeline.web.console.documents import members, moment, number, text, value
from pipeline.web.console.parts import Field, Form, Message, Page, Part, Row, Table
from pipeline.web.console.scene import Absent, Scene

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
_CONTEXTS = {
    "act": "act", "severity": "severity", "state": "incident_status", "origin": "origin",
    "intent": "intent", "reality": "reality", "sector": "sector", "rsit": "rsit", "scope": "scope",
}  # fmt: skip
Figure = tuple[str, str, str, str, str, str]  # regime, trial, verdict, dimension, value, number


def statistics(scene: Scene) -> Page:
    """Show the statistics of a month, or of another period."""
    say = scene.words
    period = _period(scene)
    ask = _form(scene, period)
    try:
        found = scene.desk.statistics(scene.viewer, period)
    except ValueError as error:
        return Page(say("statistics.title"), ask=ask, messages=[scene.mistaken(error, "")])
    if found is None:
        raise Absent
    partial = [
        say("statistics.partial", reason=say.word("partial", text(one, "reason")))
        for one in members(found, "partial")
    ]
    parts = [part for one in members(found, "groups") for part in _group(scene, one)]
    query = scene.request.url.query
    return Page(
        title=say("statistics.title"),
        lead=say("statistics.lead", begin=_day(found, "begin"), end=_day(found, "end")),
        ask=ask,
        ways=[(f"/statistics.csv{f'?{query}' if query else ''}", say("statistics.export"))],
        messages=[Message(partial)] if partial else [],
        main=parts or [Part("", [Table("", (), (), say("statistics.nothing"))])],
    )


def statistics_csv(scene: Scene) -> Response:
    """Give the statistics as CSV (RFC 4180); no cell is taken for a formula by a spreadsheet."""
    try:
        found = scene.desk.statistics(scene.viewer, _period(scene))
    except ValueError as error:
        raise Absent from error
    if found is None:
        raise Absent
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(("regime", "trial", "verdict", "dimension", "value", "number"))
    for figure in figures(found):
        writer.writerow([safe(cell) for cell in figure])
    headers = {
        "content-disposition": 'attachment; filename="saqshy-statistics.csv"',
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    return Response(written.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def safe(cell: str) -> str:
    """Give a cell that no spreadsheet takes for a formula (OWASP: CSV injection)."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def figures(found: Json) -> Iterator[Figure]:
    """Give every number of a report as one row."""
    for group in members(found, "groups"):
        where = (text(group, "regime"), text(group, "trial"))
        verdicts = value(group, "verdicts")
        for verdict, counts in sorted((verdicts or {}).items()):
            yield (*where, verdict, "total", "", str(number(counts, "total")))
            for dimension, held in sorted((value(counts, "by") or {}).items()):
                for name, count in sorted(held.items()):
                    yield (*where, verdict, dimension, name, str(count))
        for leg in members(group, "notices"):
            name = f"{text(leg, 'leg')} {text(leg, 'role')}"
            for figure in ("owed", "on_time", "late", "missed", "waiting", "held", "acknowledged"):
                yield (*where, "", f"notices.{figure}", name, str(number(leg, figure)))


def _group(scene: Scene, group: Json) -> list[Part]:
    say = scene.words
    trial = say("trial") if text(group, "trial") == "yes" else say("statistics.regular")
    heading = f"{say.word('regime', text(group, 'regime'))} · {trial}"
    tables = [*_verdicts(scene, group), _notices(scene, group)]
    return [Part(heading, tables)]


def _verdicts(scene: Scene, group: Json) -> Iterator[Table]:
    say = scene.words
    verdicts: Json = value(group, "verdicts") or {}
    answers = [one for one in ("yes", "unknown", "no") if one in verdicts]
    columns = [say("column.value"), *(say.word("verdict", one) for one in answers)]
    numbers = frozenset(range(1, len(columns)))
    totals = [say.number(number(verdicts[one], "total")) for one in answers]
    yield Table(say("statistics.total"), columns, [Row((say("column.number"), *totals))], "",
                numbers=numbers, headed=True)  # fmt: skip
    dimensions = sorted({name for one in answers for name in value(verdicts[one], "by") or {}})
    for dimension in dimensions:
        held = [value(verdicts[one], "by").get(dimension, {}) for one in answers]
        names = sorted({name for each in held for name in each})
        context = _CONTEXTS.get(dimension, dimension)
        rows = [
            Row((say.word(context, name), *(say.number(each.get(name, 0)) for each in held)))
            for name in names
        ]
        if rows:
            caption = say.word("dimension", dimension)
            yield Table(caption, columns, rows, "", numbers=numbers, headed=True)


def _notices(scene: Scene, group: Json) -> Table:
    say = scene.words
    names = ("owed", "on_time", "late", "missed", "waiting", "held", "acknowledged")
    rows = [
        Row(
            (
                f"{say.word('leg', text(one, 'leg'))} → {say.word('role', text(one, 'role'))}",
                *(say.number(number(one, name)) for name in names),
            )
        )
        for one in members(group, "notices")
    ]
    columns = [say("column.leg"), *(say(f"notices.{name}") for name in names)]
    return Table(say("way.notices"), columns, rows, say("notices.nothing"),
                 numbers=frozenset(range(1, 8)), headed=True)  # fmt: skip


def _period(scene: Scene) -> dict[str, str]:
    """Read the period asked for; without one this month."""
    held = {name: scene.query.get(name, "").strip() for name in ("month", "year", "from", "to")}
    given = {name: said for name, said in held.items() if said}
    if given:
        return given
    return {"month": f"{datetime.fromtimestamp(scene.now // NANOSECONDS, UTC):%Y-%m}"}


def _form(scene: Scene, period: dict[str, str]) -> Form:
    say = scene.words
    fields = [
        Field("month", say("statistics.month"), "line", period.get("month", ""),
              hint=say("statistics.month.hint"), longest=7),
        Field("from", say("statistics.from"), "line", period.get("from", ""), longest=10),
        Field("to", say("statistics.to"), "line", period.get("to", ""), longest=10),
    ]  # fmt: skip
    return Form("/statistics", fields, say("statistics.show"), "get", inline=True)


def _day(found: Json, name: str) -> str:
    at = moment(found, name)
    return f"{datetime.fromtimestamp(at // NANOSECONDS, UTC):%Y-%m-%d}" if at else "–"
