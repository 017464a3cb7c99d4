"""Silences through the real runtime: who is paged, what is kept, what the law breaks through."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.incidents.audit import verify
from pipeline.incidents.silences import ADD, END
from pipeline.model import Command, IncidentState, as_document, rfc3339, to_json
from pipeline.runtime.bootstrap import offline
from pipeline.runtime.commands import RELOAD, Inbox
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.knowledge import Cause
from pipeline.runtime.leaving import leave, spool_of
from pipeline.runtime.reloading import Ask
from pipeline.runtime.reviewing import queue
from pipeline.runtime.silenced import covered, standing
from tests.runtime.centre import AT, OUTSIDE, Centre, centre, entry, failures

SPRAYING = "16e7b9e1-ab48-41b9-aa0f-3e3aeaba5b81"
GUESSED = "6d8b0059-a8a8-4f24-9c98-28bc5e879769"
OTHER = "203.0.113.99"
HOUR = 3600 * 10**9


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Centre]:
    """Give a system without any silence."""
    with centre(tmp_path) as made:
        yield made


def silence(here: Centre, role: str = "duty_lead", hours: float = 8.0, **detail: object) -> str:
    """Have a silence journalled and folded; give its id."""
    whole = {"hours": hours, "rules": [SPRAYING], **detail}
    command = Command(ADD, role, "a.serik", "the scan of order 44", here.clock.now(), whole)
    here.system.collector.command(command)
    here.drain()
    return command.id


def test_silenced_findings_are_kept_and_counted_and_page_nobody(here: Centre) -> None:
    """Under a silence a finding is stored with the silence's id, and nobody is told of it."""
    name = silence(here, object_id="kz-bank")
    here.take(failures(40))
    (finding,) = here.findings()
    assert finding.suppressed == name
    assert here.system.stores.incidents.finding(finding.id) == finding
    assert list(here.system.stores.incidents.latest()) == []
    assert here.notices() == []
    (held,) = covered(here.system.stores)
    assert (held.silence.id, held.findings, held.events) == (name, 1, 12)
    value = here.system.metrics.get_sample_value
    assert value("saqshy_findings_suppressed_total") == 1
    assert value("saqshy_findings_total", {"kind": "correlation", "level": "high"}) == 1


@pytest.mark.parametrize(
    "detail",
    [
        {"object_id": "kz-energy-tec"},
        {"rules": [GUESSED]},
        {"where": {"address": OTHER}},
        {"begins": rfc3339(AT + HOUR)},
    ],
    ids=["object", "rule", "group", "not-yet"],
)
def test_what_a_silence_does_not_name_is_told(here: Centre, detail: dict[str, object]) -> None:
    """A silence of another object, rule, group or time changes nothing."""
    silence(here, **detail)  # type: ignore[arg-type]
    here.take(failures(40))
    assert [one.suppressed for one in here.findings()] == [""]
    assert [one.recipient.role for one in here.notices()] == ["duty_officer"]


def test_a_legal_incident_breaks_through(here: Centre) -> None:
    """Where the verdict is yes everyone is told, whatever is silenced, and the audit says so."""
    name = silence(here, rules=[SPRAYING, GUESSED])
    here.take(failures(40))
    assert here.notices() == []
    here.clock.advance_to(AT + HOUR)
    here.take([entry(40)])
    (incident,) = here.system.stores.incidents.latest()
    assert incident.state is IncidentState.NEW
    assert (incident.revision, incident.opened_at) == (1, AT + HOUR)
    assert {one.recipient.role for one in here.notices()} >= {"ncc", "holder"}
    assert {one.leg for one in here.notices()} == {"first"}
    (broken,) = here.audit("silence_broken")
    assert (broken.chain, broken.subject) == ("kz-bank", incident.id)
    assert broken.detail["silence"] == name
    assert set(incident.finding_ids) == {one.id for one in here.findings()}
    here.take(failures(42, address=OTHER))
    assert len(here.audit("silence_broken")) == 1


