"""What the registry learns late reaches the incidents that it concerns, and what was sent stays."""

import re
from functools import partial
from pathlib import Path

import orjson

from pipeline.incidents import revision_hash
from pipeline.incidents.audit import verify
from pipeline.model import Incident, Notice
from pipeline.runtime.knowledge import Cause
from pipeline.runtime.reloading import Ask
from tests.runtime.centre import AT, Centre, centre, entry, failures

LATE = Ask(Cause("duty_lead/a.serik", "command", "the list was seen only now"), id="c1")
LISTED = "    critical: {sector: banking, list_ref: example list 20, listed_at: 2024-01-01}\n"


def listed(text: str) -> str:
    """Enter the bank into the Government's list, as of a day."""
    marked = "    code: BANK-01\n"
    assert marked in text
    return text.replace(marked, marked + LISTED)


def attested(since: str, text: str) -> str:
    """Enter since when the bank is attested open."""
    begin = text.index("    code: BANK-01\n")
    found = re.compile(r"    at: \S+").search(text, text.index("attested_open_by", begin))
    assert found is not None
    return f"{text[: found.start()]}    at: {since}{text[found.end() :]}"


def broken_into(here: Centre) -> Incident:
    """Have the bank's gateway broken into; give the incident as it is told."""
    here.take([*failures(40), entry(40)])
    (found,) = [one for one in latest(here) if one.assessment.is_incident == "yes"]
    return found


def latest(here: Centre) -> list[Incident]:
    return list(here.system.stores.incidents.latest())


def told(notices: list[Notice]) -> dict[str, bytes]:
    """Give what was told: the payloads by the notices' ids."""
    return {one.id: orjson.dumps(one.payload) for one in notices}


def test_a_late_entry_in_the_list_judges_the_incident_anew(tmp_path: Path) -> None:
    """An incident of a time in which the object was critical gets a revision that says so."""
    with centre(tmp_path) as here:
        before = broken_into(here)
        sent = told(here.notices())
        here.edit("objects/objects.yml", listed)
        assert here.system.reloader.reload(LATE).outcome == "in_force"
        here.drain()
        (after,) = [one for one in latest(here) if one.id == before.id]
        assert after.revision == before.revision + 1
        assert after.previous_hash == before.hash
        assert after.hash == revision_hash(after)
        assert after.opened_at == before.opened_at
        assert (
            after.assessment.versions["registry"]
            == here.system.reloader.knowledge.registry.revision
        )
        grounds = {leg.role: leg.basis for leg in after.assessment.route}
        assert "kz-418-V/54(2)(6)" in grounds["ncc"]
        now = told(here.notices())
        assert {name: now[name] for name in sent} == sent
        (entry_made,) = here.audit("judged_anew")
        assert entry_made.actor == "duty_lead/a.serik"
        assert entry_made.detail["reason"] == "the list was seen only now"
        assert entry_made.detail["incidents_revised"] == 1
        assert verify(list(here.system.stores.audit.read())) == []


def test_a_change_that_bears_on_no_verdict_gives_no_revision(tmp_path: Path) -> None:
    """Where the verdict comes out the same, only the audit trail tells that it was judged anew."""
    with centre(tmp_path) as here:
        before = broken_into(here)
        here.edit("objects/objects.yml", lambda text: text.replace("2030-12-31", "2031-12-31"))
        assert here.system.reloader.reload(LATE).outcome == "in_force"
        here.drain()
        assert [one for one in latest(here) if one.id == before.id] == [before]
        (entry_made,) = here.audit("judged_anew")
        assert entry_made.detail["incidents_revised"] == 0


def test_another_objects_change_touches_nothing(tmp_path: Path) -> None:
    """What is learned of one object revises no incident of another."""
    with centre(tmp_path) as here:
        before = broken_into(here)
        here.edit(
            "objects/objects.yml", lambda text: text.replace("reach: region", "reach: country")
        )
        assert here.system.reloader.reload(LATE).outcome == "in_force"
        here.drain()
        assert [one for one in latest(here) if one.id == before.id] == [before]


def test_what_changed_while_nothing_ran_is_judged_at_the_start(tmp_path: Path) -> None:
    """Files that were edited while the system was down reach its incidents when it starts, once."""
    with centre(tmp_path) as here:
        before = broken_into(here)
        here.edit("objects/objects.yml", listed)
    for _ in range(2):
        with centre(tmp_path, at=AT + 1) as here:
            here.drain()
            (after,) = [one for one in latest(here) if one.id == before.id]
            assert after.revision == before.revision + 1
            assert len(here.audit("judged_anew")) == 1


def test_a_rebuild_from_the_journal_judges_anew_at_the_same_place(tmp_path: Path) -> None:
    """The journal's commands give the same revisions as the run that was watched."""
    with centre(tmp_path) as here:
        broken_into(here)
        here.edit("objects/objects.yml", listed)
        here.system.reloader.reload(LATE)
        here.take(failures(45))
        again = tmp_path / "again"
        first = [(one.id, one.revision, one.hash) for one in latest(here)]
        batches = [one for _, one in here.system.stores.journal.read(0, 1_000)]
        again.mkdir()
        with centre(again) as rebuilt:
            rebuilt.system.engine.chain = here.system.engine.chain
            for batch in batches:
                rebuilt.system.stores.journal.append("again", [batch])
            rebuilt.drain()
            assert [(one.id, one.revision, one.hash) for one in latest(rebuilt)] == first


def test_what_the_guard_held_for_a_while_is_told_as_an_update(tmp_path: Path) -> None:
    """Open, held, open again: the first notice stays the only one, and an update tells more."""
    with centre(tmp_path) as here:
        before = broken_into(here)
        for since in ("2026-11-01", "2024-01-20"):
            here.edit("objects/objects.yml", partial(attested, since))
            here.clock.advance_to(here.clock.now() + 1_000_000_000)
            assert here.system.reloader.reload(LATE).outcome == "in_force"
            here.drain()
        history = list(here.system.stores.incidents.history(before.id))
        guards = [one.assessment.guard for one in history[before.revision - 1 :]]
        assert guards == ["open", "hold", "open"]
        legs: dict[str, list[str]] = {}
        for one in here.notices():
            if one.incident_id == before.id and one.recipient.role in ("ncc", "holder"):
                legs.setdefault(one.recipient.role, []).append(one.leg)
        assert legs == {"ncc": ["first", "update"], "holder": ["first", "update"]}
