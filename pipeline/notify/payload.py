"""What a notice may say: closed allow-lists, one per kind of recipient and guard decision.

Nothing here has room for free text from evidence: names follow a pattern, times are times, and the
only sentences are those of our own catalogs. An unknown key is refused, so that a field added
elsewhere can never leave by accident (SPEC section 5: outbound schemas are closed allow-lists).
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from pipeline.model import Instant, Json, Tri
from pipeline.registry import LEVELS

Name: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
Label: TypeAlias = Annotated[str, StringConstraints(pattern=r'^[A-Za-z0-9:=" ._/-]{0,128}$')]
Id: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Code: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,1600}$")]
Subject: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,2000}$")]
Line: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{0,400}$")]
Language: TypeAlias = Literal["kk", "ru", "en"]


class Closed(BaseModel):
    """A frozen document that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Classes(Closed):
    """The law's acts that hold (Informatization Law 53) and the RSIT class beside them."""

    acts: tuple[Name, ...]
    rsit: Label


class Occurred(Closed):
    """Times of the first and the last event."""

    first: Instant
    last: Instant


class Text(Closed):
    """The notice in words, in one language."""

    language: Language
    subject: Subject
    body: Annotated[str, Field(max_length=8000)]


class Stub(Closed):
    """What goes out of an open object whose record may be marked: these six keys, no reason."""

    incident_id: Id
    object: Code
    classes: Annotated[Classes, Field(alias="class")]
    time: Instant
    severity: Name
    details_available: Literal[False]


class Known(Closed):
    """What every notice with details says of its incident."""

    incident_id: Id
    object: Code
    classes: Annotated[Classes, Field(alias="class")]
    occurred: Occurred
    severity: Name
    legal_basis: Line
    centre: Line
    details_available: Literal[True]
    text: Annotated[tuple[Text, ...], Field(min_length=3, max_length=3)]


class HostedFact(Known):
    """For those whose object stands on the infrastructure concerned: the fact, not the verdict."""

    hosted: Literal[True]


class Fact(Known):
    """For holder, owner and the centres: the fact with the verdict, limb by limb."""

    trial: bool
    occurrence: Name
    predicate: dict[Name, Tri | dict[Name, Tri]]


class Correction(Known):
    """To everyone who was told: what was said before no longer stands, and in which way."""

    outcome: Literal["no_incident", "undecided", "merged", "not_concerned"]
    continues_as: Id | None


class Reminding(Closed):
    """Of a term: which leg of whose duty to whom is due when. It says nothing of what happened.

    ``at`` is the reminder's own time, and ``late`` that it was made long after it.
    """

    reminder: Name
    incident_id: Id
    object: Code
    clock: Id
    ordinal: int
    leg: Name
    duty_of: Name
    to: Name
    due_at: Instant
    at: Instant
    made_at: Instant
    late: bool
    legal_basis: Line
    centre: Line
    text: Annotated[tuple[Text, ...], Field(min_length=3, max_length=3)]


class Page(Closed):
    """To whoever is on duty: that something waits, of which object, and under which id to find it.

    ``page`` is the leg that pages, ``notice`` its id, ``level`` whose turn it is.
    """

    page: Name
    incident_id: Id
    object: Code
    notice: Id
    level: Name
    centre: Line
    text: Annotated[tuple[Text, ...], Field(min_length=3, max_length=3)]


Payload: TypeAlias = Stub | HostedFact | Fact | Correction | Reminding | Page


def payload_model(kind: str, guests: Sequence[str] | None) -> type[Known]:
    """Give the closed schema of a recipient's detailed payload.

    ``guests`` are the parties of hosted objects by which the law's pack tells the role: () where it
    tells of the object itself, None for a role that the pack does not know, which gets the least.
    """
    if kind == "correction":
        return Correction
    return Fact if guests == () else HostedFact


def document(payload: Closed) -> Json:
    """Write a payload as plain JSON values under its outward names."""
    return payload.model_dump(mode="json", by_alias=True)


def read_payload(payload: Mapping[str, Any]) -> Known | Stub | Reminding | Page:
    """Read a payload by the closed schema whose own key it has; pydantic's ValidationError else.

    Which role gets which schema is the pack's and was decided when the notice was made.
    """
    if payload.get("details_available") is False:
        return Stub.model_validate(payload)
    if "outcome" in payload:
        return Correction.model_validate(payload)
    if "reminder" in payload or "page" in payload:
        return (Reminding if "reminder" in payload else Page).model_validate(payload)
    return (HostedFact if "hosted" in payload else Fact).model_validate(payload)


def stub_of(payload: Mapping[str, Any]) -> Json | None:
    """Cut a payload down to the stub; None where even its allowed keys do not fit.

    Reminders and pages have no content to cut.
    """
    if "reminder" in payload or "page" in payload:
        return _without_content(payload)
    occurred = payload.get("occurred")
    first = occurred.get("first") if isinstance(occurred, Mapping) else None
    try:
        stub = Stub.model_validate(
            {
                "incident_id": payload.get("incident_id"),
                "object": payload.get("object"),
                "class": payload.get("class"),
                "time": payload.get("time", first),
                "severity": payload.get("severity"),
                "details_available": False,
            }
        )
    except ValidationError:
        return None
    return document(stub)


def _without_content(payload: Mapping[str, Any]) -> Json | None:
    try:
        return document(read_payload(payload))
    except ValidationError:
        return None


def disclosure(role: str, decision: str) -> str:
    """Give what the guard's decision means for a role: ``open``, ``stub`` or ``hold``.

    The centre's own duty roster is paged when others are held, without content (SPEC section 5);
    a decision that is not known is never treated as open.
    """
    if decision == "open":
        return "open"
    if decision == "stub" or role in LEVELS:
        return "stub"
    return "hold"


def unfit(error: ValidationError) -> str:
    """Say which keys do not fit a closed schema, without the values: they may be the content."""
    keys = sorted({".".join(map(str, item["loc"])) for item in error.errors(include_url=False)})
    return f"outside the closed schema: {', '.join(keys)[:300]}"
