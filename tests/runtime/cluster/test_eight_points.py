"""What keeps a cluster true: each point as it stands gives one machine's answers, without it not.

The points are those of ARCHITECTURE.md ("In a cluster"). Where a point is taken away by a subclass
or an argument, the same night over the same logs must come out differently.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import pytest

from connectors.stores.kafka.topics import Failed, Posted, unpack_failures, unpack_posted
from connectors.stores.partition_rows import OrderedMemory, PartitionRows
from pipeline.model import BatchKind, FailureCode, Observation, RawBatch, Revisions
from pipeline.model.rows import Rows
from pipeline.normalize import Normalized
from pipeline.runtime.chain import Chain
from pipeline.runtime.cluster import fold_partition
from pipeline.runtime.cluster.arrival import first_time
from pipeline.runtime.cluster.fold_partition import FoldPartition
from pipeline.runtime.cluster.matching import Matching
from pipeline.runtime.cluster.outputs import Output
from tests.runtime.acts import quick
from tests.runtime.centre import failures as failures_from
from tests.runtime.cluster.night import Night, differs, events, night, played
from tests.runtime.cluster.simulated import Came, Killed, Simulated

KILLS = 0.03


@pytest.fixture(scope="module")
def tonight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """Give the night as one machine has it."""
    with night(tmp_path_factory.mktemp("alone")) as made:
        yield made


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """Give an object at which hundreds of addresses try passwords."""
    with quick(tmp_path_factory.mktemp("crowd")) as here:
        for number in range(100):
            here.journal(failures_from(12, 3, address=f"203.0.113.{number + 1}"))
        batches = [batch for _, batch in here.system.stores.journal.read(0, 1_000_000)]
        yield Night(here.system, batches, Came(), 0)


class AcknowledgesFirst(Simulated):
    """Acknowledges an input before its outputs are kept."""

    def _match(self, matching: Matching, number: int) -> None:
        self.read[number] += 1
        self._send(matching(self.raw[number][self.read[number] - 1], "c1", (number, 0)))

    def _step(self, name: str, number: int) -> None:
        task, offset = self.tasks[name, number], self.tasks[name, number].offset
        try:
            super()._step(name, number)
        except Killed:
            task.offset = offset + 1
            raise


class KeepsStateFirst(Simulated):
    """Keeps what was folded before what came of it is kept."""

    def _send(self, outputs: list[Output]) -> None:
        for task in self.tasks.values():
            writes = task.rows.step()
            task.log += writes
            task.rows.written(writes)
            task.known = len(task.log)
            task.stage.settled()
        super()._send(outputs)


class NamesAnew(Simulated):
    """Gives a batch its id where it is matched, and not once where it is made."""

    def _match(self, matching: Matching, number: int) -> None:
        offset = self.read[number]
        batch = self.raw[number][offset]
        named = replace(batch, id=f"{batch.id}.{self.chance.random()}")
        self._send(matching(named, "c1", (number, offset)))
        self._maybe()
        self.read[number] += 1


@pytest.mark.parametrize("kills", [0.0, KILLS], ids=["no kills", "kills"])
@pytest.mark.parametrize("seed", [7, 11])
def test_with_all_points_a_cluster_is_one_machine(tonight: Night, kills: float, seed: int) -> None:
    """Findings, incidents, notices, events and the trail are one machine's, kills or not."""
    made = played(tonight, kills=kills, seed=seed)
    assert differs(tonight, made) == set()
    assert bool(made.killed) == bool(kills)


@pytest.mark.parametrize("kind", [AcknowledgesFirst, KeepsStateFirst, NamesAnew])
def test_1_outputs_then_state_then_acknowledgement_under_ids_given_once(
    tonight: Night, kind: type[Simulated]
) -> None:
    """In another order, or under ids that are made anew, kills lose or double something."""
    assert any(differs(tonight, played(tonight, kind, kills=KILLS, seed=n)) for n in range(4))


