"""STIX 2.1 (and 2.0): sightings, indicators and observed data, alone or in a bundle.

A bundle, or the envelope of a TAXII answer, is one record and one event: its bytes are what was
sent and signed for, and its objects refer to each other. What is said first in this order is what
the event tells: a sighting, an indicator, observed data, anything else; further sightings and
indicators stand in ``threat.enrichments``, and a note counts them. Patterns are read, never run.
Source: OASIS, "STIX Version 2.1", sections 4.7 (indicator), 4.14 (observed data), 5.2 (sighting),
6 (observable objects), 7.2.1.4 (TLP), 8 (bundle), 9 (patterns), appendix A (confidence scales).
"""

import re
from collections.abc import Iterator
from datetime import UTC
from typing import Any

from pipeline.model import Json, TimeConfidence
from pipeline.normalize.ecs_schema import fitting
from pipeline.normalize.jsontext import Decoded
from pipeline.normalize.moments import Moment, moment
from pipeline.normalize.parsed import Context, Parsed
from pipeline.normalize.reshaping import SHAPES
from pipeline.normalize.tree import put

NAME = "stix_sighting"
MOST_TOLD = 64  # sightings and indicators beside the first; the rest stays in the native objects

_ID = re.compile(r"[a-z0-9-]{1,250}--[0-9a-f-]{36}")
_COMPARISON = re.compile(
    r"([a-z0-9-]{3,64}):([\w.'\[\]*-]{1,256})\s{0,8}(?:=|LIKE|MATCHES)\s{0,8}'((?:[^'\\]|\\.)*+)'"
)
_ORDER = {"sighting": 0, "indicator": 1, "observed-data": 2}
_TIMES = ("last_seen", "last_observed", "first_seen", "first_observed", "modified", "created")
_HASHES = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-512": "sha512"}
# Property of an observable: the field of an ECS indicator.
_FIELDS = {
    "ipv4-addr:value": "ip",
    "ipv6-addr:value": "ip",
    "domain-name:value": "url.domain",
    "url:value": "url.original",
    "email-addr:value": "email.address",
    "file:name": "file.name",
    "file:size": "file.size",
    "windows-registry-key:key": "registry.key",
    "autonomous-system:number": "as.number",
    "network-traffic:dst_port": "port",
    "x509-certificate:serial_number": "x509.serial_number",
    "x509-certificate:issuer": "x509.issuer.distinguished_name",
    "x509-certificate:subject": "x509.subject.distinguished_name",
    **{f"file:hashes.{name}": f"file.hash.{field}" for name, field in _HASHES.items()},
}
_TLP = {
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": "WHITE",
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": "GREEN",
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": "AMBER",
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": "RED",
    "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487": "CLEAR",
    "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb": "GREEN",
    "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421": "AMBER",
    "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003": "AMBER+STRICT",
    "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1": "RED",
}


def read(decoded: Decoded, context: Context) -> Parsed | None:
    """Read a decoded document, its native fields aside; None where it is no STIX."""
    document, notes, _ = decoded
    objects = _objects(document)
    if not objects:
        return None
    known = {one["id"]: one for one in objects}
    told = sorted(objects, key=lambda one: _ORDER.get(one["type"], 3))
    first = told[0]
    at, confidence = _time(first, context) or (None, TimeConfidence.RECEIVED)
    answer = Parsed(NAME, "generic", at, confidence, _event(first), {}, notes)
    _tell(answer.ecs, first, known)
    others = [one for one in told[1:] if one["type"] in ("sighting", "indicator")]
    if first["type"] == "sighting":
        others = [one for one in others if one["id"] != first.get("sighting_of_ref")]
    if others:
        answer.notes = (*notes, f"further_objects:{len(others)}")
        found = (_indicator(one, known) for one in others[:MOST_TOLD])
        enrichments = [{"indicator": one} for one in found if one]
        if enrichments:
            put(answer.ecs, "threat.enrichments", enrichments)
    return answer


def _objects(document: Json) -> list[Json]:
    if document.get("type") == "bundle" or ("type" not in document and "objects" in document):
        items = document.get("objects")
        found = items if isinstance(items, list) else []
    else:
        found = [document]
    return [one for one in found if _is_object(one)]


def _is_object(one: Any) -> bool:
    if not isinstance(one, dict):
        return False
    kind, name = one.get("type"), one.get("id")
    return (
        isinstance(kind, str)
        and isinstance(name, str)
        and name.startswith(f"{kind}--")
        and _ID.fullmatch(name) is not None
    )


def _time(one: Json, context: Context) -> Moment | None:
    for name in _TIMES:
        found = moment(one.get(name), context.zone)
        if found is not None:
            return found
    return None


def _event(one: Json) -> Json:
    kind = one["type"]
    told = {"sighting": "alert", "indicator": "enrichment", "observed-data": "event"}
    event: Json = {
        "kind": told.get(kind, "enrichment"),
        "category": ["threat"],
        "type": ["indicator"],
        "module": "stix",
        "dataset": f"stix.{kind.replace('-', '_')}",
        "action": kind.replace("-", "_"),
        "id": one["id"],
    }
    for name, names in (
        ("start", ("first_seen", "first_observed")),
        ("end", ("last_seen", "last_observed")),
        ("created", ("created",)),
    ):
        made = next(filter(None, (SHAPES["utc"](one.get(of), UTC) for of in names)), None)
        if made is not None:
            event[name] = made
    return {"event": event}


