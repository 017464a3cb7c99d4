"""Nouns for the tests of the stores: small, valid, each different from the next."""

from typing import Any

from pipeline.model import (
    NANOSECONDS,
    Assessment,
    AuditEntry,
    Event,
    Failure,
    FailureCode,
    Finding,
    GuardDecision,
    Incident,
    IncidentState,
    Labels,
    Leg,
    Limb,
    Notice,
    RawBatch,
    Recipient,
    RecordNote,
    Revisions,
    RuleRef,
    TimeConfidence,
    Tri,
)

BEGIN = 1_760_000_000 * NANOSECONDS


def at(seconds: float) -> int:
    """Give the instant that many seconds into the story."""
    return BEGIN + int(seconds * NANOSECONDS)


def batch(
    number: int, object_id: str = "power-7", source_id: str = "dc-1", **over: Any
) -> RawBatch:
    """Make the batch of that sequence."""
    values: dict[str, Any] = {
        "id": f"{object_id}.{source_id}.{number}",
        "object_id": object_id,
        "source_id": source_id,
        "sequence": number,
        "previous": number - 1,
        "received_at": at(number),
        "reference_at": at(number),
        "format": "ndjson",
        "records": (b'{"EventID": 4625}', "құпия \x00 \udcff".encode("utf-8", "surrogateescape")),
        "notes": (RecordNote(1, "truncated", "at 1024 bytes"),),
        "resume": f"offset {number}",
        "revisions": Revisions("c1", "r1", "p1"),
    }
    return RawBatch(**{**values, **over})


def event(of: RawBatch, index: int, time: int, **over: Any) -> Event:
    """Make one event of a batch."""
    values: dict[str, Any] = {
        "batch": of.id,
        "index": index,
        "object_id": of.object_id,
        "source_id": of.source_id,
        "time": time,
        "received_at": of.received_at,
        "time_confidence": TimeConfidence.EXACT,
        "original_hash": "00" * 32,
        "format": of.format,
        "taxonomy": "windows",
        "ecs": {"event": {"code": "4625"}, "host": {"name": "dc-1"}},
        "native": {"EventID": 4625, "Message": "line one\nline two"},
    }
    return Event(**{**values, **over})


def finding(number: int, revision: int = 1, **over: Any) -> Finding:
    """Make the finding of that number."""
    values: dict[str, Any] = {
        "id": f"finding-{number}",
        "revision": revision,
        "kind": "rule",
        "rule": RuleRef("rule-1", "Password spraying", "high", "abc"),
        "object_id": "power-7",
        "first_event_at": at(1),
        "last_event_at": at(2),
        "event_ids": ("b-1", "b-2"),
        "event_count": 2,
        "group": {"user.name": "админ"},
        "labels": Labels(failure=Tri.YES, harms={"obtain": Tri.UNKNOWN}, attack=("T1110.003",)),
        "fields": {"EventID": 4625, "IpAddress": "10.0.0.7", "List": [1, None, 2.5]},
    }
    return Finding(**{**values, **over})


def assessment() -> Assessment:
    """Make a verdict."""
    return Assessment(
        is_incident=Tri.YES,
        predicate={
            "failure": Limb(Tri.YES, "a guard let someone in", "kz-418-V/1(31)"),
            "harms": {"obtain": Limb(Tri.UNKNOWN, "not seen", "kz-418-V/1(31)")},
        },
        occurrence="single",
        acts={"unauthorised_access": Tri.YES},
        intent="unauthorised",
        origin="external",
        reality="real",
        rsit="intrusions",
        attack=("T1078",),
        impact={"PUB": 2, "cia": {"confidentiality": 3}},
        scope="domestic",
        aims=("53(2)(1)",),
        severity="high",
        priority="P1",
        route=(Leg("ncc", "ncc", "kz-418-V/7-2(1)(2)", "statute", "connected to the centre"),),
        basis={"severity": "policy"},
        versions={"pack": "p1"},
    )


def incident(number: int, revision: int = 1, **over: Any) -> Incident:
    """Make the incident of that number."""
    values: dict[str, Any] = {
        "id": f"incident-{number}",
        "revision": revision,
        "object_id": "power-7",
        "fold_key": "access",
        "state": IncidentState.NEW,
        "opened_at": at(number),
        "changed_at": at(number + revision),
        "first_event_at": at(1),
        "last_event_at": at(2),
        "event_count": revision,
        "finding_ids": ("finding-1",),
        "assessment": assessment(),
    }
    return Incident(**{**values, **over})


def notice(number: int, **over: Any) -> Notice:
    """Make the notice of that number."""
    values: dict[str, Any] = {
        "id": f"notice-{number}",
        "incident_id": "incident-1",
        "revision": 1,
        "leg": "first",
        "ordinal": 1,
        "recipient": Recipient("ncc", "ncc"),
        "channel": "ncc",
        "language": "kk",
        "created_at": at(number),
        "due_at": at(number),
        "basis": "kz-418-V/7-2(1)(2)",
        "set_by": "statute",
        "guard": GuardDecision("open", "attested"),
        "payload": {"incident_id": "incident-1"},
        "object_id": "power-7",
    }
    return Notice(**{**values, **over})


def failure(number: int, **over: Any) -> Failure:
    """Make the failure of that number."""
    values: dict[str, Any] = {
        "batch_id": "b-1",
        "index": number,
        "object_id": "power-7",
        "source_id": "dc-1",
        "stage": "normalize",
        "code": FailureCode.SYNTAX,
        "detail": "no JSON at byte 3",
        "received_at": at(number),
    }
    return Failure(**{**values, **over})


def entry(number: int, chain: str = "power-7", **over: Any) -> AuditEntry:
    """Make a link of a chain; the store does not look at its hashes."""
    values: dict[str, Any] = {
        "chain": chain,
        "number": number,
        "entry_id": f"{chain}/{number}",
        "kind": "incident",
        "subject": "incident-1",
        "at": at(number),
        "actor": "saqshy",
        "detail": {"state": "new"},
        "previous_hash": "",
        "hash": "00",
    }
    return AuditEntry(**{**values, **over})
