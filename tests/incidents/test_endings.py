"""How long ended incidents stay in the state, and what is known of them then."""

from pipeline.incidents import IncidentRow, let_go
from pipeline.incidents.endings import DAY, MOST_PLACES, EndedRow, came_before
from tests.incidents.making import Office, found


def rows(office: Office) -> int:
    """Count the incidents' rows."""
    return office.state.count("incident")


def test_a_closed_incident_s_row_leaves_after_thirty_days() -> None:
    """Ticks let the row go thirty days behind its end, and its place a year behind it."""
    office = Office()
    (incident,) = office.find(found("f1", 0))
    office.act("close", incident, verdict="true")
    let_go(office.state, office.now + 30 * DAY - 1)
    assert rows(office) == 1
    let_go(office.state, office.now + 30 * DAY)
    assert rows(office) == 0
    assert came_before(office.state, "a") == incident.id
    let_go(office.state, office.now + 364 * DAY)
    assert came_before(office.state, "a") == incident.id
    let_go(office.state, office.now + 366 * DAY)
    assert came_before(office.state, "a") == ""
    assert office.state.get(EndedRow, "ended") is None


def test_an_open_incident_never_leaves() -> None:
    """However old it is, what has not ended stays; reopened, it is no ended one."""
    office = Office()
    (incident,) = office.find(found("f1", 0))
    let_go(office.state, office.now + 900 * DAY)
    office.act("close", incident, verdict="true")
    office.act("reopen", incident)
    let_go(office.state, office.now + 900 * DAY)
    assert rows(office) == 1


def test_late_data_moves_the_term_and_finds_its_incident() -> None:
    """What joins a closed incident counts for its time; its findings are still held."""
    office = Office()
    (incident,) = office.find(found("f1", 0))
    office.act("close", incident, verdict="true")
    office.now += 29 * DAY
    (again,) = office.find(found("f2", 0))
    assert again.id == incident.id
    let_go(office.state, office.now + 2 * DAY)
    assert rows(office) == 1


def test_what_was_merged_leaves_no_place() -> None:
    """Nothing is linked to an incident that goes on as another."""
    office = Office()
    office.find(found("f1", 0))
    office.find(found("f2", 11))
    _, gone = office.find(found("f3", 5.5))
    assert gone.merged_into
    assert came_before(office.state, "a") == ""
    let_go(office.state, office.now + 31 * DAY)
    assert office.state.get(IncidentRow, "incident", gone.id) is None


def test_the_places_of_an_object_are_bounded() -> None:
    """Beyond so many the one that ended first goes, row and place."""
    office = Office()
    first = None
    for number in range(MOST_PLACES + 1):
        (incident,) = office.find(found(f"f{number}", number * 20))
        first = first or incident
        office.act("close", incident, verdict="true")
    row = office.state.get(EndedRow, "ended")
    assert row is not None
    assert len(row.by_id) == MOST_PLACES
    assert first is not None
    assert first.id not in row.by_id


def test_a_tick_looks_at_nothing_before_its_time() -> None:
    """Until the next term is due a tick changes no row."""
    office = Office()
    (incident,) = office.find(found("f1", 0))
    office.act("close", incident, verdict="true")
    office.state.settled()
    let_go(office.state, office.now + DAY)
    assert office.state.changes() == {}
