"""Duties of single things: each joint of an object with a state system, each centre's licence.

Rows of ``duties.yml`` with ``each`` are asked of every one of them (43(1), 44(4), 54(3-2); 7-2(2)).
What has to stand before a system is joined is due when it is; a paper has no date of its own, so
that it stands or does not. What nobody recorded is unknown, and neither a duty met nor one missed.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from pipeline.registry.duty import Duty, State
from pipeline.registry.duty_rows import DutyRow
from pipeline.registry.moments import LATEST
from pipeline.registry.network import Integration
from pipeline.registry.parties import Party
from pipeline.registry.records import ObjectRecord

IsState: TypeAlias = Callable[[str, int], bool | None]
"""Whether a registered object is a state system at an instant; None where nothing says."""


def nothing_known(_object_id: str, _at: int) -> bool | None:
    """Know of no other object whether it is the state's."""
    return None


def is_state(record: ObjectRecord) -> bool | None:
    """Tell whether a record is a state system's; None where it does not say whose it is."""
    if record.ownership is None and not record.state_body:
        return None
    return record.state_body or record.ownership == "state"


def joint_duties(
    row: DutyRow, record: ObjectRecord, at: int, known: IsState, connected: int | None
) -> Iterator[Duty]:
    """Give one row's duties for each joint that it binds, by the other side's name.

    ``connected`` is when both connections of the object stood (54(3-3)), nanoseconds.
    """
    for joint in record.integrations:
        state = joint.state
        if state is None and joint.object is not None:
            state = known(joint.object, at)
        binds = _binds(row, record, joint, state)
        if binds is False:
            continue
        name = f"{row.id}:{joint.object or joint.name}"
        if binds is None:
            yield _open(row, name, joint.since, "whose systems these are, or data of persons")
        elif row.met_by == "centre_and_ncc_connected":
            yield _duty(row, name, at, joint.since, connected)
        elif joint.contract if row.met_by == "contract" else joint.personal_data_approval:
            yield Duty(
                name, row.basis, row.set_by, joint.since, joint.since, None, "met", "", row.reason
            )  # fmt: skip
        else:
            yield _duty(row, name, at, joint.since, None)


def licence_duties(
    parties: Sequence[Party], at: int, rows: Sequence[DutyRow]
) -> Iterator[tuple[str, Duty]]:
    """Give (party, duty) of every centre's licence at an instant (7-2(2), 7-3(2)).

    A bank's own unit needs none (7-2(4)).
    """
    for row in rows:
        if row.each != "centre" or not row.valid_from <= at < row.valid_to:
            continue
        for party in sorted(parties, key=lambda one: one.id):
            licence = party.licence
            exempt = licence is not None and licence.exempt_bank_unit
            if exempt or not set(row.when).intersection(party.roles):
                continue
            until = licence.valid_until if licence is not None and licence.number else None
            if until is None:
                yield party.id, _open(row, row.id, None, "the licence's number or its end")
            elif until != LATEST:
                state: State = "pending" if at < until else "overdue"
                yield party.id, Duty(
                    row.id, row.basis, row.set_by, until, until, None, state, "", row.reason
                )  # fmt: skip


def _binds(
    row: DutyRow, record: ObjectRecord, joint: Integration, state: bool | None
) -> bool | None:
    """Tell whether a row binds a joint; None where the record leaves open what it asks."""
    if joint.exception is not None:
        return False
    asked = [state]
    if "not_state_system" in row.when:
        own = is_state(record)
        asked.append(None if own is None else not own)
    if row.met_by == "personal_data_approval":
        asked.append(joint.personal_data if record.personal_data is not False else False)
    if False in asked:
        return False
    return None if None in asked else True


def _duty(row: DutyRow, name: str, at: int, since: int | None, met: int | None) -> Duty:
    """Give a duty that is due when the joint is: what stands by then meets it."""
    if since is None:
        return _open(row, name, None, "since when they are joined")
    met = met if met is not None and met <= at else None
    state: State = "pending" if at < since else "overdue"
    if met is not None:
        state = "met" if met <= since else "met_late"
    return Duty(name, row.basis, row.set_by, since, since, met, state, "", row.reason)


def _open(row: DutyRow, name: str, since: int | None, missing: str) -> Duty:
    said = f"not recorded: {missing}"
    return Duty(name, row.basis, row.set_by, since, since, None, "unknown", said, row.reason)
