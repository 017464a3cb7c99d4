"""Failed records once more: a batch of its own, identified by the failure it mends."""

from dataclasses import replace

from pipeline.model import BatchKind, Failure, RawBatch, identity
from pipeline.runtime.bootstrap import System
from pipeline.runtime.spill_records import emptied
from pipeline.runtime.spill_removal import remove

LISTENER = "dead-letters"


def replay_failures(system: System) -> tuple[int, int]:
    """Send every failed record through the pipeline with today's content.

    Gives how many went through and how many failed again; those stay in the dead letters.
    """
    stores = system.stores
    failures = list(stores.dead_letters.list())
    wanted = {failure.batch_id for failure in failures}
    batches: dict[str, RawBatch] = {}
    position = 0
    while wanted - batches.keys():
        page = stores.journal.read(position, 64)
        if not page:
            break
        for position, batch in page:  # noqa: B007 (read on from the last position)
            if batch.id in wanted:
                batches[batch.id] = batch
    done = left = 0
    for failure in failures:
        original = batches.get(failure.batch_id)
        if original is not None and _once_more(system, failure, original):
            stores.dead_letters.resolve(failure.id)
            done += 1
        else:
            left += 1
    return done, left


def _once_more(system: System, failure: Failure, original: RawBatch) -> bool:
    if original.kind is not BatchKind.RAW:
        return False  # a tick's time is past, and what a person asked is theirs to ask again
    stores = system.stores
    tail = stores.journal.tail(LISTENER, original.object_id, original.source_id)
    last = tail.sequence if tail else 0
    attempt = replace(
        original,
        id=identity("again", failure.id, *_stamp(system)),
        sequence=last + 1,
        previous=last,
        records=(original.records[failure.index],),
        notes=tuple(
            replace(note, index=0) for note in original.notes if note.index == failure.index
        ),
        resume="",
        revisions=system.collector.revisions,
    )
    chain = system.engine.chain(attempt.revisions)
    observed = chain.observe(attempt)
    if observed.failures:
        return False
    if observed.stopped:
        # Today's parsers see a mark in it that those of its day did not.
        attempt = emptied(attempt, observed.stopped)
        with stores.database.transaction():
            remove(stores.carriers, original.id, (failure.index,))
        stores.carriers.settle(whole=True)
    stores.journal.append(LISTENER, [attempt])
    while system.engine.run_pending():
        pass
    return True


def _stamp(system: System) -> tuple[str, str, str]:
    stamp = system.collector.revisions
    return stamp.content, stamp.registry, stamp.pack
