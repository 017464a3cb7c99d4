"""Lists of each kind of document as tables: incidents, notices, events, findings, and the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.model import Json
from pipeline.web.console.documents import moment, number, text, value
from pipeline.web.console.moments import Moments
from pipeline.web.console.parts import Cell, Row, Table, badge, code, link, together
from pipeline.web.console.words import Words
from pipeline.web.markup import Html, element

SHORT = 12  # of an id, as the command line takes it
_VERDICT_TONES = {"yes": "bad", "no": "good", "unknown": "due"}
_NOTICE_TONES = {
    "acknowledged": "good",
    "sent": "good",
    "failed": "due",
    "dead": "bad",
    "held": "due",
}
_LEVELS = ("critical", "high", "medium", "low")


@dataclass(frozen=True, slots=True)
class Due:
    """What of an incident is due next: when (None: nobody set it), and which leg to whom."""

    at: int | None
    what: str
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Lists:
    """Writes tables in one language, as of one instant; ``at_once`` as ``Beside`` has it."""

    words: Words
    at: Moments
    at_once: int

    def incidents(
        self,
        documents: Sequence[Json],
        caption: str,
        nothing: tuple[str, tuple[str, str]],
        due: Mapping[str, Due] | None = None,
    ) -> Table:
        """Write incidents; with ``due`` what is due of each one next."""
        heads = ["incident", "object", "severity", "state", *(["due"] if due is not None else [])]
        rows = []
        for one in documents:
            name = text(one, "id")
            cells: list[Cell] = [
                together(self.incident_link(one), self._short(name)),
                code(text(one, "object_id")),
                self.severity(text(one, "assessment.severity")),
                self.state(one),
            ]
            if due is not None:
                cells.append(self._due(due.get(name)))
            cells += [self.at(moment(one, "opened_at")), text(one, "assigned_to")]
            rows.append(Row(cells, self.tone(one)))
        return self._table(caption, [*heads, "opened", "assigned"], rows, nothing)

    def notices(
        self, documents: Sequence[Json], caption: str, nothing: tuple[str, tuple[str, str]]
    ) -> Table:
        """Write notices: which leg, to whom, how it stands, and how it kept its term."""
        rows = [
            Row(
                (
                    together(
                        link(f"/notices/{text(one, 'id')}", self.leg(one)),
                        link(f"/incidents/{text(one, 'incident_id')}",
                             text(one, "incident_id")[:SHORT], "code"),
                    ),
                    together(self.words.word("role", text(one, "recipient.role")),
                             code(text(one, "recipient.party_id"))),
                    self.notice_state(one),
                    self.at(moment(one, "created_at")),
                    self.at(moment(one, "due_at")),
                    self.kept(one),
                    self.ground(one),
                )
            )
            for one in documents
        ]  # fmt: skip
        heads = ("leg", "to", "state", "made", "due", "kept", "ground")
        return self._table(caption, heads, rows, nothing)

    def findings(
        self, documents: Sequence[Json], caption: str, nothing: tuple[str, tuple[str, str]]
    ) -> Table:
        """Write findings: the rule, when, of how many events."""
        rows = [
            Row(
                (
                    together(text(one, "rule.title"), code(text(one, "rule.id"))),
                    self.words.word("level", text(one, "rule.level")),
                    together(self.at(moment(one, "first_event_at")),
                             self.at(moment(one, "last_event_at"))),
                    self.words.number(number(one, "event_count")),
                    Html(" ".join(
                        link(f"/events/{event}", str(place + 1), "chip")
                        for place, event in enumerate((value(one, "event_ids") or [])[:10])
                    )),
                )
            )
            for one in documents
        ]  # fmt: skip
        heads = ("rule", "level", "time", "events", "open")
        return self._table(caption, heads, rows, nothing, frozenset({3}))

    def events(
        self, documents: Sequence[Json], caption: str, nothing: tuple[str, tuple[str, str]]
    ) -> Table:
        """Write events: when, where, what, who."""
        rows = []
        for one in documents:
            name = text(one, "id") or event_id(one)
            when = self.at(moment(one, "@timestamp"))
            what = " ".join(
                part for part in (text(one, "event.dataset"), text(one, "event.code"),
                                  text(one, "event.action"), text(one, "event.outcome")) if part
            )  # fmt: skip
            where = text(one, "host.name") or text(one, "source.ip") or text(one, "observer.name")
            rows.append(
                Row(
                    (
                        element("a", when, href=f"/events/{name}"),
                        code(text(one, "saqshy.object_id")),
                        where,
                        what or text(one, "saqshy.format"),
                        text(one, "user.name"),
                        together(_cut(text(one, "message"), 160)),
                    )
                )
            )
        heads = ("time", "object", "host", "what", "user", "message")
        return self._table(caption, heads, rows, nothing)

    def failures(
        self, documents: Sequence[Json], caption: str, nothing: tuple[str, tuple[str, str]]
    ) -> Table:
        """Write dead letters: where they stuck, why, and what to do."""
        rows = [
            Row(
                (
                    together(code(text(one, "id")[:SHORT]), self.at(moment(one, "received_at"))),
                    together(code(text(one, "object_id")), code(text(one, "source_id"))),
                    code(text(one, "stage")),
                    badge(self.words.word("failure", text(one, "code")), "due"),
                    _cut(text(one, "detail"), 200),
                )
            )
            for one in documents
        ]
        heads = ("letter", "object", "stage", "why", "detail")
        return self._table(caption, heads, rows, nothing)

    def audit(
        self, documents: Sequence[Json], caption: str, nothing: tuple[str, tuple[str, str]]
    ) -> Table:
        """Write entries of the audit trail: when, who, what, of what, with its hash."""
        rows = [
            Row(
                (
                    self.at(moment(one, "at")),
                    text(one, "actor"),
                    self.words.word("entry", text(one, "kind")),
                    together(code(text(one, "chain")), code(text(one, "subject")[:24])),
                    _cut(_detail(one), 240),
                    code(text(one, "hash")[:SHORT]),
                )
            )
            for one in documents
        ]
        heads = ("time", "who", "what", "of", "detail", "hash")
        return self._table(caption, heads, rows, nothing)

    def incident_link(self, document: Json) -> Html:
        """Write an incident's title as the way to its page."""
        return link(f"/incidents/{text(document, 'id')}", self.title(document))

    def title(self, document: Json) -> str:
        """Name an incident by the acts that hold, else by its class, else plainly."""
        acts = value(document, "assessment.acts")
        held = [name for name, answer in sorted((acts or {}).items()) if answer == "yes"]
        if held:
            said = self.words.texts.words(self.words.language, "act", held)
            return said[:1].upper() + said[1:]
        name = text(document, "assessment.rsit").partition(".")[0]
        said = self.words.word("rsit_class", name) if name else self.words("untitled")
        return said[:1].upper() + said[1:]

    def severity(self, level: str) -> Html:
        """Write a severity on its ground; nothing where the viewer may not see one."""
        return badge(self.words.word("severity", level), level) if level else Html("")

    def state(self, document: Json) -> Html:
        """Write where an incident stands, and whether it is one."""
        state, verdict = text(document, "state"), text(document, "assessment.is_incident")
        parts = [badge(self.words.word("incident_status", state))]
        if state == "candidate" and verdict:
            parts.append(
                badge(self.words.word("verdict", verdict), _VERDICT_TONES.get(verdict, ""))
            )
        if text(document, "trial") == "yes":
            parts.append(badge(self.words("trial")))
        return Html(" ".join(parts))

    def verdict(self, answer: str) -> Html:
        """Write yes, no or unknown as a verdict on whether something is an incident."""
        return badge(self.words.word("verdict", answer), _VERDICT_TONES.get(answer, ""))

    def tone(self, document: Json) -> str:
        """Give the mark of an incident's row."""
        level = text(document, "assessment.severity")
        return level if level in _LEVELS else "plain"

    def leg(self, notice: Json) -> str:
        """Name a notice's leg."""
        return self.words.word("leg", text(notice, "leg"))

    def notice_state(self, notice: Json) -> Html:
        """Write how a notice stands."""
        state = text(notice, "state")
        return badge(self.words.word("notice_status", state), _NOTICE_TONES.get(state, ""))

    def kept(self, notice: Json) -> Html:
        """Write how a notice kept its term: a countdown, or what was left when its receipt came."""
        limit, received = self.limit(notice), moment(notice, "receipt.received_at")
        if received:
            return self.at.done(received, limit)
        return self.at.left(limit) if limit else Html("")

    def limit(self, notice: Json) -> int | None:
        """Give by when a notice, or a clock, counts as in time; None where nobody set a term."""
        due = moment(notice, "due_at")
        made = moment(notice, "created_at") or moment(notice, "begins_at")
        return (due if due > made else due + self.at_once) if due else None

    def ground(self, document: Json) -> Html:
        """Write a norm with who set it: the law, a by-law, or a policy."""
        basis, by = text(document, "basis"), text(document, "set_by")
        return (
            together(code(basis), self.words.word("set_by", by) if by else "")
            if basis
            else Html("")
        )

    def _due(self, due: Due | None) -> Html:
        if due is None:
            return Html("")
        return together(
            self.at.left(due.at, due.missing), element("span", due.what, class_="aside small")
        )

    def _short(self, name: str) -> Html:
        return element("span", name[:SHORT], class_="code aside")

    def _table(
        self,
        caption: str,
        heads: Sequence[str],
        rows: Sequence[Row],
        nothing: tuple[str, tuple[str, str]],
        numbers: frozenset[int] = frozenset(),
    ) -> Table:
        said = [
            place
            for place in range(len(heads))
            if not rows or any(row.cells[place] for row in rows)
        ]  # a column without anything in it only takes room
        columns = [self.words(f"column.{heads[place]}") for place in said]
        kept = [Row([row.cells[place] for place in said], row.tone) for row in rows]
        counted = frozenset(new for new, place in enumerate(said) if place in numbers)
        return Table(caption, columns, kept, nothing[0], nothing[1], counted)


def event_id(document: Json) -> str:
    """Give an event's id: its batch's and its place in it."""
    batch, index = text(document, "saqshy.batch"), text(document, "saqshy.index")
    return f"{batch}-{index}" if batch else ""


def _cut(said: str, most: int) -> str:
    return said if len(said) <= most else f"{said[: most - 1]}…"


def _detail(entry: Json) -> str:
    held = value(entry, "detail")
    if not isinstance(held, dict):
        return ""
    return "; ".join(f"{name}: {text(held, name)}" for name in sorted(held) if text(held, name))
