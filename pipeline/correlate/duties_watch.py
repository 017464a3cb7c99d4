"""The law's detectors of what is absent or late: a backup, an access log, a certificate, a licence.

What an object owes comes from the registry (``Owed``); what shows a duty met comes with the events
of rules that say so (``custom: {saqshy.meets: backup}``). Time is that of the ticks. No number is
ours: a term is the one that the object's papers, a by-law or the operator set, and without one a
duty is shown as missing its source and finds nothing. Which norm a duty follows from is the law
pack's word, and a pack that has none for a detector switches it off. Nothing here acts (55(4)).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.content import Content
from pipeline.correlate.evidence import Evidence
from pipeline.correlate.presence import SourceRow
from pipeline.correlate.silence import DEAF
from pipeline.model import (
    ENDING,
    Finding,
    Json,
    Match,
    Observation,
    RuleRef,
    finding_id,
    rfc3339,
)
from pipeline.model.rows import Rows

_FOUND = (
    ("saqshy.missed-backup", "A backup was missed"),
    ("saqshy.missing-access-log", "Access is not registered"),
    ("saqshy.domain-certificate", "A .KZ resource has no valid certificate"),
    ("saqshy.domain-abroad", "A .KZ resource stands abroad"),
    ("saqshy.licence-ended", "A right to use software has ended"),
    ("saqshy.personal-data-abroad", "Personal data stand abroad"),
    ("saqshy.one-factor", "Restricted personal data ask for one factor"),
    ("saqshy.internet-past-gateway", "The single gateway is not used"),
    ("saqshy.mail-past-gateway", "The mail gateway is not used"),
    ("saqshy.transport-bridged", "The transport network is joined"),
    ("saqshy.integration-past-gateway", "A state system is joined directly"),
    ("saqshy.control-abroad", "A network is controlled from abroad"),
)
DUTY_DETECTORS: Mapping[str, RuleRef] = {
    rule_id: RuleRef(rule_id, title, "medium", "1") for rule_id, title in _FOUND
}


@dataclass(frozen=True, slots=True)
class Owed:
    """One duty of an object; times in nanoseconds.

    ``detector`` is the id of what finds it unmet, ``subject`` what of the object it is about (a
    domain, a source; "" the object itself). It is unmet from ``due`` on (0: the registry says so
    itself); where events may show it met (``meets``), ``period`` after the last of them. With
    ``source`` it is unmet while that source's silence stands. ``facts`` go with the finding.
    """

    detector: str
    subject: str = ""
    due: int = 0
    period: int = 0
    meets: str = ""
    source: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class DutyRow:
    """State of one unmet duty: its finding, which stands until the duty is met."""

    finding: str
    revision: int
    since: int
    due: int


@dataclass(slots=True)
class MetRow:
    """When events last showed a duty met."""

    at: int = 0


DUTY_ROWS: Mapping[str, type] = {"duty": DutyRow, "met": MetRow}


def nothing_owed(_object_id: str, _at: int) -> Sequence[Owed]:
    """Give nothing: of an object of which nothing is known no duty is."""
    return ()


@dataclass(frozen=True, slots=True)
class DutiesWatch:
    """Finds unmet duties tick by tick; ``owed`` gives an object's at an instant."""

    content: Content
    evidence: Evidence
    owed: Callable[[str, int], Sequence[Owed]] = nothing_owed
    meeting: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        rules = self.content.rules.values()
        object.__setattr__(self, "meeting", {rule.id: rule.meets for rule in rules if rule.meets})

    def met(self, state: Rows, matches: Iterable[Match]) -> None:
        """Note what a batch's matches show to be met, by the events' own time."""
        if not self.meeting:
            return
        for match in matches:
            duty = self.meeting.get(match.rule_id)
            if duty is None:
                continue
            row = state.get(MetRow, "met", duty) or MetRow()
            if match.time > row.at:
                row.at = match.time
                state.put(row, "met", duty)

    def tick(self, state: Rows, ticked_at: int, seen: Observation) -> list[Finding]:
        """Give the findings of duties that are unmet now, and amend those of duties that are met.

        ``ticked_at`` is the tick before, 0 where there was none. Where nobody listened since then
        nothing is found: what shows a duty met may wait to be read. Nor is it where a replay ends.
        """
        now = seen.received_at
        if seen.source_id == ENDING or not ticked_at or now - ticked_at > DEAF:
            return []
        owed = {(one.detector, one.subject): one for one in self.owed(state.object_id, now)}
        standing = dict(state.all(DutyRow, "duty"))
        if not owed and not standing:
            return []
        findings = []
        for key in sorted(owed.keys() | standing.keys()):
            one, row = owed.get((key[0], key[1])), standing.get(key)
            due = self._unmet_since(state, one, now) if one is not None else None
            if one is not None and due is not None and row is None:
                row = _opened(one, now, due)
                findings.append(self._finding(state, key, row, one.facts, None))
                state.put(row, "duty", *key)
            elif due is None and row is not None:
                findings.append(self._finding(state, key, row, {}, now))
                state.drop("duty", *key)
        return findings

    def _unmet_since(self, state: Rows, one: Owed, now: int) -> int | None:
        """Give since when a duty is unmet, as it is known; None where it is met."""
        if one.source:
            source = state.get(SourceRow, "source", one.source)
            return source.silent_since if source is not None and source.silent_finding else None
        due = one.due
        if one.meets:
            met = state.get(MetRow, "met", one.meets)
            due = max(due, met.at + one.period) if met is not None else due
        return due if due <= now else None

    def _finding(
        self,
        state: Rows,
        key: tuple[str, ...],
        row: DutyRow,
        facts: Mapping[str, str],
        ended: int | None,
    ) -> Finding:
        row.revision += 1
        detector, subject = key
        told: Json = {**facts, "ended": ended is not None}
        if row.due:
            told["due"] = rfc3339(row.due)
        return Finding(
            id=row.finding,
            revision=row.revision,
            kind="detector",
            rule=DUTY_DETECTORS[detector],
            object_id=state.object_id,
            first_event_at=row.since,
            last_event_at=row.since if ended is None else ended,
            event_ids=(),
            event_count=0,
            group=_group(subject),
            labels=self.evidence.labels(detector),
            fields=told,
            trial=self.evidence.trial(state.object_id, row.since),
        )


def _group(subject: str) -> dict[str, str]:
    return {"subject": subject} if subject else {}


def _opened(one: Owed, now: int, due: int) -> DutyRow:
    """Open a finding at the instant since which the duty is unmet; without one, at the tick."""
    since = due or now
    opening = f"{one.subject}:{since}"
    return DutyRow(finding_id(one.detector, _group(one.subject), opening), 0, since, due)
