"""The bundled story as a journal, and what one machine makes of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.model import NANOSECONDS, RawBatch
from pipeline.ports import Delivery
from pipeline.runtime.bootstrap import System
from pipeline.runtime.configuration import bundled
from pipeline.runtime.story import Step, expand, load_story
from tests.runtime.centre import Centre, centre
from tests.runtime.cluster.simulated import Came

TICK = 180 * NANOSECONDS
GATHERED = 8  # records of one listener that one batch takes


@contextmanager
def story_played(
    folder: Path, share: float = 1.0, *, terms: bool = False
) -> Iterator[tuple[System, list[RawBatch], Came]]:
    """Play a share of the story on one machine; give the system, its journal and what came.

    With ``terms`` it keeps the clocks too, which is the notifier's affair in a cluster.
    """
    steps = list(expand(load_story(bundled("scenario") / "story.yml")))
    steps = steps[: int(len(steps) * share)]
    names = sorted({step.listener for step in steps})
    listeners = [{"name": name, "kind": "syslog_tcp", "port": 0} for name in names]
    with centre(folder, steps[0].at, listeners=listeners) as made:
        if not terms:
            made.system.engine.terms = None
        _play(made, steps)
        made.drain()
        came = Came()
        for outcome in made.outcomes:
            for part in outcome.folded:
                came.take(tuple(part.findings), tuple(part.incidents), tuple(part.notices))
                came.drafts |= {draft.entry_id for draft in part.drafts}
        batches = [batch for _, batch in made.system.stores.journal.read(0, 1_000_000)]
        yield made.system, batches, came


def _play(made: Centre, steps: list[Step]) -> None:
    collector, due = made.system.collector, steps[0].at
    waiting: list[Step] = []

    def take() -> None:
        if waiting:
            records = tuple(one.payload for one in waiting)
            collector.take(Delivery(waiting[0].listener, "127.0.0.1", records))
            waiting.clear()

    for step in steps:
        if waiting and (step.listener != waiting[0].listener or len(waiting) >= GATHERED):
            take()
        while due <= step.at:
            take()
            made.clock.advance_to(due)
            collector.tick()
            due += TICK
        made.clock.advance_to(step.at)
        waiting.append(step)
    take()
