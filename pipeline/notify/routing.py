"""From a revision of an incident to the notices that it owes: pure, deterministic, at once.

The ordinal of a notice is the incident's revision that owed it, so that the same revision gives
the same ids however often it is looked at, and two legs of one kind never share an id.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from pydantic import ValidationError

from pipeline.model import (
    GuardDecision,
    Incident,
    Json,
    Notice,
    NoticeState,
    Recipient,
    notice_id,
)
from pipeline.notify.changes import Owed, Told, owed
from pipeline.notify.compose import Composer, minimal_stub
from pipeline.notify.naming import object_code
from pipeline.notify.payload import disclosure, unfit
from pipeline.notify.texts import LANGUAGES
from pipeline.registry import Party, Registry


class Term(Protocol):
    """When a leg is due, on which ground, and who set that: statute, by-law or policy."""

    @property
    def due_at(self) -> int:
        """Nanoseconds since the epoch."""

    @property
    def basis(self) -> str:
        """Norm or policy row."""

    @property
    def set_by(self) -> str:
        """``statute``, ``by-law`` or ``policy``."""


class Terms(Protocol):
    """The pack's term rows that count for an incident: those in force when it opened."""

    def __call__(self, leg: str, role: str, at: int) -> Term:
        """Give the term of a leg to a role that became owed ``at``."""


@dataclass(frozen=True, slots=True)
class Channels:
    """Through which channel each recipient is reached: by its role, else by its own wish.

    ``known`` are the channels that can reach any party; a role's own line never serves another.
    """

    by_role: Mapping[str, str] = field(default_factory=dict)
    known: frozenset[str] = frozenset({"folder"})
    otherwise: str = "folder"

    def of(self, recipient: Recipient, party: Party | None) -> str:
        """Give the channel's name; a wish for a channel that is not set up is passed over."""
        fixed = self.by_role.get(recipient.role)
        free = self.known - set(self.by_role.values())
        wishes = (wish.channel for wish in party.channels) if party else ()
        return fixed or next((one for one in wishes if one in free), self.otherwise)


@dataclass(frozen=True, slots=True)
class Desk:
    """What the centre brings to a notice: its words, its channels, the incident's terms.

    ``legs`` names the legs that the pack has for a kind of notice to a role; ``guests`` by which
    parties of hosted objects it tells a role (``payload_model``).
    """

    composer: Composer
    channels: Channels
    terms: Terms
    legs: Callable[[str, str], Sequence[str]] = lambda kind, _role: (kind,)
    guests: Callable[[str], Sequence[str] | None] = lambda _role: ()


def notices_for(
    incident: Incident,
    previous: Incident | None,
    registry: Registry,
    desk: Desk,
    told: Told | None = None,
) -> list[Notice]:
    """Give the notices that a revision owes, compared with the one before it and who was told.

    The rules stand in ``changes``. Where the registry names nobody for a leg, its notice is held:
    the duty is there, and the route pages the duty officer.
    """
    return [
        _notice(one, leg, incident, previous, registry, desk)
        for one in owed(incident, previous, told)
        for leg in desk.legs(one.kind, one.recipient.role)
    ]


def _notice(
    one: Owed,
    leg: str,
    incident: Incident,
    previous: Incident | None,
    registry: Registry,
    desk: Desk,
) -> Notice:
    party = registry.party(one.recipient.party_id)
    language = party.language if party else LANGUAGES[0]
    guests = desk.guests(one.recipient.role)
    code = object_code(incident, one.recipient, registry, guests)
    reachable = bool(one.recipient.party_id) or one.recipient.role in desk.channels.by_role
    content = _content(one, incident, code, language, partial(desk.composer, guests=guests))
    since = _since(incident, previous)
    term = desk.terms(leg, one.recipient.role, since)
    return Notice(
        id=notice_id(incident.id, leg, incident.revision, one.recipient),
        incident_id=incident.id,
        revision=incident.revision,
        leg=leg,
        ordinal=incident.revision,
        recipient=one.recipient,
        channel=desk.channels.of(one.recipient, party),
        language=language,
        created_at=incident.changed_at,
        due_at=term.due_at,
        basis=term.basis,
        set_by=term.set_by,
        guard=content.guard,
        payload=content.payload,
        object_id=incident.object_id,
        kind=one.kind,
        state=content.state if reachable else NoticeState.HELD,
        last_error="" if reachable else f"the registry names nobody as {one.recipient.role}",
    )


def _since(incident: Incident, previous: Incident | None) -> int:
    """Give what a term runs from: the opening where this revision opened, else the revision."""
    if previous is None or previous.opened_at != incident.opened_at:
        return incident.opened_at
    return incident.changed_at


@dataclass(frozen=True, slots=True)
class _Content:
    payload: Json
    guard: GuardDecision
    state: NoticeState = NoticeState.PENDING


def _content(
    one: Owed, incident: Incident, code: str, language: str, composer: Callable[..., Json]
) -> _Content:
    """Give payload and state as the guard decided; details that do not fit leave as a stub."""
    guard = GuardDecision(incident.assessment.guard, incident.assessment.basis.get("guard", ""))
    decided = disclosure(one.recipient.role, guard.decision)
    if decided == "open":
        try:
            return _Content(composer(one, incident, code, language), guard)
        except ValidationError as error:
            guard = GuardDecision("stub", unfit(error))
    stub = minimal_stub(incident, code)
    if stub is None or decided == "hold":
        return _Content(stub or {}, guard, NoticeState.HELD)
    return _Content(stub, guard)
