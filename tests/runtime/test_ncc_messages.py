"""Messages of the coordination centre through a whole system: taken, passed on, answered, done."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from connectors.sources.ncc_messages_memory import MemoryMessages
from pipeline.audit.examination import OF_NO_INCIDENT
from pipeline.model import NANOSECONDS, Command, Notice, NoticeState, Receipt, Recipient, rfc3339
from pipeline.notify.ncc_message import Message
from pipeline.notify.ncc_record import Record, revision_hash, stands
from pipeline.registry.cyclonedx import Component
from pipeline.registry.inventory import Inventories, Inventory
from pipeline.runtime.ncc_figures import MessageFigures
from pipeline.runtime.ncc_intake import MessageIntake
from pipeline.runtime.ncc_messages import FINISHED, NOTED
from pipeline.runtime.ncc_rows import MessageRows
from tests.runtime.centre import AT, Centre, centre
from tests.runtime.messages import DAY, message, sealed, words

POWER, BANK = "kz-energy-tec", "kz-bank"
SOFTWARE = {"software": [{"name": "openssl", "versions": "<3.0.14"}]}


def component(version: str) -> Component:
    return Component(name="openssl", version=version)


@dataclass
class Here:
    """A system, the other side's messages, and what stands between them."""

    centre: Centre
    feed: MemoryMessages
    intake: MessageIntake
    metrics: CollectorRegistry

    def come(self, *sent: Message | str) -> None:
        """Have messages come (a text: one that does not verify), and be folded."""
        for one in sent:
            token, content = (one, None) if isinstance(one, str) else sealed(one)
            self.feed.put(token, content)
        self.intake.pull()
        self.centre.drain()

    def ask(self, name: str, role: str = "duty_lead", **detail: str) -> None:
        """Have a person say something about a message."""
        self.centre.clock.advance_to(self.centre.clock.now() + NANOSECONDS)
        now = self.centre.clock.now()
        given = Command(name, role, "a.serik", "as the letter of 3 March says", now, dict(detail))
        self.centre.system.collector.command(given)
        self.centre.drain()

    @property
    def rows(self) -> MessageRows:
        """Give the records."""
        return MessageRows(self.centre.system.stores.state)

    def record(self, one: Message) -> Record:
        """Give a message's record."""
        found = self.rows.get(one.id)
        assert found is not None
        return found

    def legs(self, leg: str) -> list[Notice]:
        """Give the notices of a leg."""
        return [one for one in self.centre.notices() if one.leg == leg]

    def came(self, outcome: str) -> float | None:
        """Give how many messages came to an end."""
        return self.metrics.get_sample_value("saqshy_ncc_messages_total", {"outcome": outcome})


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Here]:
    """Give a system over the example objects, with software known of two of them."""
    with centre(tmp_path) as made:
        feed, metrics = MemoryMessages(), CollectorRegistry()
        known = Inventories(
            {
                POWER: Inventory(POWER, (component("3.0.2"),)),
                BANK: Inventory(BANK, (component("3.0.14"),)),
            }
        )
        figures = MessageFigures(metrics)
        intake = MessageIntake(feed, made.system.collector, lambda: known, figures, 1.0)
        yield Here(made, feed, intake, metrics)


def test_advice_reaches_the_holder_of_what_runs_it(here: Here) -> None:
    """Advice on a version goes to the holder of the critical object that runs it, to no other."""
    one = message(AT, concerns=SOFTWARE)
    here.come(one)
    [advice] = here.legs("advisory")
    english = next(text for text in advice.payload["text"] if text["language"] == "en")
    record = here.centre.system.registry.object(POWER, AT)
    assert record is not None
    assert advice.recipient == Recipient("holder", record.party_at("infrastructure.holder") or "")
    assert advice.payload["runs"] == [{"name": "openssl", "version": "3.0.2", "certain": True}]
    assert advice.payload["legal_basis"] == "kz-418-V/7-2(1)(6)"
    assert (advice.object_id, advice.state, advice.set_by) == (POWER, NoticeState.PENDING, "policy")
    assert english["subject"] == "vulnerability: Update the software"
    assert "Software at the object: openssl 3.0.2" in english["body"]
    assert english["body"].endswith("Update the software.")


