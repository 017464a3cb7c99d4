"""What another operations centre is given of an incident: a signed STIX 2.1 bundle under a mark.

Indicators and the incident, as far as its settings allow; what names an object, its owner or a
person stays unless allowed (SPEC 4, 5). What is taken back goes again with ``revoked`` (STIX 2.1,
section 3.6). Marks are those of TLP 2.0 (section 7.2; OASIS's TLP 2.0 extension).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_network
from uuid import uuid5

import orjson

from pipeline.model import (
    NANOSECONDS,
    GuardDecision,
    Incident,
    Instant,
    Json,
    Notice,
    Recipient,
    identity,
    notice_id,
    rfc3339,
)
from pipeline.notify.exports.record import HASHES, Details, Exported, Observable
from pipeline.notify.exports.stix import OURS, write
from pipeline.notify.exports.titles import Titles
from pipeline.notify.payload import Shared, document
from pipeline.notify.texts import LANGUAGES

PEER_BUNDLE = "peer_bundle"
WITHHELD = "withheld"
MARKS = ("clear", "green", "amber", "amber+strict")
_DAY = 86_400 * NANOSECONDS
_HASH_NAMES = {"md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256", "sha512": "SHA-512"}
_OWN = tuple(map(ip_network, ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12",
                              "192.168.0.0/16", "0.0.0.0/8", "fc00::/7", "::/128")))  # fmt: skip
_UNVERSIONED = frozenset({"marking-definition", "extension-definition", "identity"})


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a peer may be given; ``valid_for`` is how long an indicator holds (ns)."""

    indicators: bool = True
    incidents: bool = True
    identity: bool = False
    personal_data: bool = False
    valid_for: int = 30 * _DAY


def peer_notice(
    incident: Incident,
    peer: Recipient,
    sent: Sequence[Notice],
    payload: Shared,
    ground: tuple[str, str, str],
    at: Instant,
) -> Notice:
    """Make the notice of what goes to a peer behind what it was ``sent`` of this incident before.

    ``ground``: channel, basis, and who set it.
    """
    channel, basis, set_by = ground
    number = len(sent) + 1
    subject = shared_as(incident.id, peer.party_id)
    return Notice(
        id=notice_id(subject, PEER_BUNDLE, number, peer),
        incident_id=subject,
        revision=payload.revision,
        leg=PEER_BUNDLE,
        ordinal=number,
        recipient=peer,
        channel=channel,
        language=LANGUAGES[0],
        created_at=at,
        due_at=at,
        basis=basis,
        set_by=set_by,
        guard=GuardDecision(incident.assessment.guard or "hold", "the incident's own"),
        payload=document(payload),
        object_id=incident.object_id,
        kind=PEER_BUNDLE,
    )


def shared_as(incident_id: str, peer: str) -> str:
    """Give the id under which what a peer is given of an incident stands in the outbox.

    Not the incident's own: no term and no route of the law owes it.
    """
    return identity(PEER_BUNDLE, incident_id, peer)


def lessened(record: Exported, allowed: Allowed) -> Exported:
    """Leave out of a record what a peer may not be given."""
    details = record.details
    if details is not None:
        details = replace(
            details,
            observables=tuple(_kept(details.observables, allowed)),
            observables_beyond=0,
            related=(),
            decided=(),
            revisions=(),
            told=(),
        )
        if not allowed.identity:
            details = replace(details, object_names={}, sector="")
    name = record.object if allowed.identity else WITHHELD
    return replace(record, object=name, details=details)


def _kept(observables: Sequence[Observable], allowed: Allowed) -> Iterator[Observable]:
    for one in observables:
        if one.kind == "user" and not allowed.personal_data:
            continue
        if not allowed.identity and (one.kind == "host" or one.part == "target"):
            continue
        yield one


