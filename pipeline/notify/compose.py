"""Write the payload of one notice: the closed schema of its recipient, in all three languages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.model import Assessment, Incident, Json, Limb, Tri
from pipeline.notify.changes import Owed, acts
from pipeline.notify.payload import (
    Correction,
    Fact,
    HostedFact,
    Text,
    document,
    payload_model,
    stub_of,
)
from pipeline.notify.texts import LANGUAGES, Texts


@dataclass(frozen=True, slots=True)
class Composer:
    """Write payloads for one centre: its name, and the words."""

    centre: str
    texts: Texts

    def __call__(
        self,
        owed: Owed,
        incident: Incident,
        code: str,
        language: str,
        guests: Sequence[str] | None = (),
    ) -> Json:
        """Give the detailed payload, the recipient's language first; ``code`` names the object.

        ``guests``: by which parties of hosted objects the pack tells the role.

        Only the recipient's own object, classes and times enter: no evidence, no user, no address,
        no other object. ValidationError where a name of the pack does not fit the closed schema.
        """
        assessment = incident.assessment
        model = payload_model(owed.kind, guests)
        hosted = payload_model("first", guests) is HostedFact
        known: dict[str, Any] = {
            "incident_id": incident.id,
            "object": code,
            "class": {"acts": acts(assessment), "rsit": assessment.rsit},
            "occurred": {"first": incident.first_event_at, "last": incident.last_event_at},
            "severity": assessment.severity,
            "legal_basis": owed.basis,
            "centre": self.centre,
            "details_available": True,
            "text": tuple(
                self._text(owed, incident, code, spoken, hosted=hosted)
                for spoken in sorted(LANGUAGES, key=lambda one: one != language)
            ),
        }
        if model is Correction:
            known["outcome"] = owed.opening
            known["continues_as"] = incident.merged_into if owed.opening == "merged" else None
        elif model is HostedFact:
            known["hosted"] = True
        elif model is Fact:
            known["trial"] = incident.trial
            known["occurrence"] = assessment.occurrence
            known["predicate"] = _limbs(assessment)
        return document(model.model_validate(known))

    def _text(
        self, owed: Owed, incident: Incident, code: str, language: str, *, hosted: bool
    ) -> Text:
        said = self.texts
        lines = [said.say(language, "notice", f"opening.{owed.opening}", centre=self.centre)]
        if hosted:
            lines.append(said.say(language, "notice", "hosted"))
        elif incident.trial:
            lines.append(said.say(language, "notice", "trial"))
        lines += self._facts(owed, incident, code, language)
        topic = "candidate" if owed.opening == "candidate" else owed.kind
        subject = said.say(language, "notice", f"subject.{topic}", object=code)
        return Text(language=language, subject=subject, body="\n".join(lines))

    def _facts(self, owed: Owed, incident: Incident, code: str, language: str) -> list[str]:
        said = self.texts

        def line(name: str, **values: str) -> str:
            return said.say(language, "notice", f"line.{name}", **values)

        lines = [line("object", value=code)]
        if owed.kind != "correction":
            held = acts(incident.assessment)
            none = said.say(language, "notice", "acts.none")
            first = said.when(language, incident.first_event_at)
            last = said.when(language, incident.last_event_at)
            lines.append(line("acts", value=said.words(language, "act", held) if held else none))
            lines.append(
                line("occurred", first=first, last=last)
                if first != last
                else line("occurred_once", first=first)
            )
            severity = said.word(language, "severity", incident.assessment.severity)
            lines.append(line("severity", value=severity))
        lines += [line("basis", value=owed.basis), line("incident", value=incident.id)]
        if owed.opening == "merged":
            lines.append(line("continues_as", value=incident.merged_into))
        return lines


def minimal_stub(incident: Incident, code: str) -> Json | None:
    """Give the stub of an incident; None where even its six keys do not fit the schema."""
    assessment = incident.assessment
    return stub_of(
        {
            "incident_id": incident.id,
            "object": code,
            "class": {"acts": acts(assessment), "rsit": assessment.rsit},
            "time": incident.first_event_at,
            "severity": assessment.severity,
        }
    )


def _limbs(assessment: Assessment) -> dict[str, Tri | dict[str, Tri]]:
    """Give the predicate limb by limb, without the reasons: they may quote the evidence."""
    return {
        name: limb.holds
        if isinstance(limb, Limb)
        else {harm: one.holds for harm, one in limb.items()}
        for name, limb in assessment.predicate.items()
    }