def test_a_message_is_recorded_answered_and_paged(here: Here) -> None:
    """A message gives a record, an answer to its sender, a page, and an entry in the trail."""
    one = message(AT, concerns=SOFTWARE)
    here.come(one)
    record, [answer], [page] = (
        here.record(one),
        here.legs("acknowledgement"),
        here.legs("ncc_message"),
    )
    [revision] = here.rows.history(one.id)
    [entry] = here.centre.audit("ncc_message_received")
    assert (record.revision, record.kind) == (1, "vulnerability")
    assert record.jws == sealed(one)[0]
    assert revision.hash == revision_hash(revision) == record.hash == entry.detail["hash"]
    assert answer.payload["acknowledgement"] == "received"
    assert (answer.payload["sha256"], answer.payload["recipients"]) == (record.sha256, 1)
    assert (answer.recipient.role, answer.incident_id) == ("ncc", one.id)
    assert (page.kind, page.recipient.role) == ("page", "duty_officer")
    assert "openssl" not in str(page.payload)
    assert here.came("taken") == 1
    assert {"advisory", "acknowledgement"} <= OF_NO_INCIDENT


@pytest.mark.parametrize(
    ("concerns", "told"),
    [
        pytest.param({"objects": [POWER]}, [POWER], id="named"),
        pytest.param({"sectors": ["electricity"]}, [POWER], id="sector"),
        pytest.param({"objects": [BANK]}, [], id="not critical"),
        pytest.param({"objects": ["kz-nowhere"]}, [], id="not registered"),
        pytest.param({"sectors": ["banking"]}, [], id="sector without critical objects"),
        pytest.param({"software": [{"name": "openssl", "versions": "<2"}]}, [], id="other version"),
        pytest.param({"software": [{"name": "openssl", "versions": "?!"}]}, [POWER], id="no range"),
    ],
)
def test_who_is_concerned(here: Here, concerns: dict[str, object], told: list[str]) -> None:
    """Objects count that are named, of a sector named, or run what is named; the pack decides."""
    one = message(AT, concerns=concerns)
    here.come(one)
    assert sorted({advice.object_id for advice in here.legs("advisory")}) == told
    assert len(here.legs("acknowledgement")) == 1


def test_a_message_about_nothing_named_goes_to_all_critical_objects(here: Here) -> None:
    """Advice that names nothing is for every critical object that is attested open."""
    here.come(message(AT, kind="threat"))
    registry = here.centre.system.registry
    critical = {one.id for one in registry.objects(AT) if "critical" in one.flags(AT)}
    assert {one.object_id for one in here.legs("advisory")} == critical


def test_an_order_goes_to_the_holder_of_any_object(here: Here) -> None:
    """What is asked of an object's holder is passed on whether or not the object is critical."""
    here.come(message(AT, kind="order", concerns={"objects": [BANK]}))
    [advice] = here.legs("advisory")
    assert (advice.object_id, advice.recipient.role) == (BANK, "holder")


def test_a_version_that_nobody_knows_may_be_concerned(here: Here) -> None:
    """A component without a version is told of, and said to be uncertain."""
    known = Inventories({POWER: Inventory(POWER, (component(""),))})
    here.intake.inventories = lambda: known
    here.come(message(AT, concerns=SOFTWARE))
    [advice] = here.legs("advisory")
    assert advice.payload["runs"] == [{"name": "openssl", "version": "", "certain": False}]
    assert "its version is unknown" in str(advice.payload["text"])


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        pytest.param({"to": "OCIB-2"}, "addressee", id="for another centre"),
        pytest.param({"issued_at": rfc3339(AT - 91 * DAY)}, "too_old", id="played again"),
        pytest.param({"issued_at": rfc3339(AT + DAY)}, "ahead", id="ahead of time"),
    ],
)
def test_what_is_not_for_now_and_here_is_refused(
    here: Here, changes: dict[str, Any], why: str
) -> None:
    """A message for another centre or time tells nobody, is answered as refused, and is paged."""
    here.come(message(AT, **changes))
    [answer], [page] = here.legs("acknowledgement"), here.legs("ncc_refused")
    [entry] = here.centre.audit("ncc_message_refused")
    assert (answer.payload["acknowledgement"], answer.payload["why"]) == ("refused", why)
    assert entry.detail["why"] == why
    assert page.kind == "page"
    assert list(here.rows.all()) == []
    assert here.legs("advisory") == []


