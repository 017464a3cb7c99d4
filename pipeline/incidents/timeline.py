"""An incident's history as one ordered list: events, findings, steps, notices, receipts.

Everything is read from what was kept of it, so that the list of a day that is past comes out the
same on any later day. Times in it are instants in nanoseconds.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.incidents.statistics.known import known
from pipeline.incidents.statistics.legs import first_told
from pipeline.model import Finding, Incident, IncidentState, Instant, Json, Notice, NoticeState

_ORDER = ("event", "finding", "revision", "step", "notice", "receipt")
_REACHED = {
    "acknowledge": IncidentState.ACKNOWLEDGED,
    "contain": IncidentState.CONTAINED,
    "restore": IncidentState.RESTORED,
    "close": IncidentState.CLOSED,
}


@dataclass(frozen=True, slots=True)
class Moment:
    """One line: when, of what kind, which of it, whose doing ("" the system's), and the facts.

    ``kind`` is event, finding, revision, step, notice or receipt; ``what`` names which: an event is
    the ``first`` or ``last``, a step has its own name, a notice its leg.
    """

    at: Instant
    kind: str
    what: str
    actor: str = ""
    detail: Json = field(default_factory=dict)


def timeline(
    history: Sequence[Incident], findings: Iterable[Finding], notices: Iterable[Notice]
) -> list[Moment]:
    """Give everything that is known of an incident, oldest first; ``history`` is never empty."""
    last = history[-1]
    moments = [
        Moment(last.first_event_at, "event", "first"),
        Moment(last.last_event_at, "event", "last", detail={"events": last.event_count}),
    ]
    moments += [_found(one) for one in findings]
    moments += _revisions(history)
    for notice in notices:
        moments += _told(notice)
    return sorted(moments, key=_place)


def times(
    history: Sequence[Incident], notices: Sequence[Notice], at: Instant
) -> Mapping[str, int | None]:
    """Give how long (ns) it took to acknowledge, notify, contain, restore and close; None: not yet.

    From the opening, as the history of an instant tells; ``notify`` until the last role had its
    first notice.
    """
    found = known(history, at)
    reached = found.reached if found is not None else {}
    opened = history[-1].opened_at
    taken: dict[str, int | None] = {
        name: reached[state] - opened if state in reached else None
        for name, state in _REACHED.items()
    }
    told = list(first_told(notices, history[-1], at).values())
    ready = [one for one in told if one is not None]
    taken["notify"] = max(ready) - opened if told and len(ready) == len(told) else None
    return taken


def _place(moment: Moment) -> tuple[int, int, str, str]:
    named = str(moment.detail.get("id", ""))
    return (moment.at, _ORDER.index(moment.kind), named, moment.what)


def _found(finding: Finding) -> Moment:
    return Moment(
        finding.last_event_at,
        "finding",
        "retracted" if finding.retracted else "found",
        detail={
            "id": finding.id,
            "rule": finding.rule.id,
            "title": finding.rule.title,
            "events": finding.event_count,
            "first_event_at": finding.first_event_at,
        },
    )


def _revisions(history: Sequence[Incident]) -> Iterator[Moment]:
    before: Incident | None = None
    for one in history:
        detail: Json = {
            "id": f"{one.revision:09d}",
            "revision": one.revision,
            "state": one.state.value,
            "verdict": one.assessment.is_incident.value,
            "severity": one.assessment.severity,
            "events": one.event_count,
            "hash": one.hash,
        }
        detail |= {
            name: value
            for name, value in (
                ("reason", one.reason),
                ("entry", one.entry),
                ("assigned_to", one.assigned_to),
                ("closing_verdict", one.closing_verdict),
                ("machine", one.machine),
            )
            if value
        }
        if one.step in ("decide", "correct", "close") and one.decisions:
            newest = one.decisions[-1]
            if before is None or newest not in before.decisions:
                detail["said"] = dict(newest.says)
        links = [link for link in one.links if before is None or link not in before.links]
        if links:
            detail["links"] = [{"kind": link.kind, "to": link.to} for link in links]
        merged = one.state is IncidentState.MERGED
        if merged:
            detail["merged_into"] = one.merged_into
        what = one.step or ("merge" if merged else "opened" if before is None else "findings")
        kind = "step" if one.actor else "revision"
        yield Moment(one.changed_at, kind, what, one.actor, detail)
        before = one


def _told(notice: Notice) -> Iterator[Moment]:
    to: Json = {
        "id": notice.id,
        "revision": notice.revision,
        "role": notice.recipient.role,
        "party": notice.recipient.party_id,
        "channel": notice.channel,
    }
    made = {**to, "due_at": notice.due_at, "basis": notice.basis, "set_by": notice.set_by}
    state = notice.state if notice.receipt is None else NoticeState.PENDING
    yield Moment(notice.created_at, "notice", notice.leg, detail={**made, "state": state.value})
    receipt = notice.receipt
    if receipt is not None:
        told = {**to, "state": notice.state.value, "attempts": notice.attempts}
        yield Moment(receipt.received_at, "receipt", notice.leg, detail=told)