def test_2_a_source_comes_to_pass_in_its_sequence(
    tonight: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Taken as they arrive, observations give other incidents; so do those that come again."""

    def as_they_come(
        _state: object, _collector: str, seen: Observation, *, held: bool
    ) -> Iterator[Observation]:
        assert held in (True, False)
        yield seen

    monkeypatch.setattr(fold_partition, "in_turn", as_they_come)
    assert differs(tonight, played(tonight)) >= {"incidents"}


def test_3_time_is_journalled(tonight: Night) -> None:
    """Without the journalled ticks nothing that waits for time to pass comes to pass."""
    assert differs(tonight, played(tonight, without=BatchKind.CLOCK))


def test_3_time_overtakes_nothing(tonight: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tick that came through one partition alone says nothing yet of what lies in others."""

    def at_once(rows: Rows, clock: str, batch: RawBatch, _via: int, _ways: int) -> list[RawBatch]:
        return [batch] if first_time(rows, clock, "tick", batch.sequence) else []

    monkeypatch.setattr(fold_partition, "come_to_pass", at_once)
    assert differs(tonight, played(tonight)) >= {"incidents"}


def test_4_versions_travel_with_the_batch(tonight: Night) -> None:
    """Judged by the newest rules instead of those of its stamp, yesterday comes out differently."""
    newest = tonight.batches[-1].revisions
    assert newest != tonight.batches[0].revisions

    def in_force(_stamp: Revisions) -> Chain:
        return tonight.system.engine.chain(newest)

    assert differs(tonight, played(tonight, chains=in_force)) >= {"findings"}


def test_5_what_people_do_is_input(tonight: Night) -> None:
    """A journal without what people asked gives another history."""
    made = played(tonight, without=BatchKind.COMMAND)
    assert differs(tonight, made) >= {"incidents", "audit"}


class WritesAll(PartitionRows):
    """Writes all rows of an object with each step, and not those alone that changed."""

    def save(self, object_id: str, rows: Mapping[str, bytes | None]) -> None:
        """Note all rows."""
        super().save(object_id, {**self.load(object_id), **rows})


@pytest.mark.parametrize(("kind", "grows"), [(PartitionRows, False), (WritesAll, True)])
def test_6_what_is_written_follows_what_changed(
    crowd: Night,
    kind: type[PartitionRows],
    grows: bool,
    record_property: Callable[[str, object], None],
) -> None:
    """An object with hundreds of groups writes no more an observation than one with a few."""
    chain = crowd.system.engine.chain
    sizes, all_bytes = [], []
    rows = kind(OrderedMemory())
    stage = FoldPartition(0, 1, 1, chain, rows)
    for batch in crowd.batches:
        posted = unpack_posted(Matching(chain, 1)(batch, "c1", (0, 0))[-1].value)
        assert isinstance(posted, Posted)
        stage(posted)
        writes = rows.step()
        rows.written(writes)
        stage.settled()
        sizes.append(sum(len(value) for key, value in writes if value and key[:1] == b"w"))
        all_bytes.append(sum(len(key) + len(value or b"") for key, value in writes))
    few, many = sum(sizes[10:25]) / 15, sum(sizes[-15:]) / 15
    record_property("bytes of an observation's entry, few groups", round(few))
    record_property("many", round(many))
    record_property("with rows", round(sum(all_bytes) / len(all_bytes)))
    assert (many > 2 * few) == grows


MARK = b"u7 from"


class Unisolated(Simulated):
    """Matches a batch as it is, whatever its records do to the stages."""

    def _match(self, matching: Matching, number: int) -> None:
        super()._match(replace(matching, observing=lambda chain, one: chain.observe(one)), number)


def test_7_what_breaks_a_stage_is_isolated_to_its_record(tonight: Night) -> None:
    """Records that break reading are dead letters, all others come out; else nothing goes on."""

    def chains(stamp: Revisions) -> Chain:
        chain = tonight.system.engine.chain(stamp)

        def breaks(batch: RawBatch) -> Normalized:
            if any(MARK in record for record in batch.records):
                raise ZeroDivisionError
            return chain.normalizer(batch)

        return replace(chain, normalizer=breaks)

    poison = sum(MARK in record for batch in tonight.batches for record in batch.records)
    made = played(tonight, chains=chains)
    dead = [one for failed in failures(made) for one in failed.failures]
    assert {one.code for one in dead} == {FailureCode.POISON}
    assert len(dead) == poison > 0
    assert len(events(made)) == tonight.events - poison
    with pytest.raises(ZeroDivisionError):
        played(tonight, Unisolated, chains=chains)


def test_8_what_is_stored_says_by_what_it_was_read(tonight: Night) -> None:
    """Each event names the versions that read it, each finding the fields that it matched on."""
    made = played(tonight)
    sent = events(made)
    assert len(sent) == tonight.events
    assert all(one["versions"] for one in sent)
    found = made.outcome().findings.values()
    assert found
    assert all(one.event_ids and one.fields for one in found if one.kind == "rule")


def failures(made: Simulated) -> Iterator[Failed]:
    """Give what was set aside."""
    for (name, _), log in made.logs.items():
        for value in log if name == "failures" else ():
            failed = unpack_failures(value)
            assert isinstance(failed, Failed), failed
            yield failed