def test_another_content_under_a_known_id_is_refused(here: Here) -> None:
    """The first content stands; another under its id is refused, paged and told its sender."""
    one = message(AT, concerns=SOFTWARE)
    here.come(one, message(AT, text=words("Do something else")))
    assert here.record(one).jws == sealed(one)[0]
    assert [answer.payload["why"] for answer in here.legs("acknowledgement")] in (
        ["", "conflict"], ["conflict", ""],
    )  # fmt: skip
    assert len(here.legs("ncc_refused")) == 1


def test_the_same_message_again_changes_nothing(here: Here) -> None:
    """A message that comes twice, also signed anew, is one."""
    one = message(AT, concerns=SOFTWARE)
    here.come(one)
    before = (here.record(one), [notice.id for notice in here.centre.notices()])
    here.come(one, one)
    here.feed.put(sealed(one)[0] + "x", sealed(one)[1])
    here.come()
    assert (here.record(one), [notice.id for notice in here.centre.notices()]) == before


@pytest.mark.parametrize(
    ("put", "why"),
    [
        pytest.param(("a.b.c", None), "signature", id="no signature"),
        pytest.param(("a.b.c", b"\xff"), "schema", id="no JSON"),
        pytest.param(("a.b.c", b'{"kind":"rumour"}'), "schema", id="no message"),
    ],
)
def test_what_is_no_message_is_told_and_skipped(
    here: Here, put: tuple[str, bytes | None], why: str
) -> None:
    """What does not verify or fit is audited and paged, answered to nobody, and blocks nothing."""
    here.feed.put(*put)
    one = message(AT, concerns=SOFTWARE)
    here.come(one)
    [entry] = here.centre.audit("ncc_message_refused")
    assert entry.detail["why"] == why
    assert [answer.incident_id for answer in here.legs("acknowledgement")] == [one.id]
    assert here.came(why) == 1


def test_a_marked_message_is_not_kept(here: Here, tmp_path: Path) -> None:
    """A message that bears a secrecy mark leaves a hash: nothing of it is kept or passed on."""
    text = [{**said, "body": "ҚҰПИЯ\nsubstation-77 is weak"} for said in words()]
    here.come(message(AT, text=text))
    here.centre.system.stores.carriers.settle()
    [answer], [entry] = here.legs("acknowledgement"), here.centre.audit("ncc_message_refused")
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("saqshy.db*") if path.is_file())
    assert (answer.payload["acknowledgement"], answer.payload["why"]) == ("refused", "")
    assert entry.detail["why"] == "withheld"
    assert b"substation-77" not in kept
    assert here.legs("advisory") == []


def test_it_comes_through_its_states(here: Here) -> None:
    """Received, forwarded when all left, acknowledged by the holder, done by a person's word."""
    one = message(AT, concerns=SOFTWARE)
    here.come(one)
    [advice], outbox = here.legs("advisory"), here.centre.system.stores.outbox
    seen = [stands(here.record(one), outbox.list(one.id))]
    sent = replace(advice, state=NoticeState.SENT, attempts=1,
                   receipt=Receipt(advice.id, "folder", AT, {}))  # fmt: skip
    assert outbox.change(advice, sent)
    seen.append(stands(here.record(one), outbox.list(one.id)))
    here.ask(NOTED, message=one.id, party=advice.recipient.party_id)
    seen.append(stands(here.record(one), outbox.list(one.id)))
    here.ask(FINISHED, message=one.id)
    seen.append(stands(here.record(one), outbox.list(one.id)))
    history = here.rows.history(one.id)
    assert seen == ["received", "forwarded", "acknowledged", "done"]
    assert [step.step for step in history] == ["received", "acknowledged", "done"]
    assert [step.previous_hash for step in history[1:]] == [step.hash for step in history[:-1]]
    assert [answer.payload["acknowledgement"] for answer in here.legs("acknowledgement")].count(
        "done"
    ) == 1


@pytest.mark.parametrize(
    ("name", "role", "detail"),
    [
        pytest.param(NOTED, "analyst", {"party": "nobody"}, id="a party that is not told"),
        pytest.param(NOTED, "regulator", {"party": "x"}, id="a role that may not"),
        pytest.param(FINISHED, "analyst", {"more": "x"}, id="unknown keys"),
    ],
)
def test_what_cannot_be_obeyed_changes_nothing(
    here: Here, name: str, role: str, detail: dict[str, str]
) -> None:
    """A word that does not fit is refused with its reasons in the trail."""
    one = message(AT, concerns=SOFTWARE)
    here.come(one)
    before = here.record(one)
    here.ask(name, role, message=one.id, **detail)
    [entry] = here.centre.audit("command_refused")
    assert entry.detail["problems"]
    assert here.record(one) == before


