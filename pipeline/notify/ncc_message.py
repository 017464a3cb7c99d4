"""What a coordination centre tells and asks of an operations centre: a closed schema.

Five kinds of advice (Informatization Law 7-2(1)(6)), its recommendations (7-4(1)(10)), orders by
which it coordinates a response (7-4(1)(11)), and prescriptions that it hands on (7-1(13)). On the
wire a message is a compact JWS of this document, signed by the coordination centre's own key. Its
``due_at`` is its sender's word, and no term of the law.
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from pipeline.model import NANOSECONDS, Instant
from pipeline.notify.payload import Closed, Id, Line, Name, Text

TYPE = "saqshy-message+jws"
Kind: TypeAlias = Literal[
    "threat",
    "vulnerability",
    "realisation",
    "precondition",
    "countermeasure",
    "recommendation",
    "order",
    "prescription",
]
ASKED = ("recommendation", "order", "prescription")
"""The kinds by which something is to be done; the other five are what is to be known."""
OLDEST = 90 * 86_400 * NANOSECONDS
"""What was issued longer ago is refused: it may be an old message played again (our policy)."""
AHEAD = 300 * NANOSECONDS
"""How far a sender's clock may be ahead of ours (our policy)."""
MOST_NAMED = 1000
Word: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,200}$")]
Told: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,300}$")]


class Software(Closed):
    """A piece of software by name, ``group/name`` or package URL, and a range of its versions."""

    name: Word
    versions: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{0,200}$")] = ""


class Concerns(Closed):
    """What a message is about; with nothing named it is about every object it can be told of.

    Each thing named concerns by itself: an object counts that is named, is of a sector named, or
    runs software named.
    """

    objects: Annotated[tuple[Word, ...], Field(max_length=MOST_NAMED)] = ()
    sectors: Annotated[tuple[Name, ...], Field(max_length=100)] = ()
    software: Annotated[tuple[Software, ...], Field(max_length=MOST_NAMED)] = ()


class Words(Text):
    """The message in one language."""

    subject: Told
    body: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]{1,4000}$")]


class Message(Closed):
    """One message. ``reference`` is what else it is known by (an incident's id, a CVE)."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    format: Literal["saqshy-message-1"] = "saqshy-message-1"
    id: Id
    kind: Kind
    sender: Annotated[Word, Field(alias="from")]
    to: Word
    issued_at: Instant
    due_at: Instant | None = None
    concerns: Concerns = Concerns()
    text: Annotated[tuple[Words, ...], Field(min_length=3, max_length=3)]
    basis: Line = ""
    reference: Line = ""

    @model_validator(mode="after")
    def _every_language_once(self) -> "Message":
        if len({one.language for one in self.text}) != len(self.text):
            raise ValueError("a language stands twice")
        return self

    @property
    def asks(self) -> bool:
        """Tell whether something is to be done, rather than known."""
        return self.kind in ASKED


def misplaced(message: Message, centre: str, now: int) -> str:
    """Say why a message is not for this centre at an instant: a bounded word; "" where it is."""
    if message.to != centre:
        return "addressee"
    if message.issued_at > now + AHEAD:
        return "ahead"
    return "too_old" if message.issued_at < now - OLDEST else ""
