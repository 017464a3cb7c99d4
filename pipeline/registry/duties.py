"""Compliance countdowns of an object: what has to be done until when, what was done, what is late.

A pure function of the record and an instant (SPEC 7; 54(3-3), 17(4), 42(3), 39(4)). No number is
invented: where the law gives none and nobody entered one, the duty has no date and says what is
missing.
"""

import calendar
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from pipeline.model import NANOSECONDS
from pipeline.registry.duty import Duty, State
from pipeline.registry.duty_rows import MISSING, DutyRow, rows_of_law
from pipeline.registry.joint_duties import IsState, is_state, joint_duties, nothing_known
from pipeline.registry.moments import LATEST, zone_named
from pipeline.registry.records import ObjectRecord

_HOUR = 3600 * NANOSECONDS


def duties(
    record: ObjectRecord,
    at: int,
    rows: Sequence[DutyRow] | None = None,
    known: IsState = nothing_known,
) -> list[Duty]:
    """Give the duties of an object at an instant (nanoseconds), by id.

    ``rows`` default to those of the law; a registry's own come by ``rows_with``. ``known`` says of
    the objects that it is joined with whether they are the state's.
    """
    rows = rows_of_law() if rows is None else rows
    unknown = _unknown_flags(record)
    flags = record.flags(at) | _more_flags(record) | unknown
    found = [
        _open_question(row, unknown) if unknown.intersection(row.when) else _duty(row, record, at)
        for row in rows
        if row.each is None
        and row.valid_from <= at < row.valid_to
        and flags.issuperset(row.when)
        and flags.isdisjoint(row.without)
    ]
    found += [
        duty
        for row in rows
        if row.each == "joint" and row.valid_from <= at < row.valid_to
        for duty in joint_duties(row, record, at, known, _connected(record))
    ]
    return sorted([*found, *_prescribed(record, at)], key=lambda duty: duty.id)


def _more_flags(record: ObjectRecord) -> frozenset[str]:
    """Give what rows may ask beside the flags of routes: what a record must have or keep."""
    keeps = record.backup is not None or record.state_body or record.e_government is not None
    named = {
        "protected_secrets": record.protected_secrets is True,
        "backed_up": keeps or record.critical is not None,
        "attested": record.attestation is not None,
        "national_domain": any(one.national for one in record.network.domains),
        "licensed": any(one.valid_until != LATEST for one in record.software_licences),
        "state_system": is_state(record) is True,
    }
    return frozenset(name for name, holds in named.items() if holds)


def _unknown_flags(record: ObjectRecord) -> frozenset[str]:
    """Give what a record leaves open and rows ask: unknown is neither a duty nor none."""
    return frozenset({"protected_secrets"} if record.protected_secrets is None else ())


def _open_question(row: DutyRow, unknown: frozenset[str]) -> Duty:
    missing = f"not recorded: {', '.join(sorted(unknown.intersection(row.when)))}"
    return Duty(row.id, row.basis, row.set_by, None, None, None, "unknown", missing, row.reason)


def _duty(row: DutyRow, record: ObjectRecord, at: int) -> Duty:
    met = _done(row.met_by, record, at) if row.met_by else None
    begun = next(filter(None, (_done(name, record, at) for name in row.counts_from)), None)
    if met is not None and begun is not None and not row.repeats and met < begun:
        # What was done before the duty began does not meet it; what stands since then does.
        met = begun if row.met_by in _STANDING else None
    due, missing = _due(row, record, begun)
    return Duty(
        row.id,
        row.basis,
        row.set_by,
        begun,
        due,
        met,
        _state(row, begun, due, met, at) if not missing else _without_term(row, met),
        missing,
        row.reason,
    )


def _done(name: str, record: ObjectRecord, at: int) -> int | None:
    """Give when something was; None where nothing says so, or where it was later than ``at``."""
    found = _FACTS[name](record)
    if isinstance(found, int) or found is None:
        return found if found is None or found <= at or name in _ENDS else None
    return max((one for one in found if one <= at), default=None)


def _due(row: DutyRow, record: ObjectRecord, begun: int | None) -> tuple[int | None, str]:
    """Give the term, and what is missing where nobody set one."""
    if row.period is not None:
        hours = record.backup.period_hours if record.backup is not None else None
        if hours is None:
            return None, f"{MISSING}: {row.missing}"
        return (begun + hours * _HOUR if begun is not None else None), ""
    if not row.length_known:
        return None, f"{MISSING}: {row.missing}"
    if begun is None or row.expiry:
        return begun, ""
    return later(begun, row.years, row.months, row.days, zone_named(row.zone)), ""


