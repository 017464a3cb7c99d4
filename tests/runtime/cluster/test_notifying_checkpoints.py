"""Checkpoints in the cluster: one chain over all partitions' chains, whoever is killed."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import orjson
import pytest
from joserfc.jwk import OKPKey

from connectors.stores.kafka.topics import Posted, pack_posted_batch, unpack_outcome
from connectors.stores.partition_seed import Seeds
from connectors.stores.partition_stores import PartitionStores
from pipeline.errors import DeliveryDelayed
from pipeline.incidents.trail import verify_trail
from pipeline.model import NANOSECONDS, Json
from pipeline.runtime.bootstrap import System
from pipeline.runtime.checkpoint_keys import Signing, Trusted
from pipeline.runtime.clocks import StoryClock
from pipeline.runtime.cluster.notifying_checkpoints import Checkpoints
from pipeline.runtime.cluster.notifying_heartbeat import Heartbeats
from pipeline.runtime.cluster.outputs import partition_of
from pipeline.web.receiver_heartbeats import Heartbeat
from tests.runtime.acts import broken_into, quick
from tests.runtime.cluster.notified import Notified
from tests.runtime.cluster.simulated import Simulated

FOLDS = 3
KEY = OKPKey.generate_key("Ed25519", private=True)
HOUR = 3600 * NANOSECONDS


@dataclass(repr=False)
class Said:
    """What folds say of some hours."""

    system: System
    at: int
    outcomes: dict[int, list[bytes]]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Said]:
    """Have an incident, and hours that pass."""
    with quick(tmp_path_factory.mktemp("one")) as made:
        made.tick()
        broken_into(made)
        for _ in range(6):
            made.tick(61)
        batches = [batch for _, batch in made.system.stores.journal.read(0, 100_000)]
        folded = Simulated(made.system.engine.chain, 2, FOLDS, random.Random(1))
        folded.journal(batches)
        folded.run()
        outcomes = {one: folded.logs.get(("outcomes", one), []) for one in range(FOLDS)}
        yield Said(made.system, made.clock.now(), outcomes)


def signs(
    folds: int = FOLDS,
) -> Callable[[int, PartitionStores], Checkpoints]:
    """Give what makes each partition's part."""

    def made(number: int, held: PartitionStores) -> Checkpoints:
        return Checkpoints(held, number, folds, "centre", HOUR, Signing(KEY))

    return made


def taken(said: Said, seed: int, kills: float = 0.0, seeds: Seeds | None = None) -> Notified:
    """Have notifiers take it all."""
    made = Notified(
        {number: list(log) for number, log in said.outcomes.items()},
        said.system.engine.chain,
        StoryClock(said.at),
        random.Random(seed),
        kills,
        signs=signs(),
        logs={one: list(seeds.writes(one)) for one in range(FOLDS)} if seeds else {},
    )
    made.take()
    return made


@pytest.mark.parametrize(("seed", "kills"), [(1, 0.0), (2, 0.05), (3, 0.05)], ids=str)
def test_checkpoints_cover_all_chains(said: Said, seed: int, kills: float) -> None:
    """Every checkpoint verifies with its key, and the trail with them, kills or not."""
    made = taken(said, seed, kills)
    checkpoints = [made.checkpoints[one] for one in sorted(made.checkpoints)]
    trail = sorted(made.audit.values(), key=lambda one: (one.chain, one.number))
    found = verify_trail(checkpoints, trail, Trusted([KEY]), {})
    assert found.breaks == ()
    assert found.checkpoints == found.signed == len(checkpoints) >= 5
    assert found.covered > 0
    assert found.last is not None
    assert found.last.chains == len({one.chain for one in trail}) > 1
    assert bool(made.killed) == bool(kills)


def test_a_changed_entry_is_found_by_them(said: Said) -> None:
    """An entry taken out from under a checkpoint is told."""
    made = taken(said, 1)
    checkpoints = [made.checkpoints[one] for one in sorted(made.checkpoints)]
    trail = sorted(made.audit.values(), key=lambda one: (one.chain, one.number))
    last = max(one.number for one in trail if one.chain == "kz-bank")
    cut = [one for one in trail if not (one.chain == "kz-bank" and one.number == last)]
    assert verify_trail(checkpoints, cut, Trusted([KEY]), {}).breaks


def test_behind_a_rebuild_they_go_on(said: Said) -> None:
    """No checkpoint is made again; the next bears the next number, and all of them verify."""
    before = taken(said, 1)
    seeds = Seeds(FOLDS, partition_of)
    for entry in before.audit.values():
        seeds.note_entry(entry)
    for one in before.checkpoints.values():
        seeds.note_checkpoint(one)
    made = taken(said, 4, seeds=seeds)
    assert made.checkpoints == {}
    again = [*said.outcomes[0]]
    last = next(one for one in map(unpack_outcome, reversed(again)) if isinstance(one, Posted))
    assert last.batch is not None
    tick = replace(last.batch, sequence=10**6, received_at=last.batch.received_at + 2 * HOUR)
    for number, log in made.outcomes.items():
        log.append(pack_posted_batch(tick, last.collector, number))
    made.take()
    assert sorted(made.checkpoints) == [max(before.checkpoints) + 1]
    checkpoints = {**before.checkpoints, **made.checkpoints}
    trail = [*before.audit.values(), *made.audit.values()]
    found = verify_trail(
        [checkpoints[one] for one in sorted(checkpoints)],
        sorted(trail, key=lambda one: (one.chain, one.number)),
        Trusted([KEY]),
        {},
    )
    assert found.breaks == ()


@dataclass
class Heart:
    """The coordination centre's end of the line."""

    bodies: list[bytes] = field(default_factory=list)
    down: bool = False

    def beat(self, body: bytes, now: int) -> Json:
        """Take a sign of life."""
        if self.down:
            raise DeliveryDelayed(f"down at {now}")
        self.bodies.append(body)
        return {}

    def close(self) -> None:
        """Let go of nothing."""


def test_the_newest_checkpoint_goes_with_the_heartbeat(said: Said) -> None:
    """One process gives the sign of life, with the last token; a line that is down ends nothing."""
    made = taken(said, 1)
    heart = Heart()
    last = made.checkpoints[max(made.checkpoints)]
    stores = [task.stage.held for task in made.tasks]
    beaten = [
        Heartbeats(heart, [one].copy, "centre", 1.0, lambda: said.at).beat() for one in stores
    ]
    assert sorted(beaten) == [False, False, True]
    [document] = map(orjson.loads, heart.bodies)
    assert document["checkpoint"] == last.token
    assert (document["format"], document["centre"]) == ("saqshy-heartbeat-1", "centre")
    assert Heartbeat.model_validate(document).checkpoint == last.token
    heart.down = True
    assert not Heartbeats(heart, lambda: stores, "centre", 1.0, lambda: said.at).beat()