def peer_bundle(
    record: Exported, allowed: Allowed, at: Instant, *, revoked: bool
) -> tuple[str, bytes]:
    """Write the bundle of one record, with its id: what is allowed, with indicators, marked.

    ``at`` is the notice's own time: the same notice is the same bundle. With ``revoked`` every
    object of ours that has versions is taken back by it.
    """
    lesser = lessened(record, allowed)
    held: list[Json] = orjson.loads(write([lesser], Titles(LANGUAGES[-1], {})))["objects"]
    incident = next(one for one in held if one["type"] == "incident")
    indicators = list(_indicators(lesser, incident, allowed)) if allowed.indicators else []
    if not allowed.incidents:
        held = [one for one in held if one["type"] == "marking-definition"] + [
            one for one in held if one["id"] == incident["created_by_ref"]
        ]
    elif indicators:
        indicators += [_related(incident, one) for one in indicators]
    objects = [*held, *indicators]
    if revoked:
        objects = [_revoked(one, at) for one in objects]
    body = orjson.dumps(objects, option=orjson.OPT_SORT_KEYS).decode()
    name = f"bundle--{uuid5(OURS, body)}"
    bundle = {"type": "bundle", "id": name, "objects": objects}
    return name, orjson.dumps(bundle, option=orjson.OPT_SORT_KEYS)


def _indicators(record: Exported, incident: Json, allowed: Allowed) -> Iterator[Json]:
    details = record.details
    if details is None:
        return
    for one in details.observables:
        pattern = _pattern(one)
        if pattern is None:
            continue
        name = chr(31).join(("indicator", record.incident_id, one.kind, one.value))
        yield {
            "type": "indicator",
            "spec_version": "2.1",
            "id": f"indicator--{uuid5(OURS, name)}",
            "created_by_ref": incident["created_by_ref"],
            "created": incident["created"],
            "modified": incident["modified"],
            "name": f"{one.kind} of an incident",
            "description": f"Seen where an incident began, of {record.centre}.",
            "indicator_types": ["malicious-activity"],
            "pattern": pattern,
            "pattern_type": "stix",
            "valid_from": _milliseconds(details.times.first_event_at),
            "valid_until": _milliseconds(_until(details, allowed)),
            "object_marking_refs": incident["object_marking_refs"],
        }


def _until(details: Details, allowed: Allowed) -> int:
    return max(details.times.last_event_at, details.times.first_event_at) + allowed.valid_for


def _pattern(one: Observable) -> str | None:
    """Write what points at an attacker: where it came from, what it brought; never a victim."""
    value = one.value.replace("\\", "\\\\").replace("'", "\\'")
    if one.kind in HASHES:
        return f"[file:hashes.'{_HASH_NAMES[one.kind]}' = '{value}']"
    if one.part != "source":
        return None
    if one.kind == "domain":
        return f"[domain-name:value = '{value}']"
    if one.kind == "address" and not _inside(one.value):
        family = "ipv6-addr" if ":" in one.value else "ipv4-addr"
        return f"[{family}:value = '{value}']"
    return None


def _inside(address: str) -> bool:
    """Tell an address that every network has for itself: it points at nobody."""
    given = ip_address(address)
    return (
        given.is_loopback
        or given.is_link_local
        or given.is_multicast
        or any(given.version == network.version and given in network for network in _OWN)
    )


def _related(incident: Json, indicator: Json) -> Json:
    name = chr(31).join(("relationship", incident["id"], indicator["id"]))
    return {
        "type": "relationship",
        "spec_version": "2.1",
        "id": f"relationship--{uuid5(OURS, name)}",
        **{
            key: indicator[key]
            for key in ("created_by_ref", "created", "modified", "object_marking_refs")
        },
        "relationship_type": "related-to",
        "source_ref": indicator["id"],
        "target_ref": incident["id"],
    }


def _revoked(one: Json, at: Instant) -> Json:
    if one["type"] in _UNVERSIONED or "modified" not in one:
        return one
    return {**one, "revoked": True, "modified": max(_milliseconds(at), one["modified"])}


def _milliseconds(at: Instant) -> str:
    seconds, fraction = divmod(at, NANOSECONDS)
    return f"{rfc3339(seconds * NANOSECONDS)[:-1]}.{fraction // 1_000_000:03d}Z"
