"""`saqshy demo`: the bundled scenario, live on the terminal, with its table at the end."""

import signal
import threading
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from pipeline.incidents.audit import verify
from pipeline.model import BatchKind, NoticeState
from pipeline.runtime.bootstrap import System, assemble
from pipeline.runtime.cli.output import FOUND, say, stop, told_errors
from pipeline.runtime.cli.story_show import Show, show_story
from pipeline.runtime.clocks import StoryClock
from pipeline.runtime.configuration import bundled, read_settings
from pipeline.runtime.demonstration import receiver, write_demo_settings
from pipeline.runtime.engine import Outcome
from pipeline.runtime.player import Place, Player
from pipeline.runtime.story import Story, load_story

SETTLE_SECONDS = 60.0


def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the story.")] = False,
    seconds: Annotated[
        float, typer.Option(min=0, help="How long the story takes; 0: no pauses.")
    ] = 45.0,
    folder: Annotated[
        Path, typer.Option("--dir", help="Settings, store and keys of the demonstration.")
    ] = Path("var/demo"),
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Of the status page; 0: any free one.")
    ] = 8790,
) -> None:
    """Start the standalone system with the example objects and play the bundled story.

    Example: saqshy demo --once
    """
    with told_errors():
        story = load_story(bundled("scenario") / "story.yml")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The receiver stamps receipts in the story's time as well: one story, one time.
        told = folder.resolve() / "clock.json"
        clock = StoryClock(story.instant(story.begins), told=told)
        with receiver(folder.resolve() / "ncc", "--clock", str(told)) as centre:
            path = write_demo_settings(folder.resolve(), centre.url, centre.pki, port)
            _play(story, clock, path, seconds, centre.url, once=once)


def _play(
    story: Story, clock: StoryClock, config: Path, seconds: float, receiver_url: str, *, once: bool
) -> None:
    system = assemble(read_settings(config), clock)
    show = Show()
    system.engine.watch = partial(_show, show)
    system.dispatcher.watch = show.notice
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with system.running() as addresses:
        places = {**addresses, "coordination centre": receiver_url}
        _tell(places)
        player = Player(
            story=story,
            places=_places(system),
            clock=clock,
            seen=lambda: system.collector.seen,
            settled=lambda: _settled(system, clock.now()),
            tick=system.collector.tick,
            tell=show.narrate,
            stopping=ended.is_set,
        )
        player.play(seconds)
        clock.run_on()
        if ended.is_set():
            say(f"ended before the story did; what was journalled is kept in {config.parent}")
            return
        complete = _wait_for_receipts(system)
        show_story(system.stores.incidents.latest(), system.stores.outbox.list())
        show.totals(player.sent, player.lost)
        breaks = verify(system.stores.audit.read())
        say(f"audit trail: {len(breaks)} break(s)" if breaks else "the audit trail verifies")
        if not once:
            _tell(places)
            say(f"look around: saqshy incidents list --config {config}; Ctrl-C ends it")
            while not ended.is_set() and not system.runtime.wait(0.2):
                pass
    if once and (breaks or player.lost or not complete):
        stop(FOUND, "the story did not end as it should: see above")


def _show(show: Show, outcome: Outcome) -> None:
    """Tell what one batch gave."""
    if outcome.batch.kind is BatchKind.RAW:
        show.arrived(outcome.batch.source_id, len(outcome.batch.records))
    for part in outcome.folded:
        for finding in part.findings:
            show.finding(finding)
        for revised in part.revised:
            show.incident(revised.incident)


def _tell(addresses: Mapping[str, str]) -> None:
    for name, address in addresses.items():
        say(f"  {name}: {address}")


def _places(system: System) -> dict[str, Place]:
    return {
        listener.name: Place(path=listener.path)
        if listener.path is not None
        else Place(port=system.port(listener.name))
        for listener in system.settings.listeners
    }


def _settled(system: System, now: int) -> bool:
    """Tell whether all that came is processed, and told to whom it can be told now.

    Or the story's time would run away from what is on its way, and every notice be late.
    """
    if not system.runtime.drained(ended=False, delivered=False):
        return False
    return not any(
        one.state in (NoticeState.PENDING, NoticeState.FAILED) and one.next_attempt_at <= now
        for one in system.stores.outbox.list()
    )


def _wait_for_receipts(system: System) -> bool:
    end = time.monotonic() + SETTLE_SECONDS
    while not system.runtime.drained(ended=False, delivered=True):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
