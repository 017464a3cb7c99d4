"""The bundled story, put through a whole system without waiting: its store for tests that read."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pipeline.model import NANOSECONDS
from pipeline.ports import Delivery
from pipeline.runtime.configuration import bundled
from pipeline.runtime.story import Step, expand, load_story
from tests.runtime.centre import Centre, centre

TICK = 300 * NANOSECONDS


@contextmanager
def told(folder: Path) -> Iterator[Centre]:
    """Put the story through a centre over a folder, deliver its notices, and keep it open."""
    steps = list(expand(load_story(bundled("scenario") / "story.yml")))
    with centre(folder, steps[0].at) as made:
        play(made, steps)
        yield made


def play(made: Centre, steps: Sequence[Step]) -> None:
    """Put the story through a centre, and deliver its notices at each tick."""
    waiting: list[Step] = []
    next_tick = steps[0].at + TICK
    for step in [*steps, None]:
        while step is None or step.at >= next_tick:
            _take(made, waiting)
            waiting = []
            made.clock.advance_to(next_tick)
            made.system.collector.tick()
            made.drain()
            while made.system.dispatcher.run_due():
                pass
            next_tick += TICK
            if step is None:
                break
        else:
            waiting.append(step)


def _take(made: Centre, steps: list[Step]) -> None:
    for listener in sorted({step.listener for step in steps}):
        own = [step for step in steps if step.listener == listener]
        records = tuple(step.payload for step in own)
        place = f"{own[-1].at}"
        made.system.collector.take(Delivery(listener, "192.0.2.1", records, resume=place))
