"""An incident as a STIX 2.1 bundle (OASIS STIX 2.1, sections 3-7), deterministic to the byte.

In STIX's own words: the incident, the object concerned and the centre (identity), ATT&CK techniques
(attack-pattern), observables (SCOs in observed-data; a host is an identity of class ``system``),
what belongs to what (relationship), TLP 2.0 (the marking definitions of OASIS's extension). The
rest stands on the incident as a property extension (section 7.3) whose definition travels with it:
STIX's incident has a name and a description only. Nothing of the record is lost; names and
descriptions for people are written and not read. Ids are version 5 UUIDs of our own ids, those of
SCOs of their own properties (section 2.9), so that the same incident is the same bundle. Times of
STIX objects have milliseconds (section 3.2), the exact ones stand in the extension.

The objects are written as plain JSON and held to OASIS's validator by the tests: what checks them
then shares no code with what wrote them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

import orjson

from pipeline.errors import IntegrityError
from pipeline.model import NANOSECONDS, Json, rfc3339
from pipeline.notify.exports.extension import rest, whole
from pipeline.notify.exports.pairs import from_pairs, to_pairs
from pipeline.notify.exports.record import Exported, Observable
from pipeline.notify.exports.techniques import SOURCE, technique_address
from pipeline.notify.exports.titles import Titles

OURS = UUID("6a1f2c84-6a0e-5b0b-9d53-0f2e6c8f7d11")
SCO_NAMESPACE = UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")  # STIX 2.1, section 2.9
SCHEMA = (
    "The law's class of an incident and its proof, as Saqshy writes them: the verdict limb by limb "
    "with the norm of each, acts, impact, revisions with their hashes, notices by role. Names of "
    "limbs, acts and axes are those of the law pack that `versions` names."
)
EXTENSION = f"extension-definition--{uuid5(OURS, SCHEMA)}"
SINCE = "2026-11-21T00:00:00.000Z"  # of the extension's definition
TLP_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
TLP = {
    "clear": "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    "green": "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    "amber": "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    "amber+strict": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    "red": "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
NATIVE = ("incident_id", "object", "centre", "tlp", "details.attack", "details.observables")
_SECTORS = {
    "agriculture": "agriculture", "banking": "financial-services",
    "communications": "telecommunications", "defence": "defense", "e_government":
    "government-public-services", "education": "education", "electricity": "energy",
    "gas": "energy", "health_care": "healthcare", "heat": "utilities",
    "hydraulic_structures": "dams", "industry": "manufacturing", "law_enforcement":
    "government-emergency-services", "transport": "transportation", "water_supply": "water",
}  # fmt: skip
_HASHES = {"md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256", "sha512": "SHA-512"}
_KINDS = {name: kind for kind, name in _HASHES.items()}


def write(records: Sequence[Exported], titles: Titles) -> bytes:
    """Write incidents as one bundle; ``titles``: the lines for people."""
    objects: dict[str, Json] = {}
    for record in records:
        for one in _Bundle(record, titles).objects():
            objects.setdefault(one["id"], one)
    parts = "\n".join(f"{one}={orjson.dumps(held).decode()}" for one, held in objects.items())
    bundle = {
        "type": "bundle",
        "id": f"bundle--{uuid5(OURS, parts)}",
        "objects": list(objects.values()),
    }
    return orjson.dumps(bundle, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def read(data: bytes) -> list[Exported]:
    """Read incidents back; IntegrityError where the bytes are no bundle of ours."""
    try:
        objects = {one["id"]: one for one in orjson.loads(data)["objects"]}
        incidents = [one for one in objects.values() if one["type"] == "incident"]
        return [_read(one, objects) for one in incidents]
    except (orjson.JSONDecodeError, KeyError, IndexError, TypeError, ValueError) as error:
        raise IntegrityError(f"is no bundle as Saqshy writes it: {error!r}") from error


@dataclass(frozen=True, slots=True)
class _Bundle:
    """The objects of one incident."""

    record: Exported
    titles: Titles

    def objects(self) -> Iterator[Json]:
        """Give every object, each behind those that it refers to."""
        yield _marking(self.record.tlp)
        yield self._centre()
        yield self._definition()
        victim = self._victim()
        yield victim
        patterns = [self._attack_pattern(one) for one in self._attack()]
        yield from patterns
        seen = [self._seen(one) for one in self._observables()]
        yield from seen
        scos = [one["id"] for one in seen if one["type"] != "identity"]
        observed = [self._observed_data(scos)] if scos else []
        yield from observed
        incident = self._incident([one["id"] for one in seen])
        yield incident
        hosts = [one for one in seen if one["type"] == "identity"]
        for one in (victim, *patterns, *hosts, *observed):
            yield self._relationship(incident["id"], one["id"])

    def _attack(self) -> Sequence[str]:
        return self.record.details.attack if self.record.details is not None else ()

    def _observables(self) -> Sequence[Observable]:
        return self.record.details.observables if self.record.details is not None else ()

    def _centre_id(self) -> str:
        return _identifier("identity", "centre", self.record.centre)

    def _times(self) -> tuple[int, int]:
        """Give when the incident was first known and last changed, as far as it may be told."""
        details = self.record.details
        if details is None:
            return self.record.time, self.record.time
        first = min(details.times.detected_at, details.times.changed_at)
        return first, details.times.changed_at

    def _object(self, kind: str, name: str, own: Json) -> Json:
        """Give an SDO or SRO of ours with what all of them have."""
        created, modified = self._times()
        return {
            "type": kind,
            "spec_version": "2.1",
            "id": _identifier(kind, self.record.incident_id, name),
            "created_by_ref": self._centre_id(),
            "created": _milliseconds(created),
            "modified": _milliseconds(modified),
            "object_marking_refs": [TLP[self.record.tlp]],
            **own,
        }

    def _centre(self) -> Json:
        return {
            "type": "identity",
            "spec_version": "2.1",
            "id": self._centre_id(),
            "created": SINCE,
            "modified": SINCE,
            "name": self.record.centre,
            "identity_class": "organization",
        }

    def _definition(self) -> Json:
        return {
            "type": "extension-definition",
            "spec_version": "2.1",
            "id": EXTENSION,
            "created_by_ref": self._centre_id(),
            "created": SINCE,
            "modified": SINCE,
            "name": "Saqshy: an incident under the law",
            "description": "What the law makes of an incident, and its proof.",
            "schema": SCHEMA,
            "version": "1.0.0",
            "extension_types": ["property-extension"],
        }

    def _victim(self) -> Json:
        sector = self.record.details.sector if self.record.details is not None else ""
        own: Json = {"name": self.record.object, "identity_class": "system", "roles": ["victim"]}
        if sector in _SECTORS:
            own["sectors"] = [_SECTORS[sector]]
        return self._object("identity", "object", own)

    def _attack_pattern(self, technique: str) -> Json:
        reference = {
            "source_name": SOURCE,
            "url": technique_address(technique),
            "external_id": technique,
        }
        own = {"name": technique, "external_references": [reference]}
        return self._object("attack-pattern", technique, own)

    def _seen(self, one: Observable) -> Json:
        if one.kind == "host":
            own = {"name": one.value, "identity_class": "system"}
            return self._object("identity", f"host\x1f{one.value}", own)
        if one.kind == "user":
            name = f"{self.record.incident_id}/{one.value}"
            return _sco("user-account", {"user_id": name}, {"user_id": name})
        if one.kind in _HASHES:
            hashes = {"hashes": {_HASHES[one.kind]: one.value}}
            return _sco("file", hashes, hashes)
        value = {"value": one.value}
        if one.kind == "domain":
            return _sco("domain-name", value, value)
        return _sco("ipv6-addr" if ":" in one.value else "ipv4-addr", value, value)

    def _observed_data(self, scos: Iterable[str]) -> Json:
        details = self.record.details
        assert details is not None  # who has observables has details
        times = details.times
        own = {
            "first_observed": _milliseconds(times.first_event_at),
            "last_observed": _milliseconds(max(times.first_event_at, times.last_event_at)),
            "number_observed": min(max(details.event_count, 1), 999_999_999),
            "object_refs": list(dict.fromkeys(scos)),
        }
        return self._object("observed-data", "", own)

    def _incident(self, seen: Sequence[str]) -> Json:
        held = rest(self.record, NATIVE)
        parts = [
            {"ref": ref, "part": one.part}
            for ref, one in zip(seen, self._observables(), strict=True)
        ]
        extension: Json = {"extension_type": "property-extension", **to_pairs(held)}
        if parts:
            extension["observables"] = parts
        if self._attack():
            extension["techniques"] = list(self._attack())
        title = self.titles.of(self.record)
        own: Json = {"name": title or f"{self.record.object}: {self.record.incident_id}"}
        if title:
            own["lang"] = self.titles.language
        own["extensions"] = {EXTENSION: extension}
        incident = self._object("incident", "", own)
        return {**incident, "id": f"incident--{uuid5(OURS, self.record.incident_id)}",
                "external_references": [
                    {"source_name": "saqshy", "external_id": self.record.incident_id}
                ]}  # fmt: skip

    def _relationship(self, incident: str, other: str) -> Json:
        own = {"relationship_type": "related-to", "source_ref": incident, "target_ref": other}
        return self._object("relationship", other, own)


def _marking(tlp: str) -> Json:
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": TLP[tlp],
        "created": "2022-10-01T00:00:00.000Z",
        "name": f"TLP:{tlp.upper()}",
        "extensions": {
            TLP_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": tlp},
        },
    }


def _identifier(kind: str, *parts: str) -> str:
    return f"{kind}--{uuid5(OURS, chr(31).join((kind, *parts)))}"


def _sco(kind: str, identifying: Json, own: Json) -> Json:
    """Give an SCO; its id follows from its identifying properties in canonical JSON (RFC 8785)."""
    name = orjson.dumps(identifying, option=orjson.OPT_SORT_KEYS).decode("utf-8")
    identifier = f"{kind}--{uuid5(SCO_NAMESPACE, name)}"
    return {"type": kind, "spec_version": "2.1", "id": identifier, **own}


def _milliseconds(at: int) -> str:
    seconds, fraction = divmod(at, NANOSECONDS)
    return f"{rfc3339(seconds * NANOSECONDS)[:-1]}.{fraction // 1_000_000:03d}Z"


def _read(incident: Mapping[str, Any], objects: Mapping[str, Mapping[str, Any]]) -> Exported:
    held = dict(incident["extensions"][EXTENSION])
    del held["extension_type"]
    seen, attack = held.pop("observables", []), held.pop("techniques", [])
    centre = objects[incident["created_by_ref"]]["name"]
    tlp = {marking: name for name, marking in TLP.items()}[incident["object_marking_refs"][0]]
    incident_id = incident["external_references"][0]["external_id"]
    victim = objects[_identifier("identity", incident_id, "object")]
    native: Json = {
        "incident_id": incident_id,
        "object": victim["name"],
        "centre": centre,
        "tlp": tlp,
        "details.attack": attack,
        "details.observables": [
            {**_read_seen(objects[one["ref"]]), "part": one["part"]} for one in seen
        ],
    }
    return whole(from_pairs(held), native)


def _read_seen(one: Mapping[str, Any]) -> Json:
    kind = one["type"]
    if kind == "identity":
        return {"kind": "host", "value": one["name"]}
    if kind == "user-account":
        return {"kind": "user", "value": one["user_id"].partition("/")[2]}
    if kind == "file":
        ((name, digest),) = one["hashes"].items()
        return {"kind": _KINDS[name], "value": digest}
    return {"kind": "domain" if kind == "domain-name" else "address", "value": one["value"]}
