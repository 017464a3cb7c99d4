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
Place: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,17}\.[0-9]{1,6}$")]
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


class Runs(Closed):
    """Software at the object that an advisory is about; not ``certain``: its version is unknown."""

    name: Line
    version: Line
    certain: bool


class Advisory(Closed):
    """What the coordination centre tells, passed on to whom an object of theirs is concerned.

    ``advisory`` is its kind, ``incident_id`` its own id. ``due_at`` is its sender's word.
    """

    advisory: Name
    incident_id: Id
    object: Code
    runs: Annotated[tuple[Runs, ...], Field(max_length=50)]
    reference: Line
    issued_at: Instant
    due_at: Instant | None
    legal_basis: Line
    named_basis: Line
    sender: Line
    centre: Line
    text: Annotated[tuple[Text, ...], Field(min_length=3, max_length=3)]


class Acknowledging(Closed):
    """To the coordination centre: what became of a message of its, by that one's id and hash.

    ``objects`` counts those concerned, ``recipients`` those whom it is passed on to. ``why`` is a
    bounded word where the message was refused.
    """

    acknowledgement: Literal["received", "refused", "done"]
    incident_id: Id
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    at: Instant
    objects: Annotated[int, Field(ge=0)]
    recipients: Annotated[int, Field(ge=0)]
    why: Annotated[str, StringConstraints(pattern=r"^[a-z_]{0,32}$")]
    centre: Line
    text: Annotated[tuple[Text, ...], Field(min_length=3, max_length=3)]


class Stretch(Closed):
    """Of a stream of events: from where to where. Its events are read and guarded as they leave."""

    incident_id: Id
    begin: Place
    end: Place
    records: Annotated[int, Field(ge=0)]


class Shared(Closed):
    """To another centre: which incident, under which mark. It is written as it leaves.

    ``revoked``: what it was given before is taken back.
    """

    incident_id: Id
    peer: Name
    revision: Annotated[int, Field(ge=1)]
    tlp: Literal["clear", "green", "amber", "amber+strict"]
    revoked: bool


class Inside(Closed):
    """One notice within a digest: its own id, and what it says by itself."""

    notice: Id
    incident_id: Id
    revision: Annotated[int, Field(ge=1)]
    leg: Name
    due_at: Instant
    payload: HostedFact | Fact


class Gathered(Text):
    """A digest in words, in one language."""

    body: Annotated[str, Field(max_length=64_000)]


class Digest(Closed):
    """Several notices to one recipient about one object, in one letter, each of them whole.

    ``digest`` says what was put together (``object`` or ``incident``), ``at`` when.
    """

    digest: Literal["object", "incident"]
    incident_id: Id
    object: Code
    at: Instant
    centre: Line
    notices: Annotated[tuple[Inside, ...], Field(min_length=2, max_length=50)]
    text: Annotated[tuple[Gathered, ...], Field(min_length=3, max_length=3)]


Payload: TypeAlias = (
    Stub | HostedFact | Fact | Correction | Reminding | Page | Advisory | Acknowledging | Stretch
    | Shared | Digest
)  # fmt: skip
_Own: TypeAlias = Reminding | Page | Advisory | Acknowledging | Stretch | Shared | Digest
Read: TypeAlias = Known | Stub | _Own
_OWN_KEYS: Mapping[str, type[_Own]] = {
    "reminder": Reminding,
    "page": Page,
    "advisory": Advisory,
    "acknowledgement": Acknowledging,
    "begin": Stretch,
    "peer": Shared,
    "digest": Digest,
}
_WITHOUT_CONTENT = ("reminder", "page", "acknowledgement", "begin", "peer")


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


def read_payload(payload: Mapping[str, Any]) -> Read:
    """Read a payload by the closed schema whose own key it has; pydantic's ValidationError else.

    Which role gets which schema is the pack's and was decided when the notice was made.
    """
    if payload.get("details_available") is False:
        return Stub.model_validate(payload)
    if "outcome" in payload:
        return Correction.model_validate(payload)
    for key, model in _OWN_KEYS.items():
        if key in payload:
            return model.model_validate(payload)
    return (HostedFact if "hosted" in payload else Fact).model_validate(payload)


def stub_of(payload: Mapping[str, Any]) -> Json | None:
    """Cut a payload down to the stub; None where even its allowed keys do not fit.

    Reminders, pages and acknowledgements have no content to cut; advice and digests cannot be cut.
    """
    if any(key in payload for key in _WITHOUT_CONTENT):
        return _without_content(payload)
    if "advisory" in payload or "digest" in payload:
        return None
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
