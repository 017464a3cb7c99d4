"""An incident as an IODEF v2 document (RFC 7970), in the shape that RFC 8727 gives it in JSON.

In IODEF's own words: id and revision (IncidentID), times, RSIT class (IncidentCategory), ATT&CK
techniques (Method), rules with counts and times (EventData with Discovery), observables (System,
FileData, BulkObservable), revisions and notices (History), TLP (restriction), the centre (Contact).
The rest (the law's verdict limb by limb, impact, versions) is AdditionalData of dtype ``json``.
What IODEF has coarser words for is said in those as well (status, severity, occurrence, the acts as
SystemImpact) and read back from the exact ones. Nothing of the record is lost; descriptions for
people are written and not read.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from pipeline.errors import IntegrityError
from pipeline.model import IncidentState, Json, as_document, rfc3339
from pipeline.notify.exports.extension import MEANING, NAME, json_text, rest, whole
from pipeline.notify.exports.record import (
    Details,
    Exported,
    Observable,
    Step,
    Told,
    ToldFinding,
)
from pipeline.notify.exports.techniques import technique_address
from pipeline.notify.exports.titles import Titles

VERSION = "2.00"
NATIVE = (
    "incident_id", "rsit", "time", "centre", "written_at", "tlp", "details.revision",
    "details.times.detected_at", "details.times.first_event_at", "details.times.last_event_at",
    "details.times.restored_at", "details.attack", "details.findings", "details.observables",
    "details.revisions", "details.told",
)  # fmt: skip
_STATUS = {
    IncidentState.NEW: "new",
    IncidentState.ACKNOWLEDGED: "in-progress",
    IncidentState.INVESTIGATING: "in-progress",
    IncidentState.CONTAINED: "in-progress",
    IncidentState.RESTORED: "in-progress",
    IncidentState.CLOSED: "resolved",
}
_RESTRICTION = {"clear": "white", "green": "green", "amber": "amber", "red": "red"}
_TLP = {word: tlp for tlp, word in _RESTRICTION.items()}
_SEVERITY = {"low": "low", "medium": "medium", "high": "high", "critical": "high"}
_OCCURRENCE = {"real": "actual", "potential": "potential"}
_DIGEST_METHODS = {
    "md5": "http://www.w3.org/2001/04/xmldsig-more#md5",
    "sha1": "http://www.w3.org/2000/09/xmldsig#sha1",
    "sha256": "http://www.w3.org/2001/04/xmlenc#sha256",
    "sha512": "http://www.w3.org/2001/04/xmlenc#sha512",
}  # RFC 3275, RFC 6931
_DIGESTS = {uri: kind for kind, uri in _DIGEST_METHODS.items()}
_FINDING, _REVISION, _NOTICE, _USERS = "finding", "revision", "notice", "users"


def document(records: Sequence[Exported], titles: Titles) -> Json:
    """Give the document of incidents, keys in the order of RFC 7970's classes.

    ``titles``: the lines for people.
    """
    return {
        "version": VERSION,
        "Incident": [_incident(one, titles) for one in records],
    }


def read_document(document: Mapping[str, Any]) -> list[Exported]:
    """Read what ``document`` gave; IntegrityError where it is no document of ours."""
    try:
        return [_read(one) for one in document["Incident"]]
    except (KeyError, IndexError, TypeError, ValueError, StopIteration) as error:
        raise IntegrityError(f"is no IODEF document as Saqshy writes it: {error!r}") from error


def _incident(record: Exported, titles: Titles) -> Json:
    details, title = record.details, titles.of(record)
    identity: Json = {"id": record.incident_id, "name": record.centre}
    if details is not None:
        identity["instance"] = str(details.revision)
    return {
        "purpose": "reporting",
        **_status(details),
        **_restriction(record.tlp),
        "IncidentID": identity,
        **(_times(details) if details is not None else {"StartTime": rfc3339(record.time)}),
        "GenerationTime": rfc3339(record.written_at),
        **({"Description": [{"value": title, "lang": titles.language}]} if title else {}),
        "Assessment": [_assessment(record)],
        **(_method(details.attack) if details is not None else {}),
        "Contact": [{"role": "creator", "type": "organization", "ContactName": [record.centre]}],
        **(_evidence(record.incident_id, details) if details is not None else {}),
        "AdditionalData": [_added(NAME, json_text(rest(record, NATIVE)), MEANING)],
    }


def _status(details: Details | None) -> Json:
    if details is None:
        return {}
    status = _STATUS.get(IncidentState(details.state))
    return {"status": status} if status else {"status": "ext-value", "ext-status": details.state}


def _restriction(tlp: str) -> Json:
    word = _RESTRICTION.get(tlp)
    return {"restriction": word} if word else {"restriction": "ext-value", "ext-restriction": tlp}


def _times(details: Details) -> Json:
    times = details.times
    first_told = min((one.made_at for one in details.told), default=None)
    named = {
        "DetectTime": times.detected_at,
        "StartTime": times.first_event_at,
        "EndTime": times.last_event_at,
        "RecoveryTime": times.restored_at,
        "ReportTime": first_told,
    }
    return {name: rfc3339(at) for name, at in named.items() if at is not None}


def _assessment(record: Exported) -> Json:
    """Say class and acts in IODEF's words; an assessment must name an impact (RFC 7970 3.12)."""
    severity = _SEVERITY.get(record.severity)
    weight = {"severity": severity} if severity else {}
    acts = [{**weight, "type": "ext-value", "ext-type": act} for act in record.acts]
    occurrence = _OCCURRENCE.get(record.details.law.reality) if record.details else None
    return {
        **({"occurrence": occurrence} if occurrence else {}),
        **({"IncidentCategory": [record.rsit]} if record.rsit else {}),
        "Impact": [{"SystemImpact": one} for one in acts or [{**weight, "type": "unknown"}]],
    }


