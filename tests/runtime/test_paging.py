"""The channel of the duty roster: whom a page reaches, with what, and what the receipt says."""

from dataclasses import dataclass, field
from pathlib import Path

import orjson
import pytest

from connectors.sinks.memory import MemorySink
from connectors.stores.sqlite import open_sqlite
from pipeline.errors import DeliveryDelayed, DeliveryRefused
from pipeline.model import Notice, Receipt, Tri
from pipeline.notify import Backoff, Courier
from pipeline.notify.duty import Taken
from pipeline.notify.payload import Page, read_payload
from pipeline.ports import Turn
from pipeline.registry import Roster, make_registry
from pipeline.runtime.duty_commands import TAKE
from pipeline.runtime.duty_pages import GAP, HANDOVER
from pipeline.runtime.paging import DUTY, DutySink
from tests.runtime.termed import (
    AT,
    DAY,
    HOUR,
    MINUTE,
    NCC,
    OFFICER,
    World,
    registry,
    roster,
)


@dataclass(slots=True)
class Down:
    """A channel that is down."""

    channel: str = "memory"
    asked: list[str] = field(default_factory=list)

    def deliver(self, notice: Notice, now: int) -> Receipt:
        """Take nothing now."""
        self.asked.append(notice.recipient.party_id)
        raise DeliveryDelayed(f"down at {now}")

    def close(self) -> None:
        """Let go of nothing."""


def duty_sink(here: World, sink: MemorySink | Down, held: Roster | None) -> DutySink:
    """Give the channel over one other."""
    return DutySink({"memory": sink}, lambda: held, here.terms.rows.taken, here.answers.pages)


def paged(here: World) -> Notice:
    """Give the first page of a candidate."""
    here.opened("i", OFFICER, verdict=Tri.UNKNOWN)
    (notice,) = here.stores.outbox.list()
    return notice


def test_a_page_names_object_and_incident_and_nothing_else() -> None:
    """Who is on duty learns which object and where to look; no act, no severity, no time."""
    here, sink = World(), MemorySink()
    notice = paged(here)
    receipt = duty_sink(here, sink, roster()).deliver(notice, here.now)
    assert (receipt.notice_id, receipt.recipient) == (notice.id, "duty_officer:b")
    assert receipt.body["paged"][0]["channel"] == "memory"
    letter = orjson.loads(sink.letters[notice.id])
    page = read_payload(letter["payload"])
    assert isinstance(page, Page)
    assert (page.page, page.notice, page.level) == ("first", notice.id, "duty_officer")
    assert [one.language for one in page.text] == ["kk", "ru", "en"]
    assert page.text[2].subject == "Decision needed, possible incident: object plant"
    assert page.text[2].body.endswith(f"saqshy incidents show {notice.incident_id}")
    assert "unauthorised_access" not in sink.letters[notice.id].decode()
    assert "high" not in sink.letters[notice.id].decode()


def test_a_page_that_waited_reaches_who_is_on_duty_now() -> None:
    """The roster is asked at each attempt: behind a change of turns the next one is paged."""
    here, down = World(), Down()
    notice = paged(here)
    sink = duty_sink(here, down, roster())
    for at in (here.now, here.now + 12 * HOUR):
        with pytest.raises(DeliveryDelayed):
            sink.deliver(notice, at)
    assert down.asked == ["b", "a"]


def test_who_was_not_relieved_is_paged_beside() -> None:
    """Until the next one takes over, both hear of it, each with a letter of their own."""
    here, sink = World(), MemorySink()
    here.terms.rows.take("duty_officer", Taken("a", here.now - 13 * HOUR))
    notice = paged(here)
    receipt = duty_sink(here, sink, roster()).deliver(notice, here.now)
    assert [one["person"] for one in receipt.body["paged"]] == ["b", "a"]
    assert len(sink.letters) == 2


@pytest.mark.parametrize("held", [None, roster(ends="2026-02-01")], ids=["none", "ended"])
def test_without_anybody_on_duty_a_page_is_refused(held: Roster | None) -> None:
    """A page that nobody can get is refused, so that a person sees it, and is tried again."""
    here, sink = World(), MemorySink()
    with pytest.raises(DeliveryRefused, match="nobody is on duty"):
        duty_sink(here, sink, held).deliver(paged(here), here.now)


