"""A notice in words, in its recipient's language: for channels that people read.

A stub has no words of its own: they are made here of its six keys, and of nothing else.
"""

from dataclasses import dataclass

from pipeline.model import Notice, instant
from pipeline.notify.payload import Shared, Stretch, Stub, Text, read_payload
from pipeline.notify.texts import Texts


@dataclass(frozen=True, slots=True)
class Spoken:
    """Give subject and text of a notice; with ``late`` the text says that it comes late."""

    texts: Texts

    def __call__(self, notice: Notice, late: bool) -> tuple[str, str]:
        """Give both; ValidationError where the payload fits no schema."""
        content = read_payload(notice.payload)
        if isinstance(content, Stub):
            subject, text = self._stub(notice, content)
        elif isinstance(content, Stretch | Shared):
            raise TypeError(f"{notice.kind}: goes from machine to machine, and has no words")
        else:
            said: dict[str, Text] = {one.language: one for one in content.text}
            chosen = said.get(notice.language, content.text[0])
            subject, text = chosen.subject, chosen.body
        return subject, "\n".join((text, "", self._late(notice))) if late else text

    def _stub(self, notice: Notice, stub: Stub) -> tuple[str, str]:
        said, language = self.texts, notice.language
        topic = f"subject.{notice.kind or notice.leg}"
        if ("notice", topic) not in said.messages[language]:
            topic = "subject.first"
        at = stub.time if isinstance(stub.time, int) else instant(stub.time)
        lines = {
            "object": stub.object,
            "acts": said.words(language, "act", stub.classes.acts)
            or said.say(language, "notice", "acts.none"),
            "severity": said.word(language, "severity", stub.severity),
            "basis": notice.basis,
            "incident": stub.incident_id,
        }
        told = [said.say(language, "notice", f"line.{name}", value=lines[name]) for name in lines]
        told.insert(
            2, said.say(language, "notice", "line.occurred_once", first=said.when(language, at))
        )
        return said.say(language, "notice", topic, object=stub.object), "\n".join(told)

    def _late(self, notice: Notice) -> str:
        said, language = self.texts, notice.language
        return said.say(
            language,
            "notice",
            "line.late",
            due=said.when(language, notice.due_at),
            first=said.when(language, notice.tried.first_at),
            attempts=str(notice.attempts),
        )