def _method(attack: Sequence[str]) -> Json:
    references = [{"URL": [technique_address(one)], "Description": [one]} for one in attack]
    return {"Method": [{"Reference": references}]} if references else {}


def _evidence(incident_id: str, details: Details) -> Json:
    events = [*map(_finding, details.findings), *_observed(details.observables)]
    history = [*map(_step, details.revisions), *map(_told, details.told)]
    users = [one.value for one in details.observables if one.kind == "user"]
    return {
        **({"EventData": events} if events else {}),
        **({"Indicator": [_users(incident_id, users)]} if users else {}),
        **({"History": {"HistoryItem": history}} if history else {}),
    }


def _finding(one: ToldFinding) -> Json:
    held = as_document(one)
    native = ("title", "first_event_at", "last_event_at", "attack")
    return {
        "Description": [one.title],
        "StartTime": rfc3339(one.first_event_at),
        "EndTime": rfc3339(one.last_event_at),
        "Discovery": [{
            "source": "siem",
            "DetectionPattern": [{
                "Application": {"Description": ["Saqshy"]},
                "DetectionConfiguration": [one.rule_id],
            }],
        }],
        **_method(one.attack),
        "AdditionalData": [_added(_FINDING, json_text(_without(held, native)))],
    }  # fmt: skip


def _observed(observables: Sequence[Observable]) -> Iterator[Json]:
    """Give each observable but the masked users in an event of its own, so that order stays."""
    for one in observables:
        if one.kind in _DIGEST_METHODS:
            digest = b64encode(bytes.fromhex(one.value)).decode("ascii")
            hashed = {"DigestMethod": _DIGEST_METHODS[one.kind], "DigestValue": digest}
            file = {"HashData": {"scope": "file-contents", "Hash": [hashed]}}
            yield {"RecordData": [{"FileData": [{"File": [file]}]}]}
        elif one.kind != "user":
            part = {"category": one.part} if one.part else {}
            yield {"System": [{**part, "Node": _node(one), "Description": [one.kind]}]}


def _node(one: Observable) -> Json:
    if one.kind == "address":
        category = "ipv6-addr" if ":" in one.value else "ipv4-addr"
        return {"Address": [{"value": one.value, "category": category}]}
    unknown = {"system-status": "unknown", "domain-status": "unknown"}
    return {"DomainData": [{**unknown, "Name": one.value}]}


def _users(incident_id: str, users: Sequence[str]) -> Json:
    masked = {"type": "user-name", "BulkObservableList": "\n".join(users)}
    return {
        "IndicatorID": {"id": f"{_USERS}-{incident_id}", "name": NAME, "version": "1"},
        "Observable": {"BulkObservable": masked},
    }


