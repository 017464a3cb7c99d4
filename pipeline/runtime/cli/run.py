"""`saqshy run`: collectors, pipeline, notifier, status page in one process."""

import signal
import threading
from typing import Annotated

import typer

from pipeline.runtime.bootstrap import assemble
from pipeline.runtime.cli.options import Config, Workers, with_workers
from pipeline.runtime.cli.output import say, told_errors
from pipeline.runtime.clocks import SystemClock
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.knowledge import Cause
from pipeline.runtime.reloading import Ask
from pipeline.runtime.supervisor import tell_ready


def run(
    config: Config = None,
    once: Annotated[
        bool,
        typer.Option("--once", help="End when every file is read and every notice answered."),
    ] = False,
    workers: Workers = None,
) -> None:
    """Run everything on one SQLite file, until Ctrl-C; `--workers` use the machine's other cores.

    Changed rules, registry and pack come into force by themselves, or at once on SIGHUP.
    Example: saqshy run --config saqshy.yml
    """
    with told_errors():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # who has just begun reads what is there
        settings = with_workers(read_settings(config), workers)
        system = assemble(settings, SystemClock())
        system.runtime.patient = not once  # what is to end does not wait for room on a disk
        ended = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: ended.set())
        again = Ask(Cause(way="signal"))
        signal.signal(signal.SIGHUP, lambda *_: system.reloader.ask(again))
        with system.running() as addresses:
            for name, address in addresses.items():
                say(f"{name}: {address}")
            tell_ready()
            while not ended.is_set() and not system.runtime.wait(0.2):
                if once and system.runtime.drained(ended=True, delivered=True):
                    break
            system.runtime.stop()
            position = system.stores.journal.committed()
        say(f"ended; everything up to batch {position} of {settings.store.path} is kept")
