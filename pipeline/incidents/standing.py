"""An object's incidents as they stand: their rows of state, and how findings are led to them."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from pipeline.model import Finding, Incident, IncidentState
from pipeline.model.rows import Rows

HELD_PER_RULE = 32
MOST_CAMPAIGNS = 32
ENDED = frozenset({IncidentState.CLOSED, IncidentState.MERGED})
_STANDING = "incidents.open"


@dataclass(slots=True)
class Beyond:
    """Findings that are only counted: how many, their events, and when they were."""

    findings: int = 0
    events: int = 0
    first: int = 0
    last: int = 0

    def add(self, other: "Beyond") -> None:
        """Count others as well."""
        if other.findings:
            self.first = min(self.first or other.first, other.first)
            self.last = max(self.last, other.last)
        self.findings += other.findings
        self.events += other.events


@dataclass(slots=True)
class IncidentRow:
    """State of one incident: its latest revision and the findings in it, without their events.

    Of one rule so many findings are held; a flood of further ones (a host name made up for each
    record) says nothing new of the verdict, and is counted in ``beyond``. ``tasks`` maps the tasks
    that people set to whether they are done; ``campaigns`` are those that its findings are part of.
    ``told`` maps who has been told (role:party) to whether news was held back from them since.
    """

    incident: Incident
    findings: dict[str, Finding] = field(default_factory=dict)
    beyond: Beyond = field(default_factory=Beyond)
    tasks: dict[str, bool] = field(default_factory=dict)
    campaigns: list[str] = field(default_factory=list)
    told: dict[str, bool] = field(default_factory=dict)

    def hold(self, finding: Finding) -> None:
        """Take a finding's revision in, or count it."""
        campaign = finding.fields.get("campaign")
        if campaign and campaign not in self.campaigns and len(self.campaigns) < MOST_CAMPAIGNS:
            self.campaigns.append(str(campaign))
        same = sum(other.rule.id == finding.rule.id for other in self.findings.values())
        if finding.id in self.findings or same < HELD_PER_RULE:
            self.findings[finding.id] = replace(finding, event_ids=(), fields={})
        else:
            new = finding.revision == 1
            first, last = finding.first_event_at, finding.last_event_at
            self.beyond.add(Beyond(int(new), finding.event_count if new else 0, first, last))

    def held(self) -> list[Finding]:
        """Give the findings in it by time and id."""
        return sorted(self.findings.values(), key=lambda one: (one.first_event_at, one.id))

    def span(self) -> tuple[int, int]:
        """Give the first and the last instant of its events; ValueError where it holds none."""
        first = min(finding.first_event_at for finding in self.findings.values())
        last = max(finding.last_event_at for finding in self.findings.values())
        return min(first, self.beyond.first or first), max(last, self.beyond.last)


@dataclass(slots=True)
class Standing:
    """An object's incidents by fold key, open and closed; by the findings they hold; unseen.

    ``spans`` are the first and last instant of each one's events. Derived from the rows when they
    are first asked for, and kept with them.
    """

    by_key: dict[str, dict[str, IncidentRow]] = field(default_factory=dict)
    closed: dict[str, dict[str, IncidentRow]] = field(default_factory=dict)
    holder: dict[str, IncidentRow] = field(default_factory=dict)
    hidden: dict[str, IncidentRow] = field(default_factory=dict)
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, state: Rows) -> "Standing":
        """Give those of an object's rows."""
        found = state.scratch.get(_STANDING)
        if not isinstance(found, cls):
            found = state.scratch[_STANDING] = cls()
            for _, row in state.all(IncidentRow, "incident"):
                found.note(row)
        return found

    def note(self, row: IncidentRow) -> None:
        """Take in a row as it stands."""
        incident = row.incident
        if incident.state is IncidentState.MERGED:
            self.forget(row)
            return
        ended = incident.state is IncidentState.CLOSED
        here, there = (self.closed, self.by_key) if ended else (self.by_key, self.closed)
        here.setdefault(incident.fold_key, {})[incident.id] = row
        there.get(incident.fold_key, {}).pop(incident.id, None)
        for finding_id in row.findings:
            self.holder[finding_id] = row
        if row.findings:
            self.spans[incident.id] = row.span()
        else:
            self.spans.pop(incident.id, None)
        if incident.revision:
            self.hidden.pop(incident.id, None)
        else:
            self.hidden[incident.id] = row

    def forget(self, row: IncidentRow) -> None:
        """Let go of a row that was merged or is gone."""
        incident = row.incident
        for known in (self.by_key, self.closed):
            known.get(incident.fold_key, {}).pop(incident.id, None)
        self.hidden.pop(incident.id, None)
        self.spans.pop(incident.id, None)
        for finding_id in row.findings:
            if self.holder.get(finding_id) is row:
                del self.holder[finding_id]

    def holding(self, finding_id: str) -> IncidentRow | None:
        """Give the incident that holds a finding; None where none does."""
        row = self.holder.get(finding_id)
        if row is None or finding_id not in row.findings:
            return None
        return None if row.incident.state is IncidentState.MERGED else row

    def near(self, key: str, finding: Finding, within: int) -> Iterator[IncidentRow]:
        """Give the open incidents of a fold key whose events lie so near to a finding's (ns)."""
        yield from self._near(self.by_key, key, finding, within)

    def closed_near(self, key: str, finding: Finding, within: int) -> Iterator[IncidentRow]:
        """Give the closed incidents of a fold key whose events lie so near to a finding's (ns)."""
        yield from self._near(self.closed, key, finding, within)

    def _near(
        self,
        among: dict[str, dict[str, IncidentRow]],
        key: str,
        finding: Finding,
        within: int,
    ) -> Iterator[IncidentRow]:
        begin, end = finding.first_event_at - within, finding.last_event_at + within
        for name, row in among.get(key, {}).items():
            span = self.spans.get(name)
            if span is not None and span[1] >= begin and span[0] <= end:
                yield row


def seniority(row: IncidentRow) -> tuple[bool, int, str]:
    """Order incidents by who was opened first; one of this batch comes after those that stand."""
    return (not row.incident.revision, row.incident.opened_at, row.incident.id)
