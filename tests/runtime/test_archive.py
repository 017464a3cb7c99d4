"""What a store knew at an instant."""

from dataclasses import replace
from pathlib import Path

import pytest

from connectors.stores.sqlite import open_sqlite
from pipeline.errors import StoreError
from pipeline.incidents.statistics import UNREGISTERED, Period, Subject
from pipeline.model import NANOSECONDS, GuardDecision, NoticeState
from pipeline.runtime.archive import Archive
from pipeline.runtime.knowledge import Cause
from pipeline.runtime.reloading import Ask
from tests.runtime.centre import AT, Centre, centre, entry, failures

HOUR = 3600 * NANOSECONDS
LATER = AT + HOUR
AROUND = Period(AT - HOUR, AT + HOUR)


def archive(made: Centre, at: int = LATER, *, past: bool = False) -> Archive:
    return Archive(made.system.stores, at, past)


def test_the_registry_is_the_one_in_force_then(tmp_path: Path) -> None:
    """A branch that is changed later leaves a report of the time before as it was."""
    with centre(tmp_path) as made:
        made.tick(60)
        made.edit(
            "objects/objects.yml", lambda text: text.replace("sector: banking", "sector: gas")
        )
        made.system.reloader.reload(Ask(Cause("duty_lead/a", "command", "another branch")))
        now = made.clock.now()
        then = archive(made, now - 1).subject("kz-bank", now, now)
        assert (then.sector, archive(made, now).subject("kz-bank", now, now).sector) == (
            "banking", "gas",
        )  # fmt: skip


def test_an_object_is_told_by_branch_reach_and_classes_alone(tmp_path: Path) -> None:
    """The plant is critical and strategic; a sender that nobody registered is told as such."""
    with centre(tmp_path) as made:
        of = archive(made).subject
        assert of("kz-energy-tec", AT, AT) == Subject(
            "electricity", "region", ("critical", "strategic")
        )
        assert of("kz-dc", AT, AT) == Subject("communications", "region", ("ordinary",))
        assert of("@unregistered:192.0.2.0/24", AT, AT) == UNREGISTERED


def test_only_incidents_of_the_period_are_read_with_their_notices(tmp_path: Path) -> None:
    """What was opened before or after is passed over; of the rest every revision is there."""
    with centre(tmp_path) as made:
        made.take([*failures(44), entry(44)])
        (held,) = [
            one
            for one in archive(made).histories(AROUND)
            if one.revisions[-1].assessment.acts["unauthorised_access"].value == "yes"
        ]
        assert [one.revision for one in held.revisions] == [
            *range(1, held.revisions[-1].revision + 1)
        ]
        assert {one.incident_id for one in held.notices} == {held.revisions[0].id}
        for period in (Period(AT - 2 * HOUR, AT), Period(AT + HOUR, AT + 2 * HOUR)):
            assert list(archive(made).histories(period)) == []


def test_what_was_held_then_is_read_from_the_audit_trail(tmp_path: Path) -> None:
    """A notice freed since was held then; of now the outbox itself tells."""
    with centre(tmp_path) as made:
        made.take([*failures(44), entry(44)])
        first = made.notices()[0]
        stub = GuardDecision("hold", "attestation_expired")
        made.system.dispatcher.courier = replace(
            made.system.dispatcher.courier, guard=lambda _notice, _now: stub
        )
        made.system.dispatcher.run_due()
        assert {one.state for one in made.notices()} >= {NoticeState.HELD}
        now = made.clock.now()
        held = archive(made, now, past=True).held()
        assert held is not None
        assert first.id in held
        assert archive(made, AT - 1, past=True).held() == frozenset()
        assert archive(made, now).held() is None


def test_what_is_journalled_and_not_judged_yet_is_told(tmp_path: Path) -> None:
    """While the engine is behind, the report knows since when."""
    with centre(tmp_path) as made:
        made.journal(failures(44))
        assert archive(made).records().waiting == AT
        made.drain()
        records = archive(made).records()
        assert (records.since, records.cut, records.waiting) == (AT, False, 0)


def test_a_store_that_nothing_was_in_force_in_says_so(tmp_path: Path) -> None:
    """Without a registry of its own a store has no statistics, and the way out is told."""
    stores = open_sqlite(tmp_path / "empty.db")
    with pytest.raises(StoreError, match="names no registry"):
        _ = Archive(stores, AT).registry
    stores.database.close()
