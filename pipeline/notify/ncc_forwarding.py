"""What a message of the coordination centre becomes: advice to holders, an answer, pages.

Advice goes to whom the law pack names for an object that the message concerns: one notice for each
object and recipient, under an id that follows from the message, so that it is made once. Who is on
duty is paged of each message, of its time, and of what was refused, without its content.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from pipeline.model import (
    GuardDecision,
    Instant,
    Json,
    Notice,
    NoticeState,
    Recipient,
    identity,
    notice_id,
)
from pipeline.notify.ncc_message import Message, Words
from pipeline.notify.payload import Acknowledging, Advisory, Page, Runs, Text, document, unfit
from pipeline.notify.routing import Channels
from pipeline.notify.texts import LANGUAGES, Texts
from pipeline.registry import Party

ADVISORY, ACKNOWLEDGEMENT, PAGE = "advisory", "acknowledgement", "page"
POLICY = "policy"
NAMED, SAID = 10, 120  # pieces of software in a text, and characters of each
_CONTEXT = "message"


@dataclass(frozen=True, slots=True)
class Concerned:
    """Somebody to be told of a message: for which object, on which ground, what runs there."""

    object_id: str
    code: str
    recipient: Recipient
    basis: str
    runs: tuple[Runs, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """What is said back of a message: ``said`` is received, refused or done."""

    said: str
    message_id: str
    sha256: str
    objects: int = 0
    recipients: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class MessageWriter:
    """Make the notices of messages for one centre, in its words, through its channels."""

    centre: str
    texts: Texts
    channels: Channels

    def advisory(
        self, message: Message, one: Concerned, party: Party | None, made_at: Instant
    ) -> Notice:
        """Give the notice by which one recipient is told of a message for one object."""
        language = party.language if party else LANGUAGES[0]
        state, guard = NoticeState.PENDING, GuardDecision("open", "")
        reachable = bool(one.recipient.party_id) or one.recipient.role in self.channels.by_role
        try:
            payload = self._advice(message, one, language)
        except ValidationError as error:
            state, guard, payload = NoticeState.HELD, GuardDecision("hold", unfit(error)), {}
        return Notice(
            id=notice_id(f"{message.id}/{one.object_id}", ADVISORY, 1, one.recipient),
            incident_id=message.id,
            revision=1,
            leg=ADVISORY,
            ordinal=1,
            recipient=one.recipient,
            channel=self.channels.of(one.recipient, party),
            language=language,
            created_at=made_at,
            due_at=made_at,  # no law gives a time: it goes when it is known
            basis=POLICY,
            set_by=POLICY,
            guard=guard,
            payload=payload,
            object_id=one.object_id,
            state=state if reachable else NoticeState.HELD,
            last_error="" if reachable else f"the registry names nobody as {one.recipient.role}",
            kind=ADVISORY,
        )

    def _advice(self, message: Message, one: Concerned, language: str) -> Json:
        said: dict[str, Words] = {words.language: words for words in message.text}
        return document(
            Advisory(
                advisory=message.kind,
                incident_id=message.id,
                object=one.code,
                runs=one.runs[:50],
                reference=message.reference,
                issued_at=message.issued_at,
                due_at=message.due_at,
                legal_basis=one.basis,
                named_basis=message.basis,
                sender=message.sender,
                centre=self.centre,
                text=tuple(
                    Text(
                        language=spoken,
                        subject=f"{self._kind(spoken, message.kind)}: {said[spoken].subject}",
                        body="\n".join([*self._lines(message, one, spoken), "", said[spoken].body]),
                    )
                    for spoken in sorted(LANGUAGES, key=lambda name: name != language)
                ),
            )
        )

    def _lines(self, message: Message, one: Concerned, language: str) -> list[str]:
        def say(name: str, **values: str) -> str:
            return self.texts.say(language, _CONTEXT, name, **values)

        object_line = self.texts.say(language, "notice", "line.object", value=one.code)
        lines = [say("opening", centre=self.centre, sender=message.sender), object_line]
        lines += [
            say(
                "runs" if run.certain else "may_run",
                software=run.name[:SAID],
                version=run.version[:SAID],
            )
            for run in one.runs[:NAMED]
        ]
        if message.due_at is not None:
            lines.append(say("due", at=self.texts.when(language, message.due_at)))
        if message.reference:
            lines.append(say("reference", value=message.reference))
        if message.basis:
            lines.append(say("named_basis", value=message.basis))
        lines.append(self.texts.say(language, "notice", "line.basis", value=one.basis))
        return [*lines, say("number", value=message.id)]

    def _kind(self, language: str, kind: str) -> str:
        return self.texts.word(language, "message_kind", kind)

    def acknowledgement(self, answer: Answered, to: Recipient, at: Instant) -> Notice:
        """Give the notice by which the coordination centre learns what became of its message."""
        payload = Acknowledging.model_validate(
            {
                "acknowledgement": answer.said,
                "incident_id": answer.message_id,
                "sha256": answer.sha256,
                "at": at,
                "objects": answer.objects,
                "recipients": answer.recipients,
                "why": answer.why,
                "centre": self.centre,
                "text": [
                    self._said(f"answer.{answer.said}", language, number=answer.message_id)
                    for language in LANGUAGES
                ],
            }
        )
        subject = f"{answer.message_id}/{answer.sha256}"
        name = notice_id(subject, f"{ACKNOWLEDGEMENT}.{answer.said}", 1, to)
        whole = document(payload)
        return self._notice(
            name, answer.message_id, ACKNOWLEDGEMENT, ACKNOWLEDGEMENT, to, at, whole
        )

    def page(self, what: str, of: str, to: Recipient, at: Instant, **values: str) -> Notice:
        """Page who is on duty of a message, once for ``what`` of it; values are of our own words.

        ``of`` is the message's id.
        """
        name = identity(PAGE, what, of)
        payload = Page(
            page=what,
            incident_id=of,
            object="-",
            notice=name,
            level=to.role,
            centre=self.centre,
            text=tuple(self._paged(what, language, of, values) for language in LANGUAGES),
        )
        return self._notice(name, of, what, PAGE, to, at, document(payload))

    def _notice(
        self, name: str, of: str, leg: str, kind: str, to: Recipient, at: Instant, payload: Json
    ) -> Notice:
        """Make a notice about a message, which no law's term bears on."""
        return Notice(
            id=name,
            incident_id=of,
            revision=1,
            leg=leg,
            ordinal=1,
            recipient=to,
            channel=self.channels.of(to, None),
            language=LANGUAGES[0],
            created_at=at,
            due_at=at,
            basis=POLICY,
            set_by=POLICY,
            guard=GuardDecision("open", ""),
            payload=payload,
            kind=kind,
        )

    def _paged(self, what: str, language: str, of: str, values: dict[str, str]) -> Text:
        kind = self._kind(language, values.get("kind", ""))
        due = values.get("due", "")
        named = {
            **values,
            "kind": kind,
            "due": self.texts.when(language, int(due)) if due else "",
            "why": self.texts.word(language, "message_refused", values.get("why", "")),
            "command": f"saqshy ncc messages show {of}",
        }
        return self._said(what, language, **named)

    def _said(self, name: str, language: str, **values: str) -> Text:
        return Text(
            language=language,
            subject=self.texts.say(language, _CONTEXT, f"subject.{name}", **values),
            body=self.texts.say(language, _CONTEXT, f"body.{name}", **values),
        )


def runs_of(found: Sequence[Sequence[object]]) -> dict[str, tuple[Runs, ...]]:
    """Give by object what runs there, from rows (object, name, version, certain)."""
    by_object: dict[str, list[Runs]] = {}
    for object_id, name, version, certain in found:
        one = Runs(name=str(name)[:400], version=str(version)[:400], certain=certain is True)
        by_object.setdefault(str(object_id), []).append(one)
    return {object_id: tuple(runs) for object_id, runs in by_object.items()}
