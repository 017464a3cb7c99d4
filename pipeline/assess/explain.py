"""An assessment in words, element by element: what it is, why, and on which ground.

An analyst, an inspector and a prosecutor ask the same of it, each in their language. The rows that
explain a revision are those that made it: give the view of the pack that its versions name.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pipeline.assess.reason_texts import ReasonTexts, reason_texts
from pipeline.assess.reason_words import BY_LAW_MISSING, IN_FORCE, TECHNIQUES, WORDS
from pipeline.assess.rows import ConsequenceRow, FloorRow, Names, RemarkRow, TermRow
from pipeline.assess.terms import Due
from pipeline.assess.view import InForce
from pipeline.model import Assessment, Finding, Json, Leg, Limb, Tri, rfc3339

_ATTRIBUTES = ("intent", "origin", "reality")
_SECTIONS = {
    "act": "acts",
    "axes": "axes",
    "axis": "axes",
    "properties": "properties",
    "regime": "regimes",
    "roles": "roles",
}  # of the pack, by what stands in a sentence's place
_EVIDENCE = re.compile(r" \[[^\[\]]+\](?=, | and \d+ more$|, and others do not know$|$)")
_TOKEN = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_CALL = re.compile(r"\b(any|all|certain)\(")
_IN_EXPRESSIONS = {"acts": "act", "harms": "harms", "or": "or_", "not": "not_", "and": "and_"}
_ATTRIBUTES = ("intent", "origin", "reality")


@dataclass(frozen=True, slots=True)
class Explained:
    """One element: what it is about, what it is, why, and on which ground.

    ``section`` and ``element`` are names (limb, harms.obtain); the others are words of a language,
    but ``basis`` (articles) and ``set_by`` (statute, by-law or policy; "" where no row says it).
    """

    subject: str
    value: str
    reason: str
    basis: str
    section: str = ""
    element: str = ""
    set_by: str = ""

    def document(self) -> Json:
        """Give the element as JSON."""
        return {
            "section": self.section,
            "element": self.element,
            "subject": self.subject,
            "value": self.value,
            "reason": self.reason,
            "basis": self.basis,
            "set_by": self.set_by,
        }


@dataclass(frozen=True, slots=True)
class Explainer:
    """Explains assessments in one language; a name without a word stands as it is.

    ``brief`` leaves out where the labels of each finding come from, for who shows ``evidence``.
    """

    view: InForce
    language: str = "en"
    texts: ReasonTexts = field(default_factory=reason_texts)
    brief: bool = False

    def __call__(self, assessment: Assessment) -> list[Explained]:
        """Give every element of an assessment in its order."""
        return [
            Explained(
                self._name("glossary", "incident"),
                self._answer(assessment.is_incident),
                self._reason(assessment, "is_incident"),
                assessment.basis.get("is_incident", ""),
                "verdict",
                "is_incident",
            ),
            *self._limbs(assessment),
            *self._acts(assessment),
            *self._attributes(assessment),
            *self._impact(assessment),
            *self._weight(assessment),
            *self._aims(assessment),
            *self._route(assessment),
            *self._versions(assessment),
        ]

    def document(self, assessment: Assessment) -> Json:
        """Give the explanation of an assessment as JSON, with its language."""
        explained = [one.document() for one in self(assessment)]
        return {"language": self.language, "explanation": explained}

    def due(self, owed: Sequence[Due]) -> list[Explained]:
        """Give the legs that are due: whose duty, to whom, when, by which row."""
        terms = {row.id: row for row in self.view.of("terms", TermRow)}
        return [self._due(one, terms.get(one.term)) for one in owed]

    def evidence(self, finding: Finding) -> str:
        """Tell where the labels of a finding come from: its rule's tags, rows of the table."""
        return self.texts.labels(self.language, finding.labels.reason, self._told)

    def word(self, name: str) -> str:
        """Give the word for a name of the program."""
        return self.texts.word(self.language, name)

    def role(self, name: str) -> str:
        """Give the word for a role of the law."""
        return self._name("roles", name)

    def leg(self, name: str) -> str:
        """Give the word for a leg of the notices; the pack's own, else the program's."""
        named = self.view.names_of("legs", name)
        return self.word(name) if named is None else self._word(named)

    def _limbs(self, assessment: Assessment) -> Iterator[Explained]:
        for name, held in assessment.predicate.items():
            group = {name: held} if isinstance(held, Limb) else held
            for limb, stored in group.items():
                yield Explained(
                    self._name("limbs", limb),
                    self._answer(stored.holds),
                    self._tell(stored.reason),
                    stored.basis,
                    "limb",
                    limb if limb == name else f"{name}.{limb}",
                )

    def _acts(self, assessment: Assessment) -> Iterator[Explained]:
        for act in self.view.acts:
            answer = assessment.acts.get(act.id, Tri.UNKNOWN)
            key = f"acts.{act.id}"
            if answer is not Tri.UNKNOWN or key in assessment.reasons:
                words = self._word(act.names)
                reason = self._reason(assessment, key, assessment.reasons.get("acts", ""))
                yield Explained(
                    words, self._answer(answer), reason, act.basis, "act", act.id, act.set_by
                )

    def _attributes(self, assessment: Assessment) -> Iterator[Explained]:
        for name in _ATTRIBUTES:
            value = self.word(getattr(assessment, name))
            yield self._line("attribute", name, value, assessment)
        value = self._name("glossary", f"occurrence.{assessment.occurrence}")
        yield self._line("attribute", "occurrence", value, assessment)
        yield self._line("attribute", "rsit", assessment.rsit, assessment)
        if assessment.attack:
            techniques = ", ".join(assessment.attack)
            yield Explained(
                self.word("attack"), techniques, self._say(TECHNIQUES), "policy", "attribute",
                "attack",
            )  # fmt: skip

    def _impact(self, assessment: Assessment) -> Iterator[Explained]:
        impact = assessment.impact
        most = impact.get("potential")
        for axis in self.view.axes:
            grade, key = impact.get(axis.id, 0), f"impact.{axis.id}"
            bound = most.get(axis.id, grade) if isinstance(most, dict) else grade
            value = f"{grade} (≤ {bound})" if bound > grade else str(grade)
            yield self._element(assessment, key, self._word(axis.names), value, "axis", axis.set_by)
        suffers = impact.get("cia", {})
        for row in self.view.properties:
            if row.id in suffers:
                value = str(suffers[row.id])
                words = self._word(row.names)
                yield self._element(assessment, f"cia.{row.id}", words, value, "resource")
        for name in ("nature", "scale"):
            held = impact.get(name)
            if isinstance(held, dict):
                value = f"{held.get('actual', 0)} (≤ {held.get('potential', 0)})"
                yield self._element(assessment, name, self.word(name), value, "resource")
        yield from self._consequences(assessment)

    def _consequences(self, assessment: Assessment) -> Iterator[Explained]:
        for row in self.view.of("consequences", ConsequenceRow):
            key = f"consequences.{row.id}"
            if row.id in assessment.impact.get("consequences", ()):
                words, yes = self._word(row.names), self._answer(Tri.YES)
                yield self._element(assessment, key, words, yes, "consequence", row.set_by)

    def _weight(self, assessment: Assessment) -> Iterator[Explained]:
        for row in self.view.of("floors", FloorRow):
            if row.id in assessment.impact.get("floors", ()):
                value, key = str(row.floor), f"floors.{row.id}"
                yield self._element(assessment, key, row.id, value, "floor", row.set_by)
        severity = self._level(assessment.severity)
        yield self._line("weight", "severity", severity, assessment)
        yield self._line("weight", "priority", self.word(assessment.priority), assessment)
        yield self._line("weight", "scope", self.word(assessment.scope), assessment)

    def _aims(self, assessment: Assessment) -> Iterator[Explained]:
        for row, _ in self.view.aims:
            if row.id in assessment.aims:
                words, yes = self._word(row.names), self._answer(Tri.YES)
                yield self._element(assessment, f"aims.{row.id}", words, yes, "aim", row.set_by)

    def _route(self, assessment: Assessment) -> Iterator[Explained]:
        said = assessment.reasons.get("guard", "")
        guard = self.word(said) if said in WORDS else self._tell(said)  # no row: the rule's name
        norm = assessment.basis.get("guard_norm", "")
        value = self.word(assessment.guard)
        yield Explained(self.word("guard"), value, guard, norm, "guard", "guard")
        for row in self.view.of("remarks", RemarkRow):
            if row.id in assessment.reasons:
                words = self.word("remark")
                yield self._element(assessment, row.id, words, row.id, "guard", row.set_by)
        count = str(len(assessment.route))
        bases = "; ".join(dict.fromkeys(leg.basis for leg in assessment.route))
        reason = self._reason(assessment, "route")
        yield Explained(self.word("route"), count, reason, bases, "route", "route")
        for leg in assessment.route:
            yield self._leg(leg)

    def _leg(self, leg: Leg) -> Explained:
        reason = self._tell(leg.reason)
        party = leg.party_id or "-"
        return Explained(
            self.role(leg.role), party, reason, leg.basis, "route", leg.role, leg.set_by
        )

    def _versions(self, assessment: Assessment) -> Iterator[Explained]:
        opened = self._say(IN_FORCE)
        for name, revision in assessment.versions.items():
            value = self._name("regimes", revision) if name == "regime" else revision
            yield Explained(self.word(name), value or "-", opened, "policy", "version", name)

    def _due(self, owed: Due, row: TermRow | None) -> Explained:
        reason = self._tell(row.reason) if row is not None else ""
        value = rfc3339(owed.due_at) if owed.due_at is not None else "-"
        if owed.due_at is None:
            by_law = self._name("by_laws", owed.missing)
            reason = self._say(BY_LAW_MISSING, by_law=by_law)
        to = f"{self.role(owed.recipient.role)} {owed.recipient.party_id or '-'}"
        subject = f"{self.leg(owed.leg)}: {to} ({self._reporter(owed.duty_of)})"
        return Explained(subject, value, reason, owed.basis, "term", owed.term, owed.set_by)

    def _reporter(self, name: str) -> str:
        named = self.view.names_of("reporters", name)
        return self.word(name) if named is None else self._word(named)

    def _line(self, section: str, name: str, value: str, assessment: Assessment) -> Explained:
        return self._element(assessment, name, self.word(name), value, section)

    def _element(
        self,
        assessment: Assessment,
        key: str,
        subject: str,
        value: str,
        section: str,
        set_by: str = "",
    ) -> Explained:
        """Give an element whose reason and ground are stored under one key."""
        reason, basis = self._reason(assessment, key), assessment.basis.get(key, "")
        element = key.partition(".")[2] if "." in key else key
        return Explained(subject, value, reason, basis, section, element, set_by)

    def _reason(self, assessment: Assessment, name: str, default: str = "") -> str:
        return self._tell(assessment.reasons.get(name) or default)

    def _tell(self, reason: str) -> str:
        reason = _EVIDENCE.sub("", reason) if self.brief else reason
        return self.texts.tell(self.language, reason, self._told)

    def _say(self, sentence: str, **values: str) -> str:
        return self.texts.say(self.language, sentence, **values)

    def _told(self, kind: str, value: str) -> str:
        """Tell a name that stands in a sentence."""
        if kind == "answer":
            return self._name("glossary", f"answer.{value}")
        if kind in {"expression", "review"}:
            return self._expression(value)
        if kind == "flags":
            return ", ".join(self._flag(one) for one in value.split(", "))
        section = _SECTIONS.get(kind)
        if section is None:
            return value
        return ", ".join(self._name(section, one) for one in value.split(", "))

    def _flag(self, flag: str) -> str:
        named = f"flag.{flag}"
        told = self.word(named)
        return flag if told == named else told

    def _expression(self, text: str) -> str:
        """Tell an expression of the pack with the words for what it names."""
        return _TOKEN.sub(lambda one: self._token(one[0]), _CALL.sub(r"\1 (", text))

    def _token(self, name: str) -> str:
        group, _, member = name.rpartition(".")
        sections = {"": ("limbs", "acts"), "acts": ("acts",)}.get(group, ("limbs",))
        for section in sections:
            if self.view.names_of(section, member) is not None:
                return self._name(section, member)
        if name == "incident":
            return self._name("glossary", name)
        return self.texts.word(self.language, _IN_EXPRESSIONS.get(name, name))

    def _name(self, section: str, name: str) -> str:
        names = self.view.names_of(section, name)
        return self._word(names) if names is not None else name

    def _word(self, names: Names) -> str:
        return str(getattr(names, self.language))

    def answer(self, answer: Tri) -> str:
        """Give the word for yes, no or unknown."""
        return self._answer(answer)

    def severity(self, name: str) -> str:
        """Give the word for a severity."""
        return self._level(name)

    def _answer(self, answer: Tri) -> str:
        return self._name("glossary", f"answer.{answer.value}")

    def _level(self, severity: str) -> str:
        for level in self.view.levels.values():
            if level.severity == severity:
                return self._word(level.names)
        return severity
