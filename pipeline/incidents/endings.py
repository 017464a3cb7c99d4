"""Incidents that have ended: how long their rows stay in the state, and what is known of them then.

A closed or merged incident keeps its row for thirty days behind its last event and its last
revision, whichever is later: late data and a person who reopens it find it there. Then the row
leaves; its place in time stays for a year, so that what comes again of the same kind is linked to
it. Both run by ticks, and the history in the store stays untouched.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.incidents.standing import IncidentRow, Standing
from pipeline.model import NANOSECONDS, Incident, IncidentState
from pipeline.model.rows import Rows

DAY = 86_400 * NANOSECONDS
ROW_KEPT = 30 * DAY
PLACE_KEPT = 365 * DAY
MOST_PLACES = 512  # of an object; beyond, the one that ended first goes


@dataclass(slots=True)
class Ended:
    """Where an ended incident was: its kind, its last event, when it ended, when its row leaves."""

    fold_key: str
    last_event_at: int
    ended_at: int
    row_until: int
    merged: bool = False


@dataclass(slots=True)
class EndedRow:
    """State of one object: its ended incidents by id, and when the next of them is to be let go."""

    by_id: dict[str, Ended] = field(default_factory=dict)
    next_at: int = 0


ROWS: Mapping[str, type] = {"ended": EndedRow}


def note_ending(state: Rows, incident: Incident) -> None:
    """Note how an incident stands: an ended one is remembered, one that is open again is not."""
    row = state.get(EndedRow, "ended")
    if incident.state in (IncidentState.CLOSED, IncidentState.MERGED):
        row = row or EndedRow()
        until = max(incident.changed_at, incident.last_event_at) + ROW_KEPT
        known = row.by_id.get(incident.id)
        row.by_id[incident.id] = Ended(
            fold_key=incident.fold_key,
            last_event_at=incident.last_event_at,
            ended_at=known.ended_at if known else incident.changed_at,
            row_until=until,
            merged=incident.state is IncidentState.MERGED,
        )
        _bound(state, row)
    elif row is None or row.by_id.pop(incident.id, None) is None:
        return
    _plan(row)
    state.put(row, "ended")


def came_before(state: Rows, fold_key: str) -> str:
    """Give the incident of that kind that ended last at an object; "" where none is remembered."""
    row = state.get(EndedRow, "ended")
    found = [
        (one.ended_at, name)
        for name, one in (row.by_id if row is not None else {}).items()
        if one.fold_key == fold_key and not one.merged
    ]
    return max(found)[1] if found else ""


def let_go(state: Rows, now: int) -> None:
    """Let go, at a tick, of rows and places whose time is over."""
    row = state.get(EndedRow, "ended")
    if row is None or not row.by_id or now < row.next_at:
        return
    for name, one in list(row.by_id.items()):
        if one.row_until <= now:
            _drop(state, name)
        if _place_until(one) <= now:
            del row.by_id[name]
    _plan(row, now)
    if row.by_id:
        state.put(row, "ended")
    else:
        state.drop("ended")


def _bound(state: Rows, row: EndedRow) -> None:
    while len(row.by_id) > MOST_PLACES:
        name = min(row.by_id, key=lambda one: (row.by_id[one].ended_at, one))
        _drop(state, name)
        del row.by_id[name]


def _drop(state: Rows, name: str) -> None:
    held = state.get(IncidentRow, "incident", name)
    if held is not None:
        Standing.of(state).forget(held)
        state.drop("incident", name)


def _plan(row: EndedRow, now: int = 0) -> None:
    """Work out when a row or a place is next to be let go."""
    moments = [
        one.row_until if one.row_until > now else _place_until(one) for one in row.by_id.values()
    ]
    row.next_at = min(moments, default=0)


def _place_until(one: Ended) -> int:
    # What was merged goes on as another: nothing is linked to it.
    return one.row_until if one.merged else one.row_until + PLACE_KEPT - ROW_KEPT