def _step(one: Step) -> Json:
    held = _without(as_document(one), ("at",))
    return {
        "action": "status-new-info",
        "DateTime": rfc3339(one.at),
        "AdditionalData": [_added(_REVISION, json_text(held))],
    }


def _told(one: Told) -> Json:
    held = _without(as_document(one), ("made_at", "role"))
    return {
        "action": "ext-value",
        "ext-action": "notified",
        "DateTime": rfc3339(one.made_at),
        "Contact": {"role": "ext-value", "ext-role": one.role, "type": "organization"},
        "AdditionalData": [_added(_NOTICE, json_text(held))],
    }


def _added(name: str, value: str, meaning: str = "") -> Json:
    more = {"meaning": meaning} if meaning else {}
    return {"name": name, "dtype": "json", **more, "value": value}


def _without(held: Json, keys: Sequence[str]) -> Json:
    return {key: value for key, value in held.items() if key not in keys}


def _read(incident: Mapping[str, Any]) -> Exported:
    identity = incident["IncidentID"]
    category = incident["Assessment"][0].get("IncidentCategory", [""])
    native: Json = {
        "incident_id": identity["id"],
        "rsit": category[0],
        "time": incident["StartTime"],
        "centre": identity["name"],
        "written_at": incident["GenerationTime"],
        "tlp": incident.get("ext-restriction") or _TLP[incident["restriction"]],
    }
    if "instance" in identity:
        native |= {f"details.{name}": one for name, one in _read_details(incident).items()}
    return whole(_held(incident, NAME), native)


def _read_details(incident: Mapping[str, Any]) -> Json:
    events = incident.get("EventData", ())
    history = incident.get("History", {}).get("HistoryItem", ())
    return {
        "revision": int(incident["IncidentID"]["instance"]),
        "times.detected_at": incident["DetectTime"],
        "times.first_event_at": incident["StartTime"],
        "times.last_event_at": incident["EndTime"],
        "times.restored_at": incident.get("RecoveryTime"),
        "attack": _read_method(incident),
        "findings": [_read_finding(one) for one in events if "Discovery" in one],
        "observables": [
            *(_read_observed(one) for one in events if "Discovery" not in one),
            *_read_users(incident),
        ],
        "revisions": [
            {**_held(one, _REVISION), "at": one["DateTime"]}
            for one in history
            if one["action"] == "status-new-info"
        ],
        "told": [
            {
                **_held(one, _NOTICE),
                "made_at": one["DateTime"],
                "role": one["Contact"]["ext-role"],
            }
            for one in history
            if one["action"] == "ext-value"
        ],
    }


def _held(holder: Mapping[str, Any], name: str) -> Json:
    """Give our own AdditionalData of a name."""
    value = next(one["value"] for one in holder["AdditionalData"] if one.get("name") == name)
    found: Json = orjson.loads(value)
    return found


def _read_method(holder: Mapping[str, Any]) -> list[str]:
    return [
        one["Description"][0] for method in holder.get("Method", ()) for one in method["Reference"]
    ]


def _read_finding(event: Mapping[str, Any]) -> Json:
    return {
        **_held(event, _FINDING),
        "title": event["Description"][0],
        "first_event_at": event["StartTime"],
        "last_event_at": event["EndTime"],
        "attack": _read_method(event),
    }


def _read_observed(event: Mapping[str, Any]) -> Json:
    if "RecordData" in event:
        hashed = event["RecordData"][0]["FileData"][0]["File"][0]["HashData"]["Hash"][0]
        digest = b64decode(hashed["DigestValue"]).hex()
        return {"kind": _DIGESTS[hashed["DigestMethod"]], "value": digest}
    system = event["System"][0]
    node = system["Node"]
    named = node["Address"][0]["value"] if "Address" in node else node["DomainData"][0]["Name"]
    return {
        "kind": system["Description"][0],
        "value": named,
        "part": system.get("category", ""),
    }


def _read_users(incident: Mapping[str, Any]) -> Iterator[Json]:
    for one in incident.get("Indicator", ()):
        for user in one["Observable"]["BulkObservable"]["BulkObservableList"].split("\n"):
            yield {"kind": "user", "value": user}
