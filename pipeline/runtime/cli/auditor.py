"""`saqshy auditor`: the independent process that reads history and says what was not as owed."""

import signal
import threading
from typing import Annotated

import typer
from prometheus_client import start_http_server

from pipeline.runtime.auditor_process import AuditorProcess
from pipeline.runtime.auditor_wiring import make_process
from pipeline.runtime.cli.options import AsJson, Config, Store
from pipeline.runtime.cli.output import FOUND, emit, say, stop, told_errors
from pipeline.runtime.clocks import SystemClock
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.logs import set_up_logging


def auditor(
    config: Config = None,
    store: Store = None,
    once: Annotated[
        bool, typer.Option("--once", help="Look once and end; 1 where an alarm stands.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Look at every chain and incident anew.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Watch a running system's history: which notices were due, and what became of them.

    Reads the store beside `saqshy run`, pages into a folder of its own, and gives signs of life to
    the coordination centre. Example: saqshy auditor --config saqshy.yml
    """
    with told_errors():
        settings = read_settings(config)
        set_up_logging(settings.log)
        process = make_process(settings, store or settings.store.path, SystemClock())
        try:
            if once:
                process.once(everything=everything)
                _tell(process, json=json)
            else:
                _watch(process, settings.auditor.address, settings.auditor.port)
        finally:
            process.close()


def _watch(process: AuditorProcess, address: str, port: int | None) -> None:
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    process.wait = ended.wait
    if port is not None:
        server, thread = start_http_server(port, address, process.metrics)
        say(f"metrics: http://{address}:{server.server_port}/metrics")
    try:
        process.run(ended.is_set)
    finally:
        if port is not None:
            server.shutdown()
            server.server_close()
            thread.join()
    say("ended; what was examined is remembered")


def _tell(process: AuditorProcess, *, json: bool) -> None:
    alarms = [one.data for one in process.auditor.state.alarms()]
    last = process.last
    if last is None:
        stop(3, "the store could not be read")
    if json:
        emit(
            {
                "incidents": last.incidents,
                "examined": last.examined,
                "notices_owed": last.owed,
                "alarms": dict(last.alarms),
            }
        )
    told = f"{last.incidents} incident(s), {last.owed} notice(s) owed, {last.examined} examined"
    if alarms:
        stop(FOUND, f"{told}: {len(alarms)} alarm(s) stand; see saqshy audit notices")
    say(f"{told}: nothing is amiss")