def test_what_no_silence_covers_brings_the_rest_to_light(here: Centre) -> None:
    """A candidate that a silence hid is opened by a finding beside it, with all its findings."""
    silence(here, where={"address": OUTSIDE})
    here.take(failures(40))
    assert list(here.system.stores.incidents.latest()) == []
    here.clock.advance_to(AT + HOUR)
    here.take(failures(41, address=OTHER))
    (incident,) = here.system.stores.incidents.latest()
    assert (incident.state, incident.opened_at) == (IncidentState.CANDIDATE, AT + HOUR)
    assert len(incident.finding_ids) == 2
    assert [one.recipient.role for one in here.notices()] == ["duty_officer"]


def test_an_open_candidate_takes_silenced_findings_in_without_a_word(here: Centre) -> None:
    """What joins under a silence makes no revision of a candidate; the next other finding does."""
    here.take(failures(38))
    (before,) = here.system.stores.incidents.latest()
    silence(here, where={"address": OTHER})
    here.take(failures(40, address=OTHER))
    (same,) = here.system.stores.incidents.latest()
    assert same == before
    here.take(failures(42, address="203.0.113.77"))
    (after,) = here.system.stores.incidents.latest()
    assert (after.revision, len(after.finding_ids)) == (2, 3)
    assert len(here.notices()) == 1


def test_the_law_s_own_detectors_are_never_silenced(here: Centre) -> None:
    """A whole object may be silenced, and a source that falls silent there is told all the same."""
    silence(here, rules=[], object_id="kz-clinic-hosted")
    for _ in range(13):
        here.tick(5)
    found = [one for one in here.findings() if one.object_id == "kz-clinic-hosted"]
    assert found
    assert {one.suppressed for one in found} == {""}
    assert list(here.system.stores.incidents.latest("kz-clinic-hosted"))


def test_a_silence_ends_by_ticks_and_what_comes_after_is_told(here: Centre) -> None:
    """Time as it is journalled ends a silence: audited, with what it covered, and no longer so."""
    name = silence(here, hours=0.25)
    here.take(failures(40))
    here.tick(14)
    assert here.audit("silence_expired") == []
    here.tick(1)
    (expired,) = here.audit("silence_expired")
    assert (expired.subject, expired.actor) == (name, "saqshy")
    (told,) = here.audit("silence_suppressed")
    assert (told.chain, told.detail["findings"], told.detail["over"]) == ("kz-bank", 1, True)
    assert standing(here.system.stores.state) == []
    here.take(failures(44, address=OTHER))
    (incident,) = here.system.stores.incidents.latest()
    assert len(incident.finding_ids) == 2
    assert verify(here.system.stores.audit.read()) == []


def test_a_person_ends_a_silence_before_its_time(here: Centre) -> None:
    """An end names who and why, and from then on findings are told."""
    name = silence(here)
    reason = "the scan is over"
    command = Command(END, "analyst", "d.omar", reason, here.clock.now() + 1, {"silence": name})
    here.system.collector.command(command)
    here.take(failures(40))
    (ended,) = here.audit("silence_ended")
    assert (ended.actor, ended.detail["reason"]) == ("analyst/d.omar", "the scan is over")
    assert len(here.notices()) == 1


def test_an_edit_of_rules_leaves_silences_as_they_are(here: Centre) -> None:
    """A silence names rules by id, so that it outlives a reload."""
    silence(here)
    here.edit("correlation/password_spraying.yml", lambda text: text.replace("One Address", "A"))
    assert here.system.reloader.reload(Ask(Cause(way="watch"))).outcome == "in_force"
    here.take(failures(40))
    assert here.findings()[0].rule.title == "Password Spraying From A"
    assert here.notices() == []


