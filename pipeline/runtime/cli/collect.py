"""`saqshy collect`: the process of the cluster that takes records in."""

import signal
from typing import Annotated

import typer

from pipeline.runtime.cli.options import Config, Told
from pipeline.runtime.cli.output import say, told_errors
from pipeline.runtime.clocks import clock_of
from pipeline.runtime.cluster.collecting import Collecting
from pipeline.runtime.cluster.collecting_wiring import CollectProcess
from pipeline.runtime.cluster.health import health_app
from pipeline.runtime.cluster.working import cluster_of
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.knowledge import Cause
from pipeline.runtime.logs import set_up_logging
from pipeline.runtime.reloading import Ask
from pipeline.runtime.web import serving
from pipeline.settings import WebSettings
from pipeline.web.status import LOOPBACK


def collect(
    config: Config = None,
    once: Annotated[
        bool, typer.Option("--once", help="End when every file is read and all of it is kept.")
    ] = False,
    new: Annotated[
        bool,
        typer.Option("--new", help="This name never collected: do not look where it stands."),
    ] = False,
    clock: Told = None,
) -> None:
    """Take records in and hand them to the brokers, or spool them while no broker answers.

    Waits for the brokers where they do not answer yet. Changed rules, registry and pack come into
    force by themselves, or at once on SIGHUP. One collector of a cluster needs `cluster.ticks`.
    Example: saqshy collect --config saqshy.yml
    """
    with told_errors():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # who has just begun reads what is there
        settings = read_settings(config)
        set_up_logging(settings.log)
        cluster = cluster_of(settings)
        process = CollectProcess(settings, clock_of(clock), fresh=new, patient=not once)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: process.stop.set())
        port = cluster.port
        web = None if port is None else WebSettings(address=cluster.address, port=port)
        hosts = (*LOOPBACK, cluster.address)
        with (
            serving(web, lambda: health_app(process.unready, process.metrics, hosts)) as addresses,
            process.collecting() as running,
        ):
            if running is None:
                return
            again = Ask(Cause(way="signal"))
            signal.signal(signal.SIGHUP, lambda *_: running.reloader.ask(again))
            for name, address in {**addresses, **process.addresses()}.items():
                say(f"{name}: {address}")
            _follow(process, running, once=once)
        say("ended; what was acknowledged is at the brokers, or in the spool")


def _follow(process: CollectProcess, running: Collecting, *, once: bool) -> None:
    told: list[str] = []
    while not process.stop.is_set() and not running.wait(0.2):
        if once and running.ended():
            return
        if (now := running.troubles()) != told:
            process.tell(now, told)
            told = now
