"""An incident's history as one list, and the times that it took."""

from dataclasses import replace

from pipeline.incidents.timeline import timeline, times
from pipeline.model import (
    NANOSECONDS,
    GuardDecision,
    Notice,
    NoticeState,
    Receipt,
    Recipient,
)
from tests.incidents.making import BASE, Office, found


def notice(incident_id: str, at: int, told: int | None) -> Notice:
    """Make a first notice to the holder, with its receipt where there is one."""
    made = Notice(
        id="n", incident_id=incident_id, revision=1, leg="first", ordinal=1,
        recipient=Recipient("holder", "h"), channel="folder", language="kk", created_at=at,
        due_at=at, basis="b", set_by="statute", guard=GuardDecision("open", ""), payload={},
    )  # fmt: skip
    if told is None:
        return made
    return replace(made, state=NoticeState.ACKNOWLEDGED, receipt=Receipt("n", "h", told, {}))


def test_the_list_is_in_the_order_of_time() -> None:
    """Events, findings, revisions, steps, notices and receipts stand in one order."""
    office = Office()
    (incident,) = office.find(found("f1", 0))
    office.act("acknowledge", incident, "analyst")
    office.act("close", incident, verdict="false")
    history = [one.incident for one in office.histories()[incident.id]]
    told = notice(incident.id, incident.opened_at, office.now + 5)
    moments = timeline(history, [found("f1", 0)], [told])
    assert [one.at for one in moments] == sorted(one.at for one in moments)
    assert [(one.kind, one.what) for one in moments] == [
        ("event", "first"), ("event", "last"), ("finding", "found"), ("revision", "opened"),
        ("notice", "first"), ("step", "acknowledge"), ("step", "close"), ("receipt", "first"),
    ]  # fmt: skip
    closing = moments[-2]
    assert (closing.actor, closing.detail["closing_verdict"]) == ("duty_lead/a.serik", "false")
    assert closing.detail["said"] == {"is_incident": "no"}
    assert closing.detail["machine"]["is_incident"] == "yes"


def test_times_come_from_the_history() -> None:
    """From the opening to each state, and until the last role had its first notice."""
    office = Office()
    (incident,) = office.find(found("f1", 0))
    office.act("acknowledge", incident)
    office.act("contain", incident)
    history = [one.incident for one in office.histories()[incident.id]]
    open_notice = notice(incident.id, incident.opened_at, None)
    taken = times(history, [open_notice], office.now)
    assert taken == {
        "acknowledge": NANOSECONDS, "contain": 2 * NANOSECONDS, "restore": None, "close": None,
        "notify": None,
    }  # fmt: skip
    told = notice(incident.id, incident.opened_at, incident.opened_at + 7)
    assert times(history, [told], BASE + 10**15)["notify"] == 7
