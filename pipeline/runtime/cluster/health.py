"""What each process of the cluster tells of itself: alive, ready or why not, metrics."""

from collections.abc import Callable, Iterator, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from pipeline.runtime.catalogue import family
from pipeline.runtime.exposition import Exposition
from pipeline.web.status import LOOPBACK


class ReadyGauge(Collector):
    """Whether a process can work now, read when somebody asks."""

    def __init__(self, unready: Callable[[], str]) -> None:
        self._unready = unready

    def describe(self) -> Iterator[Metric]:
        """Give the family without values."""
        yield family("saqshy_ready")

    def collect(self) -> Iterator[Metric]:
        """Ask the process."""
        shown = family("saqshy_ready")
        shown.add_metric([], not self._unready())
        yield shown


def health_app(
    unready: Callable[[], str], metrics: CollectorRegistry, hosts: Sequence[str]
) -> Starlette:
    """Build ``/healthz``, ``/readyz`` (503 with the reason, where there is one), ``/metrics``.

    On loopback only ``hosts`` are answered: a page of another name in a browser here learns
    nothing. Where others may ask they do so by names and addresses that are not known here.
    """
    allowed = [*hosts] if {*hosts} <= {*LOOPBACK, "::1"} else ["*"]
    metrics.register(ReadyGauge(unready))
    exposition = Exposition(metrics)

    def alive(_request: Request) -> Response:
        return PlainTextResponse("alive\n")

    def ready(_request: Request) -> Response:
        why = unready()
        return PlainTextResponse(f"{why or 'ready'}\n", 503 if why else 200)

    def figures(_request: Request) -> Response:
        return Response(exposition.text(), media_type=exposition.media_type)

    return Starlette(
        routes=[
            Route("/healthz", alive),
            Route("/readyz", ready),
            Route("/metrics", figures),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=allowed)],
    )
