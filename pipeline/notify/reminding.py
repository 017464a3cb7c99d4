"""Reminders and pages in words: small closed payloads without content, in all three languages."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import ValidationError

from pipeline.model import (
    GuardDecision,
    Incident,
    Json,
    Notice,
    NoticeState,
    Recipient,
)
from pipeline.notify.clock import REMINDER
from pipeline.notify.naming import object_code
from pipeline.notify.payload import Page, Reminding, Text, disclosure, document, unfit
from pipeline.notify.reminders import Reminder
from pipeline.notify.routing import Channels
from pipeline.notify.texts import LANGUAGES, Texts
from pipeline.registry import Registry

LATE = 300_000_000_000
"""A reminder that is made so many nanoseconds after its time says that it is late."""
_SUBJECT = "subject"


@dataclass(frozen=True, slots=True)
class ReminderWriter:
    """Make the notice of a reminder for one centre."""

    centre: str
    texts: Texts
    channels: Channels
    registry: Registry

    def __call__(
        self,
        reminder: Reminder,
        incident: Incident,
        made_at: int,
        guests: Sequence[str] | None = (),
    ) -> Notice:
        """Give the notice of a reminder that is made at an instant (nanoseconds).

        Its id is the reminder's, so that it is made once; a recipient's payload depends on when
        that was. ``guests``: by which parties of hosted objects the pack tells the role.
        """
        party = self.registry.party(reminder.recipient.party_id)
        language = party.language if party else LANGUAGES[0]
        code = object_code(incident, reminder.recipient, self.registry, guests)
        guard = GuardDecision(incident.assessment.guard, incident.assessment.basis.get("guard", ""))
        state, payload = NoticeState.PENDING, self._payload(reminder, code, language, made_at)
        if isinstance(payload, str):
            state, guard, payload = NoticeState.HELD, GuardDecision("hold", payload), {}
        elif disclosure(reminder.recipient.role, guard.decision) == "hold":
            state = NoticeState.HELD
        return Notice(
            id=reminder.id,
            incident_id=incident.id,
            revision=incident.revision,
            leg=REMINDER,
            ordinal=reminder.ordinal,
            recipient=reminder.recipient,
            channel=self.channels.of(reminder.recipient, party),
            language=language,
            created_at=made_at,
            due_at=reminder.at,
            basis=reminder.rule.basis,
            set_by=reminder.rule.set_by,
            guard=guard,
            payload=payload,
            object_id=incident.object_id,
            state=state,
            kind=REMINDER,
        )

    def _payload(self, reminder: Reminder, code: str, language: str, made_at: int) -> Json | str:
        """Give the payload; where it does not fit the closed schema, why."""
        clock = reminder.clock
        late = made_at - reminder.at > LATE
        texts = tuple(
            self._text(reminder, code, spoken, late=late)
            for spoken in sorted(LANGUAGES, key=lambda one: one != language)
        )
        try:
            return document(
                Reminding(
                    reminder=reminder.rule.id,
                    incident_id=clock.incident_id,
                    object=code,
                    clock=clock.id,
                    ordinal=reminder.ordinal,
                    leg=clock.leg,
                    duty_of=clock.duty_of,
                    to=clock.recipient.role,
                    due_at=clock.due_at or 0,
                    at=reminder.at,
                    made_at=made_at,
                    late=late,
                    legal_basis=clock.basis,
                    centre=self.centre,
                    text=texts,
                )
            )
        except ValidationError as error:
            return unfit(error)

    def _text(self, reminder: Reminder, code: str, language: str, *, late: bool) -> Text:
        said, clock = self.texts, reminder.clock
        due = said.when(language, clock.due_at or 0)
        leg = said.word(language, "leg", clock.leg)
        side = "before" if reminder.at < (clock.due_at or 0) else "after"

        def line(context: str, name: str, value: str) -> str:
            return said.say(language, context, f"line.{name}", value=value)

        def role(name: str) -> str:
            return said.word(language, "role", name)

        lines = [
            line("notice", "object", code),
            line("reminder", "duty", role(clock.duty_of)),
            line("reminder", "to", role(clock.recipient.role)),
            line("reminder", "due", due),
            line("notice", "basis", clock.basis),
            line("notice", "incident", clock.incident_id),
        ]
        if reminder.climbs:
            command = f"saqshy duty ack {clock.incident_id}"
            lines.append(said.say(language, REMINDER, "acknowledge", command=command))
        elif clock.duty_of == reminder.recipient.role:
            lines.append(said.say(language, REMINDER, "another"))
        if late:
            at = said.when(language, reminder.at)
            lines.append(said.say(language, REMINDER, "late", at=at))
        subject = said.say(language, REMINDER, f"{_SUBJECT}.{side}", leg=leg, object=code, due=due)
        return Text(language=language, subject=subject, body="\n".join(lines))


@dataclass(frozen=True, slots=True)
class PageWriter:
    """Write what goes to whoever is on duty in place of a notice: which object, under which id."""

    centre: str
    texts: Texts

    def __call__(self, notice: Notice, level: str, languages: Sequence[str]) -> Json:
        """Give the page of a notice to a level, the person's languages first.

        Nothing of the notice's content enters but its subject, which is of our own catalogs.
        """
        subjects = {one["language"]: one["subject"] for one in notice.payload.get("text", ())}
        order = [*languages, *(one for one in LANGUAGES if one not in languages)]
        code = str(notice.payload.get("object", "-"))
        command = f"saqshy incidents show {notice.incident_id}"
        return document(
            Page(
                page=notice.leg,
                incident_id=notice.incident_id,
                object=code,
                notice=notice.id,
                level=level,
                centre=self.centre,
                text=tuple(
                    Text(
                        language=one,
                        subject=subjects.get(one)
                        or self.texts.say(one, "page", _SUBJECT, object=code),
                        body=self.texts.say(
                            one, "page", "body", incident=notice.incident_id, command=command
                        ),
                    )
                    for one in order
                ),
            )
        )

    def of_duty(self, what: str, level: str, at: int, name: str) -> Json:
        """Give the page of something about the duty itself: ``handover`` or ``gap``, since when."""
        said = self.texts
        return document(
            Page(
                page=what,
                incident_id=name,
                object="-",
                notice=name,
                level=level,
                centre=self.centre,
                text=tuple(
                    Text(
                        language=one,
                        subject=said.say(
                            one,
                            "page",
                            f"{_SUBJECT}.{what}",
                            level=said.word(one, "role", level),
                            at=said.when(one, at),
                        ),
                        body=said.say(one, "page", "body.duty", command="saqshy duty show"),
                    )
                    for one in LANGUAGES
                ),
            )
        )


def addressed(notice: Notice, recipient: Recipient, channel: str, payload: Json) -> Notice:
    """Give a notice as it goes to one person through one channel."""
    language = str(payload["text"][0]["language"])
    return replace(notice, recipient=recipient, channel=channel, payload=payload, language=language)
