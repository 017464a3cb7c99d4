"""`saqshy auditor`: the independent process that reads history and says what was not as owed."""

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from pipeline.ports import Clock
from pipeline.runtime.auditor_process import AuditorProcess
from pipeline.runtime.auditor_wiring import make_process
from pipeline.runtime.cli.options import AsJson, Config, Store, Told
from pipeline.runtime.cli.output import FOUND, emit, say, stop, told_errors
from pipeline.runtime.clocks import clock_of
from pipeline.runtime.cluster.health import health_app
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.logs import set_up_logging
from pipeline.runtime.web import serving
from pipeline.settings import Settings, WebSettings
from pipeline.web.status import LOOPBACK


def auditor(
    config: Config = None,
    store: Store = None,
    once: Annotated[
        bool, typer.Option("--once", help="Look once and end; 1 where an alarm stands.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Look at every chain and incident anew.")
    ] = False,
    clock: Told = None,
    json: AsJson = False,
) -> None:
    """Watch a running system's history: which notices were due, and what became of them.

    Reads the store beside `saqshy run`, or Elasticsearch and Kafka where the settings name them;
    pages into a folder of its own, and gives signs of life to the coordination centre.
    Example: saqshy auditor --config saqshy.yml
    """
    with told_errors():
        settings = read_settings(config)
        set_up_logging(settings.log)
        process = _made(settings, store, clock_of(clock))
        try:
            if once:
                process.once(everything=everything)
                _settle(process)
                _tell(process, json=json)
            else:
                _watch(process, settings)
        finally:
            process.close()


def _made(settings: Settings, store: Path | None, clock: Clock) -> AuditorProcess:
    if store is not None or settings.cluster is None or settings.elasticsearch is None:
        return make_process(settings, store or settings.store.path, clock)
    from pipeline.runtime.cluster.auditing import make_cluster_process  # noqa: PLC0415 (an extra)

    return make_cluster_process(settings, clock)


def _settle(process: AuditorProcess) -> None:
    """Look again at what may have been on its way."""
    settling = process.auditor.settling
    if process.last is not None and settling.waiting():
        threading.Event().wait(settling.seconds)
        process.once()


def _watch(process: AuditorProcess, settings: Settings) -> None:
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    process.wait = ended.wait
    address, port = settings.auditor.address, settings.auditor.port
    web = None if port is None else WebSettings(address=address, port=port)
    hosts = (*LOOPBACK, address)
    with serving(web, lambda: health_app(process.unready, process.metrics, hosts)) as addresses:
        if web is not None:
            say(f"metrics: {addresses['metrics']}")
        process.run(ended.is_set)
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