def _tell(ecs: Json, one: Json, known: dict[str, Json]) -> None:
    for path, value in _leaves(_indicator(one, known), "threat.indicator"):
        put(ecs, path, value)
    description = one.get("description") or one.get("name")
    target = known.get(str(one.get("sighting_of_ref")), one)
    name = target.get("name") or description
    _put_text(ecs, "rule.name", name)
    _put_text(ecs, "message", description or name)
    put(ecs, "rule.id", target["id"])
    if target["type"] in ("malware", "tool"):
        _put_text(ecs, "threat.software.name", target.get("name"))
    if target["type"] in ("intrusion-set", "threat-actor", "campaign"):
        _put_text(ecs, "threat.group.name", target.get("name"))
    for seen in _observed(one, known):
        _tell_observable(ecs, seen, known)


def _put_text(ecs: Json, path: str, value: Any) -> None:
    if isinstance(value, str) and value:
        put(ecs, path, value)


def _leaves(tree: Json, above: str) -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        path = f"{above}.{name}"
        if isinstance(value, dict):
            yield from _leaves(value, path)
        else:
            yield path, value


def _indicator(one: Json, known: dict[str, Json]) -> Json:
    """Give what ECS's ``threat.indicator`` learns of a sighting or an indicator."""
    found: Json = {}
    about = known.get(str(one.get("sighting_of_ref")), one)
    pattern = about.get("pattern")
    if isinstance(pattern, str):
        for kind, field, value in _compared(pattern):
            _place(found, "type", kind)
            _place(found, field, value)
    for seen in _observed(one, known):
        for field, value in _properties(seen):
            _place(found, "type", str(seen["type"]))
            _place(found, field, value)
    maker = known.get(str(about.get("created_by_ref")), {})
    _place(found, "provider", maker.get("name"))
    _place(found, "name", about.get("name"))
    _place(found, "description", about.get("description"))
    _place(found, "confidence", _confidence(one.get("confidence", about.get("confidence"))))
    _place(found, "sightings", one.get("count"))
    _place(found, "first_seen", one.get("first_seen") or about.get("valid_from"))
    _place(found, "last_seen", one.get("last_seen"))
    _place(found, "modified_at", about.get("modified"))
    marks = _texts(one.get("object_marking_refs")) or _texts(about.get("object_marking_refs"))
    _place(found, "marking.tlp", next((_TLP[mark] for mark in marks if mark in _TLP), None))
    references = about.get("external_references")
    for reference in references if isinstance(references, list) else ():
        if isinstance(reference, dict):
            _place(found, "reference", reference.get("url"))
    return found


def _place(tree: Json, path: str, value: Any) -> None:
    fit = None if value is None or value == "" else fitting(f"threat.indicator.{path}", value)
    if fit is not None:
        put(tree, path, fit)


def _compared(pattern: str) -> Iterator[tuple[str, str, str]]:
    """Give type, indicator's field and value of a pattern's comparisons with a text."""
    for kind, path, value in _COMPARISON.findall(pattern[:65_536]):
        field = _FIELDS.get(f"{kind}:{path.replace(chr(39), '')}")
        if field is not None:
            yield kind, field, re.sub(r"\\(.)", r"\1", value)


def _observed(one: Json, known: dict[str, Json]) -> list[Json]:
    """Give the observables of a sighting's or an observed data's references."""
    holders = [known[ref] for ref in _texts(one.get("observed_data_refs")) if ref in known]
    if one["type"] == "observed-data":
        holders.append(one)
    found: list[Json] = []
    for holder in holders[:MOST_TOLD]:
        objects = holder.get("objects")  # of STIX 2.0, by their places
        if isinstance(objects, dict):
            found += [item for item in objects.values() if isinstance(item, dict)]
        found += [known[ref] for ref in _texts(holder.get("object_refs")) if ref in known]
    return [item for item in found[:MOST_TOLD] if isinstance(item.get("type"), str)]


def _texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _properties(seen: Json) -> Iterator[tuple[str, Any]]:
    kind = seen["type"]
    for name, value in seen.items():
        field = _FIELDS.get(f"{kind}:{name}")
        if field is not None and not isinstance(value, dict | list):
            yield field, value
    hashes = seen.get("hashes")
    if isinstance(hashes, dict):
        for name, value in hashes.items():
            if name in _HASHES:
                yield f"file.hash.{_HASHES[name]}", value


def _tell_observable(ecs: Json, seen: Json, known: dict[str, Json]) -> None:
    if seen["type"] != "network-traffic":
        return
    for side, ref, port in (
        ("source", "src_ref", "src_port"),
        ("destination", "dst_ref", "dst_port"),
    ):
        peer = known.get(str(seen.get(ref)), {})
        value = peer.get("value")
        fit = fitting(f"{side}.ip", value) if isinstance(value, str) else None
        if fit is not None:
            put(ecs, f"{side}.ip", fit)
        elif isinstance(value, str) and value:
            put(ecs, f"{side}.domain", value)
        number = fitting(f"{side}.port", seen.get(port)) if port in seen else None
        if number is not None:
            put(ecs, f"{side}.port", number)
    for word in _texts(seen.get("protocols")):
        if word in ("tcp", "udp", "icmp", "sctp"):
            put(ecs, "network.transport", word)
        elif word not in ("ipv4", "ipv6"):
            put(ecs, "network.protocol", word)


def _confidence(value: Any) -> str | None:
    """Give ECS's word for a number of STIX's scale (appendix A, None/Low/Med/High)."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 100:
        return None
    if value == 0:
        return "None"
    return "Low" if value < 30 else "Medium" if value < 70 else "High"
