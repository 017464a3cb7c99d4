"""`saqshy notifier`: the process of the cluster that delivers, keeps terms and chains audit."""

from pipeline.runtime.cli.options import Config, Told
from pipeline.runtime.cli.output import say, stop, told_errors
from pipeline.runtime.clocks import clock_of
from pipeline.runtime.cluster.health import health_app
from pipeline.runtime.cluster.notifying_wiring import make_notifier
from pipeline.runtime.cluster.working import cluster_of
from pipeline.runtime.configuration import read_settings
from pipeline.runtime.logs import set_up_logging
from pipeline.runtime.web import serving
from pipeline.settings import WebSettings
from pipeline.web.status import LOOPBACK


def notifier(config: Config = None, clock: Told = None) -> None:
    """Deliver what workers decided, keep its terms, and chain the audit trail.

    Several share the partitions; each needs a folder and a port of its own (cluster.folder,
    cluster.port), and all need the workers' settings of notify.
    Example: saqshy notifier --config saqshy.yml
    """
    with told_errors():
        settings = read_settings(config)
        set_up_logging(settings.log)
        cluster = cluster_of(settings)
        made = make_notifier(settings, clock_of(clock))
        port = cluster.port
        web = None if port is None else WebSettings(address=cluster.address, port=port)
        hosts = (*LOOPBACK, cluster.address)
        with serving(web, lambda: health_app(made.unready, made.metrics, hosts)) as addresses:
            for name, url in addresses.items():
                say(f"{name}: {url}")
            status = made.run()
        if status:
            stop(status, "ended by an error; see the log")
        say("ended; what was not acknowledged is another notifier's")
