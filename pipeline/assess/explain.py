"""An assessment in words, element by element, with reason and ground."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.assess.view import InForce
from pipeline.model import Assessment, Limb, Tri


@dataclass(frozen=True, slots=True)
class Explained:
    """One element: what it is about, what it is, why, and on which ground."""

    subject: str
    value: str
    reason: str
    basis: str


@dataclass(frozen=True, slots=True)
class Explainer:
    """Explains assessments in one language; a name without a word in the pack stands as it is."""

    view: InForce
    language: str = "en"

    def __call__(self, assessment: Assessment) -> list[Explained]:
        """Give every element of an assessment in its order."""
        verdict = self._word("glossary", "incident")
        reasons, basis = assessment.reasons, assessment.basis
        lines = [
            Explained(
                verdict,
                self._answer(assessment.is_incident),
                reasons.get("is_incident", ""),
                basis.get("is_incident", ""),
            ),
            *self._limbs(assessment),
            *self._acts(assessment),
        ]
        lines += [
            Explained(name, value, reasons.get(name, ""), basis.get(name, ""))
            for name, value in (
                ("occurrence", self._word("glossary", f"occurrence.{assessment.occurrence}")),
                ("intent", assessment.intent),
                ("origin", assessment.origin),
                ("reality", assessment.reality),
                ("rsit", assessment.rsit),
                ("severity", self._level(assessment.severity)),
                ("priority", assessment.priority),
                ("scope", assessment.scope),
                ("guard", assessment.guard),
            )
        ]
        lines += [
            Explained(
                f"{self._word('roles', leg.role)}", leg.party_id or "-", leg.reason, leg.basis
            )
            for leg in assessment.route
        ]
        return [
            *lines,
            Explained("route", str(len(assessment.route)), reasons.get("route", ""), ""),
        ]

    def _limbs(self, assessment: Assessment) -> Iterator[Explained]:
        for name, held in assessment.predicate.items():
            group = {name: held} if isinstance(held, Limb) else held
            for limb, stored in group.items():
                yield Explained(
                    self._word("limbs", limb),
                    self._answer(stored.holds),
                    stored.reason,
                    stored.basis,
                )

    def _acts(self, assessment: Assessment) -> Iterator[Explained]:
        for act in self.view.acts:
            answer = assessment.acts.get(act.id, Tri.UNKNOWN)
            if answer is not Tri.UNKNOWN:
                words = str(getattr(act.names, self.language))
                yield Explained(words, self._answer(answer), "", act.basis)

    def _word(self, section: str, name: str) -> str:
        names = self.view.names_of(section, name)
        return str(getattr(names, self.language)) if names is not None else name

    def _answer(self, answer: Tri) -> str:
        return self._word("glossary", f"answer.{answer.value}")

    def _level(self, severity: str) -> str:
        for level in self.view.levels.values():
            if level.severity == severity:
                return str(getattr(level.names, self.language))
        return severity