def test_a_channel_that_is_not_set_up_is_passed_over() -> None:
    """Of a person's channels the first that takes the page counts."""
    here, sink = World(), MemorySink()
    held = roster()
    two = {"channels": [{"channel": "pager"}, {"channel": "memory"}]}
    people = [{**one.model_dump(), **two} for one in held.people]
    both = Roster.model_validate({**held.model_dump(), "people": people}, context={"bundle": True})
    assert duty_sink(here, sink, both).deliver(paged(here), here.now).duplicate is False
    with pytest.raises(DeliveryRefused, match="no channel 'memory'"):
        DutySink({}, lambda: held, here.terms.rows.taken, here.answers.pages).deliver(
            paged(World()), here.now
        )


def test_the_courier_pages_through_it_whatever_the_guard_holds() -> None:
    """A reminder of a withheld incident is paged as it is: it has no content."""
    here, sink = World(), MemorySink()
    here.opened("i", NCC, guard="hold")
    here.now += 6 * MINUTE
    (reminder,) = here.tick()
    courier = Courier({"memory": duty_sink(here, sink, roster())}, Backoff())
    done = courier.attempt(reminder, here.now)
    assert (done.state, done.last_error) == ("acknowledged", "")
    assert orjson.loads(sink.letters[reminder.id])["payload"]["page"] == "reminder"


def test_a_turn_that_nobody_takes_over_pages_the_next_level_once() -> None:
    """Where hand-over is kept, a turn that is not taken over is told, until somebody takes it."""
    here = World()
    assert here.said(TAKE, role="duty_officer", author="a", level="duty_officer") == (
        "command_refused"
    )
    assert here.said(TAKE, role="duty_officer", author="b", level="duty_officer") == "duty_taken"
    here.now += 13 * HOUR
    pages = here.tick()
    assert [(one.payload["page"], one.recipient.role) for one in pages] == [(HANDOVER, "duty_lead")]
    assert pages[0].channel == DUTY
    assert read_payload(pages[0].payload).incident_id == pages[0].incident_id
    here.now += HOUR
    assert here.tick() == []
    assert here.said(TAKE, role="duty_officer", author="a", level="duty_officer") == "duty_taken"
    assert here.terms.rows.taken("duty_officer") == Taken("a", here.now)


def test_the_end_of_a_roster_is_paged_a_day_before_and_once() -> None:
    """Somebody has to write the next turns: each level that ends is told once."""
    ends = make_registry(registry().objects(), roster=roster(ends="2026-03-03"))
    here = World(known=ends)
    assert here.tick() == []
    here.now = AT + DAY
    pages = here.tick()
    assert {one.payload["page"] for one in pages} == {GAP}
    assert len(pages) == 3
    here.now += 3 * DAY
    assert here.tick() == []


def test_a_kill_between_sending_and_recording_sends_the_same_letter_and_counts(
    tmp_path: Path,
) -> None:
    """A reminder that was sent and not recorded goes out again under its id, and is counted."""
    path, sink = tmp_path / "saqshy.db", MemorySink()
    here = World(stores=open_sqlite(path))
    here.opened("i", NCC)
    here.now += 6 * MINUTE
    (reminder,) = here.tick()
    (claimed,) = [
        one for one in here.stores.outbox.due(here.now, 9, None, Turn(owner="first"))
        if one.id == reminder.id
    ]  # fmt: skip
    duty_sink(here, sink, roster()).deliver(claimed, here.now)
    here.stores.database.close()  # killed: the receipt was never kept
    again = World(stores=open_sqlite(path), now=here.now + MINUTE)
    (second,) = [
        one for one in again.stores.outbox.due(again.now, 9, None, Turn(owner="second"))
        if one.id == reminder.id
    ]  # fmt: skip
    assert second.tried.unrecorded == 1
    courier = Courier({"memory": duty_sink(again, sink, roster())}, Backoff())
    done = courier.attempt(second, again.now)
    assert again.stores.outbox.change(second, done)
    assert done.receipt is not None
    assert done.receipt.duplicate
    assert list(sink.letters) == [reminder.id]
    again.stores.database.close()