def test_its_own_time_is_paged_before_and_after(here: Here) -> None:
    """Who is on duty is paged a day before a message's own time, and when it passes; once each."""
    here.come(message(AT, due_at=rfc3339(AT + 3 * DAY), concerns=SOFTWARE))
    seen = []
    for _ in range(5):
        here.centre.tick(minutes=24 * 60 - 1)
        here.centre.tick(minutes=1)
        seen.append((len(here.legs("ncc_due_soon")), len(here.legs("ncc_overdue"))))
    assert seen == [(0, 0), (1, 0), (1, 1), (1, 1), (1, 1)]


def test_what_is_done_pages_nobody(here: Here) -> None:
    """A message that is done has no time any more."""
    one = message(AT, due_at=rfc3339(AT + 3 * DAY))
    here.come(one)
    here.ask(FINISHED, message=one.id)
    here.centre.tick(minutes=5 * 24 * 60)
    assert here.legs("ncc_due_soon") == here.legs("ncc_overdue") == []


def test_a_line_that_is_down_loses_nothing(here: Here) -> None:
    """While the other side cannot be reached that is told; what waits there comes afterwards."""
    here.feed.down = True
    here.come(message(AT))
    trouble = here.intake.trouble
    here.feed.down = False
    here.come()
    assert "cannot be reached" in trouble
    assert here.intake.trouble == ""
    assert len(list(here.rows.all())) == 1


def test_a_restart_goes_on_where_it_was(here: Here) -> None:
    """The place is journalled with each message: another process asks behind it."""
    here.come(message(AT), message(AT, 2))
    again = MessageIntake(
        here.feed, here.centre.system.collector, lambda: Inventories({}), here.intake.figures, 1.0
    )
    assert again.pull() == 0
    here.feed.put(*sealed(message(AT, 3)))
    assert again.pull() == 1


def test_an_inventory_that_does_not_read_is_told(here: Here) -> None:
    """Where the inventory is broken the message is taken all the same, and its record says so."""

    def broken() -> Inventories:
        raise OSError("no inventory")

    here.intake.inventories = broken
    one = message(AT, concerns=SOFTWARE)
    here.come(one)
    [revision] = here.rows.history(one.id)
    assert revision.entry["inventory"] == "unreadable"


def test_a_rebuild_gives_the_same(here: Here, tmp_path: Path) -> None:
    """The same journal gives the same records, notices and entries in another store."""
    one = message(AT, concerns=SOFTWARE, due_at=rfc3339(AT + DAY))
    here.come(one, message(AT, 2, to="another"))
    here.ask(NOTED, message=one.id, party=here.legs("advisory")[0].recipient.party_id)
    journal = here.centre.system.stores.journal
    with centre(tmp_path / "again") as other:
        stores = other.system.stores
        for position, batch in journal.read(0, 10_000):
            assert position
            stores.journal.append(batch.source_id, [batch])
        other.drain()
        assert list(MessageRows(stores.state).all()) == list(here.rows.all())
        assert {n.id: n.payload for n in other.notices()} == {
            n.id: n.payload for n in here.centre.notices()
        }
        assert [e.hash for e in stores.audit.read("administration") if "ncc" in e.kind] == [
            e.hash for e in here.centre.system.stores.audit.read("administration")
            if "ncc" in e.kind
        ]  # fmt: skip


def test_another_pack_decides_for_itself(tmp_path: Path) -> None:
    """Under a pack without such rows nobody outside is told: the page and the answer remain."""
    from pipeline.runtime.configuration import bundled

    with centre(tmp_path, law={"pack": str(bundled("law") / "nis2")}) as made:
        feed = MemoryMessages()
        figures = MessageFigures(CollectorRegistry())
        intake = MessageIntake(feed, made.system.collector, lambda: Inventories({}), figures, 1.0)
        here = Here(made, feed, intake, CollectorRegistry())
        here.come(message(AT, kind="threat"))
        assert sorted(one.leg for one in made.notices()) == ["acknowledgement", "ncc_message"]