def test_a_rebuild_from_the_journal_gives_the_same(here: Centre, tmp_path: Path) -> None:
    """Commands are input: the same journal in another store ends in the same incidents."""
    silence(here)
    here.take(failures(40))
    here.tick(9 * 60)
    here.take([*failures(44, address=OTHER), entry(44, address=OTHER)])
    here.tick(24 * 60)
    batches = [batch for _, batch in here.system.stores.journal.read(0, 1000)]
    settings = read_settings(tmp_path / "saqshy.yml")
    with offline(settings, tmp_path / "again.db") as again:
        for batch in batches:
            again.stores.journal.append("again", [batch])
        while again.engine.run_pending():
            pass
        rebuilt = [as_document(one) for one in again.stores.incidents.latest()]
        told = [as_document(one) for one in again.stores.outbox.list()]
        kinds = [(one.chain, one.entry_id, one.hash) for one in again.stores.audit.read()]
    assert rebuilt == [as_document(one) for one in here.system.stores.incidents.latest()]
    assert told == [as_document(one) for one in here.notices()]
    assert rebuilt
    mine = [(one.chain, one.entry_id, one.hash) for one in here.system.stores.audit.read()]
    assert [one for one in kinds if one[0] != "administration"] == [
        one for one in mine if one[0] != "administration"
    ]


def inbox(here: Centre, asked: list[Ask]) -> Inbox:
    """Give the inbox of a system."""
    return Inbox(spool_of(here.folder / "saqshy.db"), here.system.collector, asked.append)


def test_what_is_left_in_the_spool_is_journalled_once(here: Centre) -> None:
    """A command's file is journalled and taken away; left again, it is known."""
    folder, box = spool_of(here.folder / "saqshy.db"), inbox(here, [])
    assert box.take() == 0
    command = Command(
        ADD, "analyst", "d.omar", "known scanner, order 3", AT, {"rules": [SPRAYING], "hours": 1}
    )
    for _ in range(2):
        leave(folder, command)
        assert box.take() == 1
        assert list(folder.iterdir()) == []
    here.drain()
    assert [one.id for one in standing(here.system.stores.state)] == [command.id]
    assert len(here.audit("silence_added")) == 1
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "data", [b"", b"{", b"null", b"x" * 70_000, b'{"name": "silence_add"}'],
    ids=["empty", "cut", "null", "large", "partial"],
)  # fmt: skip
def test_what_is_no_command_is_set_aside(here: Centre, data: bytes) -> None:
    """A broken file is renamed and stops nothing."""
    folder = spool_of(here.folder / "saqshy.db")
    folder.mkdir()
    (folder / "1.json").write_bytes(data)
    box = inbox(here, [])
    assert (box.take(), box.take()) == (1, 0)
    assert [path.name for path in folder.iterdir()] == ["1.refused"]


def test_a_reload_is_a_command_of_a_role(here: Centre) -> None:
    """Who may not reload is refused with an audit entry; who may is handed on with the reason."""
    asked: list[Ask] = []
    box, folder = inbox(here, asked), spool_of(here.folder / "saqshy.db")
    for number, role in enumerate(("analyst", "duty_lead")):
        detail = {"accept_losses": True}
        leave(folder, Command(RELOAD, role, "d.omar", "rules of March", AT + number, detail))
    (folder / "9.json").write_bytes(to_json(Command("dance", "duty_lead", "a", "b", AT)))
    box.take()
    assert [(one.cause.actor, one.cause.reason, one.accept_losses) for one in asked] == [
        ("duty_lead/d.omar", "rules of March", True)
    ]
    assert [one.actor for one in here.audit("command_refused")] == ["analyst/d.omar", "duty_lead/a"]


def test_state_that_is_no_object_s_is_not_read(here: Centre) -> None:
    """What is kept under a name that begins with @ is no object's, whatever its rows are called."""
    silence(here, object_id="kz-bank")
    here.take(failures(40))
    here.system.stores.state.save(
        "@elsewhere", {'["suppressed","x"]': b"{}", '["novelty"]': b"{}", '["volume","s"]': b"{}"}
    )
    (held,) = covered(here.system.stores)
    assert held.findings == 1
    named = (one.object_id for one in queue(here.system.stores))
    assert not [name for name in named if name.startswith("@")]
