"""Histories of incidents as small as the statistics need them."""

from collections.abc import Sequence
from dataclasses import replace

from pipeline.incidents.statistics import (
    History,
    Period,
    Questions,
    Statistics,
    Subject,
    statistics,
)
from pipeline.model import (
    NANOSECONDS,
    Assessment,
    GuardDecision,
    Incident,
    IncidentState,
    Limb,
    Notice,
    NoticeState,
    Receipt,
    Recipient,
    Tri,
    identity,
)

SECOND = NANOSECONDS
HOUR = 3600 * SECOND
BEGIN = 1_772_305_200 * SECOND  # 2026-03-01 in Almaty
END = BEGIN + 31 * 24 * HOUR
MARCH = Period(BEGIN, END, "2026-03", "Asia/Almaty", "month")
OVER = END + HOUR
YES, NO, UNKNOWN = Tri.YES, Tri.NO, Tri.UNKNOWN
BANK = Subject("banking", "country", ("financial",))


def judged(verdict: Tri = YES, **more: object) -> Assessment:
    """Make a verdict: unauthorised access and obtaining for certain, a copy perhaps."""
    values: dict[str, object] = {
        "is_incident": verdict,
        "predicate": {
            "failure": Limb(verdict, "reason", "basis"),
            "functioning_threat": Limb(UNKNOWN, "reason", "basis"),
            "harms": {"obtain": Limb(YES, "reason", "basis"), "copy": Limb(NO, "reason", "basis")},
        },
        "occurrence": "single",
        "acts": {"unauthorised_access": YES, "copying": UNKNOWN},
        "intent": "unauthorised",
        "origin": "external",
        "reality": "real",
        "rsit": "intrusions.system-compromise",
        "attack": (),
        "impact": {},
        "scope": "domestic",
        "aims": (),
        "severity": "high",
        "priority": "urgent",
        "route": (),
        "basis": {},
        "versions": {"regime": "normal"},
        **more,
    }
    return Assessment(**values)  # type: ignore[arg-type]


def incident(
    name: str = "i", at: int = BEGIN + HOUR, verdict: Tri = YES, **more: object
) -> Incident:
    """Make the first revision of an incident that opened at an instant, ten seconds after."""
    state = IncidentState.NEW if verdict is YES else IncidentState.CANDIDATE
    values: dict[str, object] = {
        "id": identity("incident", name),
        "revision": 1,
        "object_id": "o",
        "fold_key": "k",
        "state": state,
        "opened_at": at,
        "changed_at": at,
        "first_event_at": at - 10 * SECOND,
        "last_event_at": at,
        "event_count": 1,
        "finding_ids": ("f",),
        "assessment": judged(verdict),
        "finding_count": 1,
        **more,
    }
    return Incident(**values)  # type: ignore[arg-type]


def after(one: Incident, seconds: float, **more: object) -> Incident:
    """Make the next revision of an incident, so long after its opening."""
    at = one.opened_at + int(seconds * SECOND)
    return replace(one, revision=one.revision + 1, changed_at=at, **more)  # type: ignore[arg-type]


def lived(one: Incident, *states: tuple[IncidentState, float]) -> list[Incident]:
    """Give a history: an incident, and the states that it came to, seconds after its opening."""
    history = [one]
    for state, seconds in states:
        history.append(after(history[-1], seconds, state=state))
    return history


def notice(
    one: Incident,
    told: float | None = None,
    *,
    role: str = "ncc",
    party: str = "p",
    term: float = 0,
    **more: object,
) -> Notice:
    """Make a first notice of a revision, told so many seconds after it became owed."""
    at = one.changed_at
    name = identity("notice", one.id, one.revision, role, party, str(sorted(more)))
    receipt = None
    if told is not None:
        receipt = Receipt(name, f"{role}:{party}", at + int(told * SECOND), {})
    values: dict[str, object] = {
        "id": name,
        "incident_id": one.id,
        "revision": one.revision,
        "leg": "first",
        "ordinal": one.revision,
        "recipient": Recipient(role, party),
        "channel": "ncc",
        "language": "kk",
        "created_at": at,
        "due_at": at + int(term * SECOND),
        "basis": "kz-418-V/7-2(1)(2)",
        "set_by": "statute",
        "guard": GuardDecision("open", "attested_open"),
        "payload": {},
        "state": NoticeState.PENDING if told is None else NoticeState.ACKNOWLEDGED,
        "receipt": receipt,
        **more,
    }
    return Notice(**values)  # type: ignore[arg-type]


def asks(subject: Subject = BANK, **more: object) -> Questions:
    """Ask of every object the same."""
    return Questions(subject=lambda *_: subject, **more)  # type: ignore[arg-type]


def counted(
    *histories: Sequence[Incident] | History, known_at: int = OVER, period: Period = MARCH
) -> Statistics:
    """Count histories of objects that are all a bank's."""
    whole = [one if isinstance(one, History) else History(one) for one in histories]
    return statistics(whole, period, known_at, asks())
