"""An incident as an OCSF incident finding: class 2005 of schema 1.9.0-dev.

In OCSF's own words: activity, status, severity, verdict and priority by their enumerations, times
(milliseconds, and exact as RFC 3339 under ``…_dt``), the rules with counts and times
(``finding_info_list``), ATT&CK techniques, observables by their type ids, TLP as a label of the
metadata, the centre as the product's vendor and as the group to which the incident is assigned.
What the law makes of it is an enrichment, as it is added to the finding; revisions and notices are
``unmapped``. What OCSF has coarser words for is read back from the exact ones beside them. Nothing
of the record is lost; messages for people are written and not read. The profiles are ``datetime``
and ``incident``; one finding a line (NDJSON).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from pipeline.errors import IntegrityError
from pipeline.model import IncidentState, Json, Tri, as_document, rfc3339
from pipeline.notify.exports.extension import MEANING, NAME, rest, whole
from pipeline.notify.exports.record import Details, Exported, Observable, ToldFinding
from pipeline.notify.exports.techniques import technique_address
from pipeline.notify.exports.titles import Titles

VERSION: Final = "1.9.0-dev"
CATEGORY, CLASS = 2, 2005
NATIVE = (
    "incident_id", "centre", "written_at", "tlp", "time", "details.attack", "details.findings",
    "details.observables", "details.event_count", "details.law", "details.times.opened_at",
    "details.times.changed_at", "details.times.first_event_at", "details.times.last_event_at",
)  # fmt: skip
_MILLISECOND = 1_000_000  # nanoseconds
_CREATE, _UPDATE, _CLOSE = (1, "Create"), (2, "Update"), (3, "Close")
_NEW, _GOING, _DONE, _CLOSED = (1, "New"), (2, "In Progress"), (4, "Resolved"), (5, "Closed")
_STATUS = {
    IncidentState.CANDIDATE: _NEW,
    IncidentState.NEW: _NEW,
    IncidentState.ACKNOWLEDGED: _GOING,
    IncidentState.INVESTIGATING: _GOING,
    IncidentState.CONTAINED: _GOING,
    IncidentState.RESTORED: _DONE,
    IncidentState.CLOSED: _CLOSED,
    IncidentState.MERGED: _CLOSED,
}
_SEVERITY = {
    "none": (1, "Informational"),
    "low": (2, "Low"),
    "medium": (3, "Medium"),
    "high": (4, "High"),
    "critical": (5, "Critical"),
}
_UNKNOWN = (0, "Unknown")
_VERDICT = {Tri.YES: (2, "True Positive"), Tri.NO: (5, "Benign"), Tri.UNKNOWN: (4, "Suspicious")}
_CLOSING = {"true": (2, "True Positive"), "benign": (5, "Benign"), "false": (1, "False Positive")}
_PRIORITY = {
    "routine": (1, "Low"),
    "normal": (1, "Low"),
    "elevated": (2, "Medium"),
    "urgent": (3, "High"),
    "immediate": (4, "Critical"),
}
_TYPES = {
    "host": (1, "Hostname"),
    "address": (2, "IP Address"),
    "user": (4, "User Name"),
    "domain": (1, "Hostname"),
    "md5": (8, "Hash"),
    "sha1": (8, "Hash"),
    "sha256": (8, "Hash"),
    "sha512": (8, "Hash"),
}
_LAW = "law"


def write(records: Sequence[Exported], titles: Titles) -> bytes:
    """Write incidents, one a line; ``titles``: the lines for people."""
    options = orjson.OPT_APPEND_NEWLINE
    found = (_finding(one, titles.of(one)) for one in records)
    return b"".join(orjson.dumps(one, option=options) for one in found)


def read(data: bytes) -> list[Exported]:
    """Read incidents back; IntegrityError where the bytes are no findings of ours."""
    try:
        return [_read(orjson.loads(line)) for line in data.splitlines() if line]
    except (orjson.JSONDecodeError, KeyError, IndexError, TypeError, ValueError) as error:
        raise IntegrityError(f"is no OCSF finding as Saqshy writes it: {error!r}") from error


def _finding(record: Exported, title: str) -> Json:
    details = record.details
    activity = _activity(details)
    severity = _SEVERITY.get(record.severity, _UNKNOWN)
    held = rest(record, NATIVE)
    return {
        "activity_id": activity[0],
        "activity_name": activity[1],
        "category_uid": CATEGORY,
        "category_name": "Findings",
        "class_uid": CLASS,
        "class_name": "Incident Finding",
        "type_uid": CLASS * 100 + activity[0],
        "type_name": f"Incident Finding: {activity[1]}",
        "severity_id": severity[0],
        "severity": severity[1],
        **_timed("time", details.times.opened_at if details is not None else record.time),
        **({"message": title} if title else {}),
        "metadata": _metadata(record),
        "assignee_group": {"name": record.centre, "type": "operations centre"},
        **(_details(record, details) if details is not None else _stub(record, title)),
        "unmapped": {NAME: held},
    }


def _activity(details: Details | None) -> tuple[int, str]:
    if details is None:
        return _CREATE
    if details.state in (IncidentState.CLOSED, IncidentState.MERGED):
        return _CLOSE
    return _CREATE if details.revision == 1 else _UPDATE


def _metadata(record: Exported) -> Json:
    details = record.details
    return {
        "version": VERSION,
        "product": {"name": "Saqshy", "vendor_name": record.centre},
        "profiles": ["datetime", "incident"],
        "uid": f"{record.incident_id}-{details.revision}" if details else record.incident_id,
        "correlation_uid": record.incident_id,
        "labels": [f"TLP:{record.tlp.upper()}"],
        **(_timed("modified_time", details.times.changed_at) if details is not None else {}),
        **_timed("logged_time", record.written_at),
    }


def _stub(record: Exported, title: str) -> Json:
    """Give the least that the class asks for, and nothing of the content."""
    return {
        "status_id": _NEW[0],
        "status": _NEW[1],
        "finding_info_list": [{"uid": record.incident_id, **({"title": title} if title else {})}],
    }


def _details(record: Exported, details: Details) -> Json:
    times, law = details.times, details.law
    status = _STATUS[IncidentState(details.state)]
    verdict = _CLOSING.get(details.closing_verdict) or _VERDICT[law.verdict]
    priority = _PRIORITY.get(law.priority, _UNKNOWN)
    infos = [_info(one) for one in details.findings]
    return {
        "status_id": status[0],
        "status": status[1],
        **_timed("start_time", times.first_event_at),
        **_timed("end_time", times.last_event_at),
        "count": details.event_count,
        "verdict_id": verdict[0],
        "verdict": verdict[1],
        "priority_id": priority[0],
        "priority": priority[1],
        "finding_info_list": infos or [{"uid": record.incident_id}],
        "attacks": [_attack(one) for one in details.attack],
        "observables": [_observable(one) for one in details.observables],
        "enrichments": [{
            "name": _LAW,
            "value": law.verdict.value,
            "type": MEANING,
            "provider": law.versions.get("pack") or NAME,
            "data": as_document(law),
        }],
    }  # fmt: skip


def _info(one: ToldFinding) -> Json:
    return {
        "uid": one.id,
        "title": one.title,
        "types": [one.kind],
        "analytic": {
            "uid": one.rule_id,
            "name": one.title,
            "category": one.level,
            "type_id": 1,
            "type": "Rule",
        },
        "attacks": [_attack(name) for name in one.attack],
        "related_events_count": one.event_count,
        **_timed("first_seen_time", one.first_event_at),
        **_timed("last_seen_time", one.last_event_at),
    }


def _attack(technique: str) -> Json:
    kind = "sub_technique" if "." in technique else "technique"
    return {kind: {"uid": technique, "src_url": technique_address(technique)}}


def _observable(one: Observable) -> Json:
    type_id, caption = _TYPES[one.kind]
    name = f"{one.part}.{one.kind}" if one.part else one.kind
    return {"name": name, "type_id": type_id, "type": caption, "value": one.value}


def _timed(name: str, at: int) -> Json:
    return {name: at // _MILLISECOND, f"{name}_dt": rfc3339(at)}


def _read(finding: Mapping[str, Any]) -> Exported:
    metadata = finding["metadata"]
    held = finding["unmapped"][NAME]
    native: Json = {
        "incident_id": metadata["correlation_uid"],
        "centre": metadata["product"]["vendor_name"],
        "written_at": metadata["logged_time_dt"],
        "tlp": metadata["labels"][0].removeprefix("TLP:").lower(),
        "time": finding["time_dt"],
    }
    if held.get("details") is not None:
        native["time"] = finding["start_time_dt"]
        native |= {f"details.{name}": one for name, one in _read_details(finding).items()}
    return whole(held, native)


def _read_details(finding: Mapping[str, Any]) -> Json:
    return {
        "attack": [_technique(one) for one in finding["attacks"]],
        "findings": [_read_info(one) for one in finding["finding_info_list"] if "analytic" in one],
        "observables": [_read_observable(one) for one in finding["observables"]],
        "event_count": finding["count"],
        "law": finding["enrichments"][0]["data"],
        "times.opened_at": finding["time_dt"],
        "times.changed_at": finding["metadata"]["modified_time_dt"],
        "times.first_event_at": finding["start_time_dt"],
        "times.last_event_at": finding["end_time_dt"],
    }


def _read_info(one: Mapping[str, Any]) -> Json:
    return {
        "id": one["uid"],
        "kind": one["types"][0],
        "rule_id": one["analytic"]["uid"],
        "title": one["title"],
        "level": one["analytic"]["category"],
        "first_event_at": one["first_seen_time_dt"],
        "last_event_at": one["last_seen_time_dt"],
        "event_count": one["related_events_count"],
        "attack": [_technique(name) for name in one["attacks"]],
    }


def _read_observable(one: Mapping[str, Any]) -> Json:
    part, _, kind = one["name"].rpartition(".")
    return {"kind": kind, "value": one["value"], "part": part}


def _technique(one: Mapping[str, Any]) -> str:
    held = one.get("technique") or one["sub_technique"]
    return str(held["uid"])
