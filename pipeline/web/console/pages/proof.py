"""On-time proof: how many notices kept their term, by leg and recipient."""

from collections import Counter
from dataclasses import replace

from pipeline.model import Json
from pipeline.ports.searching import Kind
from pipeline.web.console.asking import Question
from pipeline.web.console.documents import moment, text
from pipeline.web.console.pages.search import rows
from pipeline.web.console.parts import Choice, Field, Form, Message, Page, Part, Row, Table
from pipeline.web.console.scene import Absent, Scene
from pipeline.web.desk import Asked

MOST = 500
_SPANS = ("week", "month", "all")
MET, LATE, RUNNING, MISSED, HELD = "met", "late", "running", "missed", "held"
_COLUMNS = {MET: "met", LATE: "late", MISSED: "missed_", RUNNING: "running", HELD: "held"}


def standing_of(notice: Json, limit: int | None, now: int) -> str:
    """Tell how a notice kept its term, as the statistics do (``incidents.statistics.legs``).

    Met, late, held (a person frees it), missed, or running: not yet due.
    """
    received = moment(notice, "receipt.received_at")
    if received:
        return LATE if limit is not None and received > limit else MET
    if text(notice, "state") == HELD:
        return HELD
    return MISSED if limit is not None and limit < now else RUNNING


def proof(scene: Scene) -> Page:
    """Show how terms were kept."""
    say = scene.words
    if not scene.has(Kind.NOTICES):
        raise Absent
    question = Question.of("/proof", scene.query, (Kind.NOTICES,), scene.now, "month")
    asked = Asked(Kind.NOTICES, query="proof", begin=question.begin, end=question.end, limit=MOST)
    listed = scene.desk.page(scene.viewer, asked)
    counted: Counter[tuple[str, str, str]] = Counter()
    for one in listed.rows:
        key = (text(one, "leg"), text(one, "recipient.role"))
        counted[(*key, _standing(scene, one))] += 1
    late = [one for one in listed.rows if _standing(scene, one) in (LATE, MISSED)]
    whole = Counter(state for _, _, state in counted.elements())
    done = whole[MET] + whole[LATE] + whole[MISSED]
    spans = [Choice(one, say(f"span_of.{one}")) for one in _SPANS]
    ask = Form("/proof", [Field("span", say("search.span"), "choice", question.span, spans)],
               say("proof.show"), "get", inline=True)  # fmt: skip
    page = Page(
        title=say("proof.title"),
        lead=say("proof.lead"),
        ask=ask,
        figures=[
            (say("column.number"), say.number(len(listed.rows)), ""),
            *(
                (say(f"column.{_COLUMNS[one]}"), say.number(whole[one]),
                 "bad" if one in (LATE, MISSED) and whole[one] else "")
                for one in _COLUMNS
            ),
            (say("column.share"), say.share(whole[MET] / done) if done else "–", ""),
        ],
        main=[
            Part(say("proof.by_leg"), [_by_leg(scene, counted)]),
            Part(say("proof.late"), [rows(scene, Kind.NOTICES, late, "proof")]),
        ],
    )  # fmt: skip
    if listed.after:
        return replace(page, messages=[Message([say("proof.part", count=say.number(MOST))])])
    return page


def _standing(scene: Scene, notice: Json) -> str:
    return standing_of(notice, scene.lists.limit(notice), scene.now)


def _by_leg(scene: Scene, counted: Counter[tuple[str, str, str]]) -> Table:
    say = scene.words
    kinds = sorted({(leg, role) for leg, role, _ in counted})
    table_rows = [
        Row(
            (
                say.word("leg", leg),
                say.word("role", role),
                *(say.number(counted[leg, role, state]) for state in _COLUMNS),
            )
        )
        for leg, role in kinds
    ]
    columns = [say(f"column.{name}") for name in ("leg", "to", *_COLUMNS.values())]
    return Table(say("proof.by_leg"), columns, table_rows, say("proof.nothing"),
                 numbers=frozenset(range(2, 7)))  # fmt: skip