def _without_term(row: DutyRow, met: int | None) -> State:
    return "met" if met is not None and not row.repeats else "source_missing"


def _state(row: DutyRow, begun: int | None, due: int | None, met: int | None, at: int) -> State:
    if begun is None or due is None:
        return "unknown"
    if met is not None and not row.repeats:
        return "met" if met < due else "met_late"
    return "pending" if at < due else "overdue"


def later(begun: int, years: int, months: int, days: int, zone: tzinfo) -> int:
    """Add calendar years, months and days to an instant, as a zone's calendar counts them.

    A day that the month lacks (29 February) is its last day.
    """
    seconds, nanos = divmod(begun, NANOSECONDS)
    moment = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)).astimezone(zone)
    year, month = divmod(moment.year * 12 + moment.month - 1 + years * 12 + months, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    then = moment.replace(year=year, month=month + 1, day=day) + timedelta(days=days)
    return int(then.timestamp()) * NANOSECONDS + nanos


def _prescribed(record: ObjectRecord, at: int) -> Iterator[Duty]:
    """Give the orders of supervising bodies, each with the term that it sets (7-1(13), 7(59))."""
    for one in record.prescriptions:
        state: State = "source_missing"
        if one.met_at is not None:
            state = "met" if one.due_at is None or one.met_at < one.due_at else "met_late"
        elif one.due_at is not None:
            state = "pending" if at < one.due_at else "overdue"
        missing = f"{MISSING}: the order sets no term" if one.due_at is None else ""
        reason = f"order of {one.issuer}"
        yield Duty(
            f"prescription:{one.reference}", "kz-418-V/7-1(13)", "by-law", one.at, one.due_at,
            one.met_at, state, missing, reason,
        )  # fmt: skip


def _stage_began(record: ObjectRecord) -> int | None:
    life = record.lifecycle
    if life is None:
        return None
    return {
        "trial": life.trial_started_at,
        "industrial": life.commissioned_at,
        "terminating": life.stopped_at,
    }.get(life.stage)


def _connected(record: ObjectRecord) -> int | None:
    """Give when both connections stood (54(3-3)); None while one is missing."""
    centre = record.operations_centre.connected_at if record.operations_centre else None
    linked = record.ncc.linked_at if record.ncc.link == "connected" else None
    return max(centre, linked) if centre is not None and linked is not None else None


def _audited(record: ObjectRecord) -> list[int]:
    return [one.at for one in record.audits if one.kind == "security"]


def _certificate_ends(record: ObjectRecord) -> int | None:
    """Give the first end of a certificate; None where one of the domains says none."""
    ends = [one.certificate_valid_until for one in record.network.domains if one.national]
    return min((one for one in ends if one is not None), default=None) if None not in ends else None


def _licence_ends(record: ObjectRecord) -> int | None:
    return min((one.valid_until for one in record.software_licences), default=None)


def _reviewed(record: ObjectRecord) -> int | None:
    known = record.reviewed_at if record.reviewed_at is not None else record.recorded_at
    return known if known > 0 else None


_ENDS = frozenset({"attestation_ends", "certificate_ends", "licence_ends"})
_STANDING = frozenset({"centre_and_ncc_connected"})
_FACTS: Mapping[str, Callable[[ObjectRecord], int | list[int] | None]] = {
    "listed": lambda one: one.critical.listed_at if one.critical else None,
    "commissioned": lambda one: one.lifecycle.commissioned_at if one.lifecycle else None,
    "trial_started": lambda one: one.lifecycle.trial_started_at if one.lifecycle else None,
    "stage_began": _stage_began,
    "security_audited": _audited,
    "backed_up": lambda one: one.backup.last_at if one.backup else None,
    "restore_tested": lambda one: one.backup.last_restore_test_at if one.backup else None,
    "national_copy_sent": lambda one: one.backup.national_copy_sent_at if one.backup else None,
    "centre_and_ncc_connected": _connected,
    "ncc_access_given": lambda one: one.ncc.access_at,
    "portal_updated": lambda one: one.portal.updated_at if one.portal else None,
    "reviewed": _reviewed,
    "attestation_ends": lambda one: one.attestation.valid_until if one.attestation else None,
    "certificate_ends": _certificate_ends,
    "licence_ends": _licence_ends,
}
