"""Exchange with other operations centres: what they are sent, when, and what takes it back.

A person sends or revokes by a command; a peer whose settings say ``automatic`` is sent each
incident when it becomes one and when it is closed. What comes to be no incident is taken back from
everybody who was given it. What a peer may be given at all is the pack's (rows of the effect
``exchange``) and its settings'.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from connectors.sinks.peer_bundle import PeerSink, bundle_line
from connectors.sinks.peer_link import Consignment
from pipeline.assess.event_routes import EXCHANGE
from pipeline.assess.rows import RouteRow
from pipeline.assess.view import fits
from pipeline.incidents.audit import Draft
from pipeline.incidents.revisions import Revised
from pipeline.incidents.silences import who
from pipeline.model import (
    NANOSECONDS,
    Command,
    Incident,
    IncidentState,
    Json,
    Notice,
    RawBatch,
    Recipient,
    Tri,
    from_json,
)
from pipeline.notify.exports.gathering import Subject, exported
from pipeline.notify.payload import Shared
from pipeline.notify.peers import PEER_BUNDLE, Allowed, peer_bundle, peer_notice, shared_as
from pipeline.ports import Sink, Stores
from pipeline.runtime.folded import Folded
from pipeline.runtime.knowledge import Knowledge
from pipeline.runtime.notice_drafts import notice_draft
from pipeline.settings import PeerSettings, Settings

PEERS_SEND, PEERS_REVOKE = "peers_send", "peers_revoke"
PEERS_RECEIVED, PEER = "peers_received", "peer"
COMMANDS = (PEERS_SEND, PEERS_REVOKE, PEERS_RECEIVED)
ROLES = ("duty_lead",)  # who answers for what leaves
CHANNEL = "peer-"
NOT_TRUE = ("benign", "false")  # closing verdicts


@dataclass(frozen=True, slots=True)
class Peering:
    """Makes the notices to peers, over one store; ``knowledge`` is what is in force."""

    stores: Stores
    knowledge: Callable[[], Knowledge]
    peers: Mapping[str, PeerSettings]

    def follow(self, revised: Sequence[Revised], at: int) -> Folded | None:
        """Give what new revisions owe to peers; None where they owe nothing."""
        if not self.peers or not revised:
            return None
        notices = [one for item in revised for one in self._owed(item, at)]
        return _folded(notices, at) if notices else None

    def obey(self, batch: RawBatch) -> Folded | None:
        """Fold a person's command; None where the batch holds another."""
        for record in batch.records:
            try:
                command = from_json(Command, record)
            except ValidationError:
                continue  # told by whoever reads the other commands
            if command.name == PEERS_RECEIVED:
                return _received(command, batch.received_at)
            if command.name in COMMANDS:
                return self._obeyed(command, batch.received_at)
        return None

    def _obeyed(self, command: Command, at: int) -> Folded:
        problems = [*who(command.role, command.author, command.reason, ROLES)]
        problems += _unknown(command.detail)
        made: Notice | None = None
        if not problems:
            history = self.stores.incidents.history(command.detail["incident"])
            outcome = self._asked(command, history, at)
            made, problems = (outcome, []) if isinstance(outcome, Notice) else (None, [outcome])
        told: Json = {"command": command.name, "problems": problems}
        if made is not None:
            told = {"reason": command.reason, "notice": made.id, **command.detail}
        draft = _draft(command, "command_refused" if made is None else command.name, told, at)
        done = _folded([made], at) if made is not None else Folded()
        return Folded(notices=done.notices, drafts=[*done.drafts, draft])

    def _asked(self, command: Command, history: Sequence[Incident], at: int) -> Notice | str:
        name, revoked = command.detail["to"], command.name == PEERS_REVOKE
        if not history:
            return "no such incident"
        incident, settings = history[-1], self.peers.get(name)
        if settings is None:
            return f"no peer is named {name!r}; known: {', '.join(sorted(self.peers)) or 'none'}"
        sent = self._sent(incident, name)
        if revoked and (not sent or sent[-1].payload["revoked"]):
            return "it was given nothing that could be taken back"
        if not revoked and not _is_incident(incident):
            return "it is no incident: what waits for a person's decision leaves to nobody"
        tlp = sent[-1].payload["tlp"] if revoked else command.detail.get("tlp", "")
        tlp = tlp or settings.markings[-1]
        if tlp not in settings.markings and not revoked:
            return f"{name} is not given what is marked TLP:{str(tlp).upper()}"
        return self._notice(incident, name, sent, tlp, at, revoked=revoked)

    def _owed(self, item: Revised, at: int) -> Iterator[Notice]:
        incident, before = item.incident, item.previous
        for name, settings in sorted(self.peers.items()):
            sent = self._sent(incident, name)
            given = bool(sent) and not sent[-1].payload["revoked"]
            if given and not _is_incident(incident):
                tlp = sent[-1].payload["tlp"]
                made = self._notice(incident, name, sent, tlp, at, revoked=True)
            elif settings.automatic and settings.markings and _turned(incident, before):
                made = self._notice(incident, name, sent, settings.markings[-1], at, revoked=False)
            else:
                continue
            if isinstance(made, Notice):
                yield made

    def _sent(self, incident: Incident, name: str) -> list[Notice]:
        held = self.stores.outbox.list(shared_as(incident.id, name))
        return [one for one in held if one.kind == PEER_BUNDLE]

    def _notice(
        self,
        incident: Incident,
        name: str,
        sent: Sequence[Notice],
        tlp: str,
        at: int,
        *,
        revoked: bool,
    ) -> Notice | str:
        row = self._row(incident)
        if row is None:
            return "no row of the law pack lets incidents of this object be exchanged"
        payload = Shared.model_validate(
            {
                "incident_id": incident.id,
                "peer": name,
                "revision": incident.revision,
                "tlp": tlp,
                "revoked": revoked,
            }
        )
        ground = (CHANNEL + name, row.basis, row.set_by)
        return peer_notice(incident, Recipient(row.role, name), sent, payload, ground, at)

    def _row(self, incident: Incident) -> RouteRow | None:
        """Give the row of the pack that lets an object's incidents be exchanged."""
        known, at = self.knowledge(), incident.opened_at
        record = known.registry.object(incident.object_id, at)
        if record is None:
            return None
        rows = known.pack.at(at).of("routes", RouteRow)
        flags = record.flags(at)
        found = (one for one in rows if one.effect == EXCHANGE and fits(one.when, flags))
        return next(found, None)


