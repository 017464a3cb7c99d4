"""The page that says that a notice is dead: one for each life of it, to whoever is on duty.

Its id follows from the dead notice and from how often that was tried, so that one death pages once,
whoever records it, and one after a replay again. A page that is itself dead pages nobody.
"""

from dataclasses import dataclass

from pydantic import ValidationError

from pipeline.model import GuardDecision, Notice, Recipient, identity
from pipeline.notify.digests import DIGEST
from pipeline.notify.payload import Page, Text, document
from pipeline.notify.texts import LANGUAGES, Texts

UNDELIVERED = "undelivered"
PAGE = "page"


@dataclass(frozen=True, slots=True)
class Undelivered:
    """Write pages of dead notices for one centre, in its words."""

    centre: str
    texts: Texts

    def __call__(self, dead: Notice, to: Recipient, channel: str, at: int) -> Notice | None:
        """Give the page of a dead notice; None where that was a page, or has no name to tell.

        What a digest holds pages by itself. The page says which notice to whom and how to look at
        it, and nothing of what happened.
        """
        if dead.kind in (PAGE, DIGEST) or dead.recipient.role == to.role:
            return None
        try:
            payload = Page(
                page=UNDELIVERED,
                incident_id=dead.incident_id,
                object=str(dead.payload.get("object", "-")),
                notice=dead.id,
                level=to.role,
                centre=self.centre,
                text=tuple(self._text(dead, language) for language in LANGUAGES),
            )
        except ValidationError:
            return None
        return Notice(
            id=identity("page", UNDELIVERED, dead.id, dead.attempts),
            incident_id=dead.incident_id,
            revision=dead.revision,
            leg=UNDELIVERED,
            ordinal=dead.attempts,
            recipient=to,
            channel=channel,
            language=LANGUAGES[0],
            created_at=at,
            due_at=at,
            basis="policy",
            set_by="policy",
            guard=GuardDecision("open", ""),
            payload=document(payload),
            object_id=dead.object_id,
            kind=PAGE,
        )

    def _text(self, dead: Notice, language: str) -> Text:
        said = self.texts
        command = f"saqshy notices show {dead.id}"
        role = said.word(language, "role", dead.recipient.role)
        code = str(dead.payload.get("object", "-"))
        return Text(
            language=language,
            subject=said.say(language, "page", f"subject.{UNDELIVERED}", role=role, object=code),
            body=said.say(
                language,
                "page",
                f"body.{UNDELIVERED}",
                attempts=str(dead.attempts),
                command=command,
            ),
        )
