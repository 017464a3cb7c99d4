"""What waits for a person, through the real runtime: told, accepted with a reason, and counted."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from pipeline.correlate import Attention
from pipeline.incidents.audit import verify
from pipeline.model import NANOSECONDS, Command
from pipeline.registry import make_registry
from pipeline.registry.maintenance import Maintenance
from pipeline.runtime.knowledge import Shelf, read_knowledge
from pipeline.runtime.reviewing import ACCEPT, Waiting, heard, queue
from pipeline.runtime.stages import answering
from pipeline.runtime.waits import Waits, watch_waits
from tests.runtime.centre import AT, Centre, centre, failures

DAY = 86_400 * NANOSECONDS
BANK = "kz-bank"
SUDO = (
    b"<13>1 2026-03-17T20:01:01+05:00 bank-gw01 sudo 9 - - "
    b"a.serik : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls"
)
REASON = "the new release of order 12"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Centre]:
    """Give a system whose bank was learned for a fortnight; then sudo is seen there."""
    with centre(tmp_path) as made:
        made.take(failures(1))
        made.tick()
        made.clock.advance_to(AT + 15 * DAY)
        made.tick()
        made.take([SUDO])
        yield made


def lines(here: Centre, what: str = "novel") -> list[Waiting]:
    """Give what waits of a kind."""
    found = queue(here.system.stores)
    return [one for one in found if isinstance(one, Waiting) and one.what == what]


def accepted(here: Centre, *names: str, object_id: str = BANK, role: str = "analyst") -> Command:
    """Have a command journalled and folded."""
    detail: dict[str, object] = {"object_id": object_id, "items": list(names)}
    command = Command(ACCEPT, role, "a.serik", REASON, here.clock.now(), detail)
    here.system.collector.command(command)
    here.drain()
    return command


def test_a_new_kind_waits_and_is_accepted_with_a_reason(here: Centre) -> None:
    """What was never seen for a fortnight waits; that a person accepted it is audited."""
    (line,) = lines(here)
    assert line.text == "system.auth/sudo_command"
    assert (line.object_id, line.count, line.since) == (BANK, 1, AT + 15 * DAY)
    command = accepted(here, line.name)
    assert lines(here) == []
    (told,) = here.audit("review_accepted")
    assert (told.subject, told.actor) == (BANK, "analyst/a.serik")
    assert told.detail["reason"] == REASON
    assert told.detail["items"][0]["kind"] == line.text
    assert told.entry_id == f"command:{command.id}"
    here.take([SUDO])
    assert lines(here) == []
    assert verify(here.system.stores.audit.read()) == []


REFUSED = [
    ("no such line", {"names": ("0" * 12,)}, "waits"),
    ("no object", {"object_id": ""}, "names no object"),
    ("no object's state", {"object_id": "@centre"}, "names no object"),
    ("another role", {"role": "owner"}, "may not do this"),
    ("nothing", {"names": ()}, "1 to 100"),
]


@pytest.mark.parametrize(
    ("given", "told"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_what_cannot_be_accepted_changes_nothing(
    here: Centre, given: dict[str, object], told: str
) -> None:
    """A command without right, object or line is refused with its reason in the audit trail."""
    before = lines(here)
    names = given.pop("names", (before[0].name,))
    accepted(here, *names, **given)  # type: ignore[misc, arg-type]
    (refused,) = here.audit("command_refused")
    assert told in str(refused.detail["problems"])
    assert lines(here) == before


def test_what_no_parser_takes_waits_too(here: Centre) -> None:
    """A record that nothing can read is in the same queue, with where it came from."""
    here.system.collector.admission = replace(
        here.system.collector.admission, fixed={"wire": f"{BANK}/bank-sshd"}
    )
    here.take([b"\x00\x01\x02 no format at all"])
    (line,) = lines(here, "unparsed")
    assert (line.object_id, line.source_id, line.count) == (BANK, "bank-sshd", 1)


def test_candidates_wait_with_their_age(here: Centre) -> None:
    """A candidate of the store is in the list, and an alarm says that it waits for too long."""
    (candidate,) = [one for one in lines(here, "candidate") if one.object_id == BANK]
    assert candidate.since == AT
    waits = here.system.engine.waits
    here.tick(1)
    waiting = lines(here, "candidate")
    assert waits.now() == {"novel": (1, AT + 15 * DAY), "candidate": (len(waiting), AT)}
    assert list(waits.alarms(AT + 2 * DAY, 72)) == []
    told = [one.partition(" wait")[0] for one in waits.alarms(AT + 16 * DAY, 72)]
    assert told == [f"{len(waiting)} candidates"]
    assert len(list(waits.alarms(AT + 18 * DAY, 72))) == 2
    again = Waits()
    again.load(here.system.stores)
    assert again.now()["candidate"] == waits.now()["candidate"]


def test_the_gauges_show_what_waits(here: Centre) -> None:
    """A scrape tells how much waits and for how long; accepted it is gone at the next tick."""
    registry = CollectorRegistry()
    watch_waits(registry, here.system.engine.waits, here.clock.now)
    here.tick(60)
    read = registry.get_sample_value
    assert read("saqshy_review_waiting", {"what": "novel"}) == 1
    assert read("saqshy_review_oldest_seconds", {"what": "novel"}) == 3600
    accepted(here, lines(here)[0].name)
    here.tick(1)
    assert read("saqshy_review_waiting", {"what": "novel"}) == 0
    assert read("saqshy_review_oldest_seconds", {"what": "novel"}) == 0


def test_sources_that_were_heard_are_known(here: Centre) -> None:
    """A source with a row that only waits for it was never heard."""
    here.tick(1)
    assert heard(here.system.stores, BANK) == {"bank-sshd"}
    assert heard(here.system.stores, "kz-nowhere") == set()


def test_the_registry_says_whose_silence_counts(here: Centre) -> None:
    """Planned work of source or object, no attestation, or no such source: nothing counts."""
    known = read_knowledge(here.system.settings)
    work = Maintenance.model_validate(
        {"begin": "2026-03-02", "end": "2026-03-02", "reason": REASON, "author": "A. Serik"}
    )
    record = known.registry.object(BANK, AT)
    assert record is not None
    source = record.sources[0].id
    other = record.sources[0].model_copy(update={"maintenance": (work,)})
    records = {
        "as it is": record,
        "object": record.model_copy(update={"maintenance": (work,)}),
        "source": record.model_copy(update={"sources": (other,)}),
        "unattested": record.model_copy(update={"attestation": None}),
    }
    told = {
        name: answering(replace(known, registry=make_registry([one])), "normal").attention(
            BANK, source, AT
        )
        for name, one in records.items()
    }
    assert told == {
        "as it is": Attention(),
        "object": Attention(planned=True),
        "source": Attention(planned=True),
        "unattested": Attention(watched=False),
    }
    nowhere = answering(known, "normal").attention(BANK, "saqshy-refusals", AT)
    assert nowhere == Attention(watched=False)


def test_yesterday_s_numbers_judge_yesterday_s_batches(here: Centre) -> None:
    """Calendar and numbers are kept by revision: a batch's stamp finds those it was made under."""
    known = read_knowledge(here.system.settings)
    other = replace(known.watching, revision="other")
    assert known.watching.numbers.novel_a_day == 20
    assert replace(known, watching=other).revisions.content != known.revisions.content
    shelf = Shelf(here.system.stores, here.system.settings.content.cache)
    assert shelf(known.revisions).watching == known.watching