@dataclass(frozen=True, slots=True)
class PeerContent:
    """Writes the bundle of a notice to a peer, as what stands in the stores allows it now."""

    stores: Stores
    knowledge: Callable[[], Knowledge]
    peers: Mapping[str, PeerSettings]
    centre: str

    def __call__(self, notice: Notice, now: int) -> Consignment:  # noqa: ARG002 (a Prepare's signature)
        """Give the bundle; the courier has asked the guard, whose word the notice carries."""
        payload = Shared.model_validate(notice.payload)
        history = self.stores.incidents.history(payload.incident_id)[: payload.revision]
        incident = history[-1]
        known = (self.stores.incidents.finding(one) for one in incident.finding_ids)
        record = self.knowledge().registry.object(incident.object_id, incident.opened_at)
        subject = Subject(
            history=history,
            findings=[one for one in known if one is not None],
            notices=(),
            record=record,
            guard=notice.guard.decision,
        )
        told = exported(subject, self.centre, notice.created_at, payload.tlp)
        allowed = allowed_of(self.peers[payload.peer])
        name, content = peer_bundle(told, allowed, notice.created_at, revoked=payload.revoked)
        return Consignment(name, content, {"revision": payload.revision, "tlp": payload.tlp})


def allowed_of(settings: PeerSettings) -> Allowed:
    """Give what a peer's settings allow."""
    return Allowed(
        indicators=settings.indicators,
        incidents=settings.incidents,
        identity=settings.identity,
        personal_data=settings.personal_data,
        valid_for=settings.valid_days * 86_400 * NANOSECONDS,
    )


def join_peers(
    settings: Settings,
    stores: Stores,
    knowledge: Callable[[], Knowledge],
    sinks: dict[str, Sink],
) -> Peering:
    """Make the channels to peers beside others; ConfigurationError as ``join_peer_sinks``."""
    peers = settings.notify.peers
    join_peer_sinks(settings, PeerContent(stores, knowledge, peers, settings.centre), sinks)
    return Peering(stores, knowledge, peers)


def join_peer_sinks(
    settings: Settings, content: Callable[[Notice, int], Consignment], sinks: dict[str, Sink]
) -> None:
    """Make the channels to peers, beside others, which are closed where one cannot be made.

    ConfigurationError where a line's files cannot be used.
    """
    try:
        for name, line in settings.notify.peers.items():
            sinks[CHANNEL + name] = PeerSink(CHANNEL + name, bundle_line(line), content)
    except BaseException:
        for sink in sinks.values():
            sink.close()
        raise


def _is_incident(incident: Incident) -> bool:
    return (
        incident.assessment.is_incident is Tri.YES
        and incident.state is not IncidentState.CANDIDATE
        and incident.closing_verdict not in NOT_TRUE
        and not incident.merged_into
    )


def _turned(incident: Incident, before: Incident | None) -> bool:
    """Tell whether a revision makes it an incident, or closes it."""
    if not _is_incident(incident):
        return False
    closed = incident.state is IncidentState.CLOSED
    return (
        before is None
        or not _is_incident(before)
        or (closed and before.state is not IncidentState.CLOSED)
    )


def _received(command: Command, at: int) -> Folded:
    """Record what another centre sent: which of its incidents, under which mark."""
    problems = [*who(command.role, command.author, command.reason, (PEER,))]
    if command.detail.keys() != {"bundle", "incidents", "count"}:
        problems.append("it must say which bundle, and which incidents")
    if problems:
        told: Json = {"command": command.name, "problems": problems}
        return Folded(drafts=[_draft(command, "command_refused", told, at)])
    return Folded(drafts=[_draft(command, command.name, command.detail, at)])


def _draft(command: Command, kind: str, told: Json, at: int) -> Draft:
    return Draft(
        chain="administration",
        entry_id=f"command:{command.id}",
        kind=kind,
        subject=command.id,
        at=at,
        actor=command.actor[:200],
        detail=told,
    )


def _folded(notices: Sequence[Notice], at: int) -> Folded:
    return Folded(notices=notices, drafts=[notice_draft(one, at) for one in notices])


def _unknown(detail: Json) -> list[str]:
    if detail.keys() - {"tlp"} != {"incident", "to"}:
        return ["it must name incident and to, and may name tlp"]
    if not all(isinstance(one, str) and len(one) <= 64 for one in detail.values()):
        return ["incident, to and tlp are short texts"]
    return []
