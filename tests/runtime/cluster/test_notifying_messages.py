"""Messages, reads and peers come to in the cluster what they come to on one machine."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from connectors.sources.ncc_messages_memory import MemoryMessages
from connectors.stores.partition_seed import Seeds
from pipeline.incidents.audit import verify
from pipeline.model import (
    NANOSECONDS,
    AuditEntry,
    Command,
    Notice,
    RawBatch,
    rfc3339,
    to_json,
)
from pipeline.notify.peers import PEER_BUNDLE
from pipeline.registry.inventory import Inventories
from pipeline.runtime.clocks import StoryClock
from pipeline.runtime.cluster.notifying_peers import peering_of
from pipeline.runtime.cluster.outputs import partition_of
from pipeline.runtime.ncc_figures import MessageFigures
from pipeline.runtime.ncc_intake import MessageIntake
from pipeline.runtime.ncc_messages import FINISHED, NOTED
from pipeline.runtime.peering import PEERS_REVOKE, PEERS_SEND
from pipeline.runtime.pki import development_pki
from pipeline.runtime.reads import READ
from tests.runtime.acts import PATHS, broken_into
from tests.runtime.centre import AT, Centre, centre
from tests.runtime.cluster.notified import Notified
from tests.runtime.cluster.simulated import Simulated
from tests.runtime.messages import DAY, message, sealed
from tests.runtime.test_peering import PEER, notify

FOLDS = 3
UNKNOWN = "f" * 32
OF_PARTS = ("command_refused",)  # whose entries bear the partition, or that nobody obeyed


@dataclass(repr=False)
class Alone:
    """What one machine made of it all, and its journal."""

    centre: Centre
    batches: list[RawBatch]
    notices: dict[str, Notice]
    entries: dict[str, AuditEntry]


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Alone]:
    """Have an incident, messages, reads, and what peers are sent, on one machine."""
    pki = development_pki(tmp_path / "pki", datetime.now(UTC))
    content = {"paths": PATHS, "taxonomy": "taxonomies/sigma", "cache": "cache"}
    with centre(
        tmp_path, content=content, notify=notify(pki, "https://127.0.0.1:1", automatic=True)
    ) as made:
        made.tick()
        feed, figures = MemoryMessages(), MessageFigures(CollectorRegistry())
        intake = MessageIntake(feed, made.system.collector, lambda: Inventories({}), figures, 1.0)
        incident = broken_into(made)
        made.tick(1)
        advice = message(AT, concerns={"sectors": ["electricity"]}, due_at=rfc3339(AT + 3 * DAY))
        for one in (advice, message(AT, 2, to="ANOTHER")):
            feed.put(*sealed(one))
        intake.pull()
        made.drain()
        party = next(one.recipient.party_id for one in made.notices() if one.leg == "advisory")
        for name, detail in (
            (READ, {"what": "incident", "incident": incident.id}),
            (READ, {"what": "statistics"}),
            (READ, {"what": "incident", "incident": UNKNOWN}),
            (READ, {"what": ""}),
            (NOTED, {"message": advice.id, "party": party}),
            (NOTED, {"message": advice.id, "party": "nobody"}),
            (FINISHED, {"message": advice.id}),
            (PEERS_REVOKE, {"incident": incident.id, "to": PEER}),
            (PEERS_SEND, {"incident": incident.id, "to": PEER}),
            (PEERS_SEND, {"incident": UNKNOWN, "to": PEER}),
            (PEERS_SEND, {"incident": incident.id, "to": "nobody"}),
        ):
            made.clock.advance_to(made.clock.now() + NANOSECONDS)
            given = Command(
                name, "duty_lead", "a.one", "as the letter says", made.clock.now(), detail
            )
            made.system.collector.command(given)
            made.drain()
        made.tick(1)
        made.tick(3 * 24 * 60)
        stores = made.system.stores
        yield Alone(
            made,
            [batch for _, batch in stores.journal.read(0, 100_000)],
            {one.id: one for one in made.notices()},
            {one.entry_id: one for one in stores.audit.read()},
        )


def clustered(alone: Alone, logs: dict[int, list[tuple[bytes, bytes | None]]]) -> Notified:
    """Have folds and notifiers take the journal."""
    system = alone.centre.system
    folded = Simulated(system.engine.chain, 2, FOLDS, random.Random(6))
    folded.journal(alone.batches)
    folded.run()
    outcomes = {one: folded.logs.get(("outcomes", one), []) for one in range(FOLDS)}
    made = Notified(
        outcomes,
        system.engine.chain,
        StoryClock(alone.batches[-1].received_at),
        random.Random(2),
        peering=peering_of(system.settings, lambda: system.reloader.knowledge),
        logs=logs,
    )
    made.take()
    return made


def test_the_cluster_makes_what_one_machine_makes(alone: Alone) -> None:
    """Advice, answers, pages, bundles and the records of reads are equal, ids included."""
    made = clustered(alone, {})
    kinds = {one.leg for one in alone.notices.values()}
    assert {"advisory", "acknowledgement", PEER_BUNDLE} <= kinds
    assert sum(one.kind == PEER_BUNDLE for one in alone.notices.values()) == 3
    assert sorted(made.notices) == sorted(alone.notices)
    assert all(made.notices[name] == one for name, one in alone.notices.items())
    mine = {one.entry_id: one for one in made.audit.values()}
    for name, entry in alone.entries.items():
        if entry.kind in OF_PARTS:
            assert name in mine or f"{name}:nobody" in mine, entry
        elif entry.kind.startswith(("ncc_", "read", "peers_", "notice")):
            assert (mine[name].chain, mine[name].detail) == (entry.chain, entry.detail)
    reads = [one.chain for one in mine.values() if one.kind == READ]
    assert sorted(reads) == ["administration", "kz-bank"]
    assert verify(sorted(made.audit.values(), key=lambda one: (one.chain, one.number))) == []


def test_a_rebuild_sends_no_bundle_and_no_answer_again(alone: Alone) -> None:
    """What was given to peers and to the coordination centre bears the same ids, and stays sent."""
    before = clustered(alone, {})
    before.clock.advance_to(before.clock.now() + DAY)
    before.take(deliver=True)
    assert before.sent.total() > 5
    seeds = Seeds(FOLDS, partition_of)
    for notice in before.notices.values():
        seeds.note_notice(notice, to_json(notice))
    for entry in before.audit.values():
        seeds.note_entry(entry)
    made = clustered(alone, {number: list(seeds.writes(number)) for number in range(FOLDS)})
    made.clock.advance_to(before.clock.now())
    made.take(deliver=True)
    assert made.sent.total() == 0
    assert made.audit == {}
    assert sum(len(list(task.stage.held.outbox.list())) for task in made.tasks) == len(
        before.notices
    )
