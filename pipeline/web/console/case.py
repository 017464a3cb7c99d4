"""One incident with all that the desk gives of it to its viewer, and its page's parts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.model import Json
from pipeline.web.console.charts import Mark, timeline
from pipeline.web.console.documents import members, moment, number, text, value
from pipeline.web.console.lists import SHORT, Lists
from pipeline.web.console.parts import (
    Cell,
    Chart,
    Facts,
    Fold,
    Part,
    Prose,
    Row,
    Table,
    badge,
    code,
    link,
    together,
)
from pipeline.web.markup import Html, element

_LANES = ("events", "findings", "steps", "notices", "receipts")
_SECTIONS = (
    "verdict", "limb", "act", "attribute", "axis", "resource", "consequence", "floor", "weight",
    "aim", "guard", "route", "version",
)  # fmt: skip
_FIRST = ("verdict", "limb", "act")
_KEPT = 200  # moments that one page tells


@dataclass(frozen=True, slots=True)
class Case:
    """An incident's latest revision, all of them, and what hangs on it; what is barred is empty.

    ``why`` are elements of its explanation (section, subject, value, reason, basis, set_by),
    ``clocks`` its terms, ``may`` the commands that its viewer may give.
    """

    incident: Json
    history: Sequence[Json] = ()
    findings: Sequence[Json] = ()
    notices: Sequence[Json] = ()
    audit: Sequence[Json] | None = None
    why: Sequence[Json] | None = None
    clocks: Sequence[Json] = ()
    may: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class CasePage:
    """Writes the parts of an incident's page."""

    case: Case
    lists: Lists

    def facts(self) -> Part:
        """Write what it is at a glance."""
        say, at, one = self.lists.words, self.lists.at, self.case.incident
        merged = text(one, "merged_into")
        pairs: list[tuple[str, Cell]] = [
            (say("fact.incident"), code(text(one, "id"))),
            (say("fact.object"), self._object(text(one, "object_id"))),
            (say("fact.verdict"), self._verdict()),
            (say("fact.severity"), self.lists.severity(text(one, "assessment.severity"))),
            (say("fact.priority"), text(one, "assessment.priority")),
            (say("fact.scope"), self._word("scope", "assessment.scope")),
            (say("fact.origin"), self._word("origin", "assessment.origin")),
            (say("fact.intent"), self._word("intent", "assessment.intent")),
            (say("fact.reality"), self._word("reality", "assessment.reality")),
            (say("fact.class"), text(one, "assessment.rsit")),
            (say("fact.attack"), text(one, "assessment.attack")),
            (say("fact.opened"), at(moment(one, "opened_at"))),
            (say("fact.first_event"), at(moment(one, "first_event_at"))),
            (say("fact.last_event"), at(moment(one, "last_event_at"))),
            (say("fact.events"), self._number("event_count")),
            (say("fact.findings"), self._number("finding_count")),
            (say("fact.revision"), self._number("revision")),
            (say("fact.assigned"), text(one, "assigned_to")),
            (say("fact.closed"), at(moment(one, "closed_at"))),
            (say("fact.closing"), self._word("closing", "closing_verdict")),
            (say("fact.merged"), link(f"/incidents/{merged}", merged[:SHORT]) if merged else ""),
            (say("fact.links"), self._links()),
        ]
        return Part(say("part.facts"), [Facts(pairs)], "facts")

    def why(self) -> Part:
        """Write the verdict element by element: what it is, why, by which norm."""
        say = self.lists.words
        known = self.case.why or ()
        tables: dict[str, Table] = {}
        columns = [say(f"column.{name}") for name in ("element", "is", "because", "ground")]
        for section in _SECTIONS:
            rows = [
                Row((text(one, "subject"), text(one, "value"), self._because(text(one, "reason")),
                     self.lists.ground(one)))
                for one in known
                if text(one, "section") == section
            ]  # fmt: skip
            if rows:
                tables[section] = Table(say(f"why.{section}"), columns, rows, "", headed=True)
        if not tables:
            return Part(say("part.why"), [Prose(say("why.none"), "aside")], "why")
        first = [table for name, table in tables.items() if name in _FIRST]
        rest = [table for name, table in tables.items() if name not in _FIRST]
        folded = [Fold(say("why.rest"), rest)] if rest else []
        return Part(say("part.why"), [*first, *folded], "why")

    def _because(self, reason: str) -> Html:
        """Write a reason; where it quotes evidence in brackets, that is opened by a click."""
        said, bracket, quoted = reason.partition(" [")
        if not (bracket and quoted.endswith("]")):
            return together(reason)
        summary = element("summary", self.lists.words("why.evidence"))
        return together(said, element("details", summary, quoted[:-1], class_="small"))

    def terms(self) -> Part:
        """Write whose duty is due when, to whom, by which norm; what was met, and how."""
        say, at = self.lists.words, self.lists.at
        rows = []
        for one in self.case.clocks:
            met, due = moment(one, "met_at"), self.lists.limit(one)
            state = (
                at.done(met, due) if met
                else badge(say("term.ended")) if moment(one, "ended_at")
                else at.left(due, text(one, "missing"))
            )  # fmt: skip
            rows.append(
                Row(
                    (
                        say.word("duty_of", text(one, "duty_of")),
                        self.lists.leg(one),
                        together(say.word("role", text(one, "recipient.role")),
                                 code(text(one, "recipient.party_id"))),
                        at(moment(one, "due_at")),
                        state,
                        self.lists.ground(one),
                    )
                )
            )  # fmt: skip
        columns = [say(f"column.{name}") for name in ("duty", "leg", "to", "due", "left", "ground")]
        table = Table(say("part.terms"), columns, rows, say("terms.none"))
        return Part(say("part.terms"), [table], "terms")

    def timeline(self) -> Part:
        """Draw and list what happened when."""
        say, at = self.lists.words, self.lists.at
        moments = sorted(self._moments(), key=lambda one: (one[0], _LANES.index(one[1])))
        lanes = [(name, say(f"lane.{name}")) for name in _LANES]
        begin, end = (
            moment(self.case.incident, "first_event_at"),
            moment(self.case.incident, "last_event_at"),
        )
        marks = [Mark(lane, when, said, tone=tone) for when, lane, said, _, tone in moments]
        if begin:
            marks.append(Mark("events", begin, say("fact.events"), max(begin, end)))
        picture = timeline(lanes, marks, at.now, say("part.timeline"))
        shown = moments[-_KEPT:]
        rows = [
            Row((at(when), say(f"lane.{lane}"), said, who)) for when, lane, said, who, _ in shown
        ]
        columns = [say(f"column.{name}") for name in ("time", "kind", "what", "who")]
        table = Table(say("part.timeline"), columns, rows, say("timeline.none"))
        caption = say("timeline.caption")
        return Part(say("part.timeline"), [Chart(picture, caption), table], "timeline")

    def evidence(self) -> Part:
        """Write the findings behind it, with their events, and what people added."""
        say = self.lists.words
        found = self.lists.findings(
            self.case.findings, say("evidence.findings"), (say("evidence.none"), ("", ""))
        )
        added = [
            Row((text(one, "entry.name"), code(text(one, "entry.sha256")),
                 text(one, "entry.description"), self.lists.at(moment(one, "changed_at"))))
            for one in self.case.history
            if text(one, "step") == "evidence"
        ]  # fmt: skip
        bodies: list[Table] = [found]
        if added:
            columns = [say(f"column.{name}") for name in ("name", "hash", "detail", "time")]
            bodies.append(Table(say("evidence.added"), columns, added, "", headed=True))
        return Part(say("part.evidence"), bodies, "evidence")

    def notices(self) -> Part:
        """Write who was told what, when, and what they answered."""
        say = self.lists.words
        table = self.lists.notices(
            self.case.notices, say("part.notices"), (say("notices.none_here"), ("", ""))
        )
        return Part(say("part.notices"), [table], "notices")

    def audit(self) -> Part:
        """Write the entries of the audit trail about it."""
        say = self.lists.words
        table = self.lists.audit(
            self.case.audit or (), say("part.audit"), (say("audit.none_here"), ("", ""))
        )
        return Part(say("part.audit"), [table], "audit")

    def work(self) -> Part:
        """Write notes, tasks and decisions of people, the newest first."""
        say, at = self.lists.words, self.lists.at
        rows = [
            Row((at(moment(one, "changed_at")), text(one, "actor"),
                 say.word("step", text(one, "step")),
                 together(_entry(one), text(one, "reason"))))
            for one in reversed(self.case.history)
            if text(one, "step")
        ]  # fmt: skip
        columns = [say(f"column.{name}") for name in ("time", "who", "what", "detail")]
        table = Table(say("part.work"), columns, rows, say("work.none"))
        return Part(say("part.work"), [table], "work")

    def _moments(self) -> Iterator[tuple[int, str, str, str, str]]:
        """Give (when, lane, what, who, tone) of everything that happened."""
        say, case = self.lists.words, self.case
        begin, end = moment(case.incident, "first_event_at"), moment(case.incident, "last_event_at")
        if begin:
            yield begin, "events", say("moment.first_event"), "", "plain"
        if end > begin:
            yield end, "events", say("moment.last_event"), "", "plain"
        for one in case.findings:
            yield moment(one, "last_event_at"), "findings", text(one, "rule.title"), "", "due"
        before: Mapping[str, object] = {}
        for one in case.history:
            yield (
                moment(one, "changed_at"),
                "steps",
                self._step(one, before),
                text(one, "actor"),
                "plain",
            )
            before = one
        for one in case.notices:
            said = f"{self.lists.leg(one)} → {say.word('role', text(one, 'recipient.role'))}"
            yield moment(one, "created_at"), "notices", said, "", "plain"
            if received := moment(one, "receipt.received_at"):
                late = received > (self.lists.limit(one) or received)
                yield received, "receipts", said, "", "bad" if late else "good"

    def _step(self, revision: Json, before: Mapping[str, object]) -> str:
        say = self.lists.words
        if step := text(revision, "step"):
            return say.word("step", step)
        if not before:
            return say("moment.opened")
        if text(revision, "state") != before.get("state"):
            return say.word("incident_status", text(revision, "state"))
        return say("moment.more")

    def _verdict(self) -> Html:
        answer = text(self.case.incident, "assessment.is_incident")
        return self.lists.verdict(answer) if answer else Html("")

    def _word(self, context: str, path: str) -> str:
        name = text(self.case.incident, path)
        return self.lists.words.word(context, name) if name else ""

    def _number(self, path: str) -> str:
        held = number(self.case.incident, path)
        return self.lists.words.number(held) if held else ""

    def _object(self, name: str) -> Html:
        return link(f"/objects/{name}", name, "code") if name else Html("")

    def _links(self) -> Html:
        say = self.lists.words
        return together(
            *(
                element(
                    "span",
                    f"{say.word('link_kind', text(one, 'kind'))} ",
                    link(f"/incidents/{text(one, 'to')}", text(one, "to")[:SHORT], "code"),
                )
                for one in members(self.case.incident, "links")
            )
        )


def _entry(revision: Json) -> str:
    held = value(revision, "entry")
    if not isinstance(held, dict):
        return ""
    return "; ".join(text(held, name) for name in sorted(held) if text(held, name))
