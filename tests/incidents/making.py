"""Findings, verdicts and commands for tests of the fold and of what people do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.incidents import ROW_TYPES, Fold, Revised
from pipeline.incidents.actions import Acted, Hands, obey_step
from pipeline.incidents.decisions import said, verdict_of
from pipeline.model import (
    NANOSECONDS,
    Assessment,
    Command,
    Decision,
    Finding,
    Incident,
    Labels,
    Leg,
    RuleRef,
    Tri,
)
from pipeline.model.rows import Rows

HOUR = 3600 * NANOSECONDS
BASE = 1_772_424_000 * NANOSECONDS
OUTSIDE = (
    Leg("holder", "holder", "kz-418-V/7-2(1)(2)", "statute", "told"),
    Leg("ncc", "ncc", "kz-418-V/7-2(1)(2)", "statute", "told"),
)
INSIDE = (Leg("duty_officer", "duty", "policy", "policy", "paged"),)
REASON = "it is so, we looked"
SEVERITIES = ("low", "high", "critical")
SAYABLE: Mapping[str, tuple[str, ...]] = {
    "failure": ("yes", "no", "unknown"),
    "is_incident": ("yes", "no"),
    "severity": SEVERITIES,
    "handover": ("yes",),
}


def judged(
    _object: str, findings: Sequence[Finding], _at: int, decisions: Sequence[Decision] = ()
) -> Assessment:
    """Judge yes when any finding says failure, under what persons say; the route follows."""
    failures = {finding.labels.failure for finding in findings}
    verdict = Tri.YES if Tri.YES in failures else Tri.UNKNOWN
    words = said(decisions)
    verdict = verdict_of(decisions, verdict) or verdict
    return Assessment(
        is_incident=verdict,
        predicate={},
        occurrence="single",
        acts={},
        intent="unknown",
        origin="unknown",
        reality="unknown",
        rsit="",
        attack=(),
        impact={},
        scope="domestic",
        aims=(),
        severity=words.get("severity", "high"),
        priority="1",
        route={Tri.YES: OUTSIDE, Tri.UNKNOWN: INSIDE, Tri.NO: ()}[verdict],
        basis={},
        versions={},
    )


FOLD = Fold(
    key=lambda finding: finding.labels.rsit, join_within=6 * HOUR, assess=judged, decide=judged
)


def found(
    name: str, hours: float, *, failure: Tri = Tri.YES, rule: str = "r", **more: Any
) -> Finding:
    """Make a finding at an hour of the story."""
    at = BASE + int(hours * HOUR)
    values: dict[str, Any] = {
        "id": name,
        "revision": 1,
        "kind": "rule",
        "rule": RuleRef(rule, rule.upper(), "high", "h"),
        "object_id": "o",
        "first_event_at": at,
        "last_event_at": at,
        "event_ids": ("e",),
        "event_count": 1,
        "group": {},
        "labels": Labels(failure=failure, rsit="a"),
        "fields": {},
        **more,
    }
    return Finding(**values)


@dataclass
class Office:
    """One object's state, its people, and every revision that was made there."""

    fold: Fold = FOLD
    state: Rows = field(default_factory=lambda: Rows("o", ROW_TYPES, {}))
    made: list[Revised] = field(default_factory=list)
    now: int = BASE
    kept: dict[str, bytes | None] = field(default_factory=dict)

    def find(self, *findings: Finding) -> list[Incident]:
        """Fold findings of one batch; give the incidents that they revised."""
        self.now += NANOSECONDS
        revised = self.fold.step(self.state, findings, self.now)
        self.made += revised
        return [one.incident for one in revised]

    def act(
        self, step: str, incident: Incident, role: str = "duty_lead", **detail: object
    ) -> Acted:
        """Have a person take a step."""
        self.now += NANOSECONDS
        given: dict[str, object] = {
            "object_id": incident.object_id,
            "incident": incident.id,
            **detail,
        }
        command = Command(f"incident_{step}", role, "a.serik", REASON, self.now, given)
        hands = Hands(self.fold, lambda _object: self.state, lambda _at: SAYABLE)
        done = obey_step(hands, command, self.now)
        for revised in done.revised.values():
            self.made += revised
        return done

    def stored(self) -> "Office":
        """Give the same office as it comes back from its stored bytes."""
        self.kept |= self.state.changes()
        rows = {key: data for key, data in self.kept.items() if data is not None}
        return replace(self, state=Rows("o", ROW_TYPES, rows))

    def histories(self) -> dict[str, list[Revised]]:
        """Give every incident's revisions in the order in which they were made."""
        histories: dict[str, list[Revised]] = {}
        for one in self.made:
            histories.setdefault(one.incident.id, []).append(one)
        return histories

    def last(self, incident: Incident) -> Incident:
        """Give an incident's last revision."""
        return self.histories()[incident.id][-1].incident
