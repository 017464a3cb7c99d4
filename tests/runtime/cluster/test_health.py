"""What each process of the cluster tells of itself: alive, ready or why not, figures."""

import pytest
from prometheus_client import CollectorRegistry, Counter
from starlette.testclient import TestClient

from pipeline.runtime.cluster.health import health_app


@pytest.mark.parametrize(
    ("why", "status", "text"),
    [("", 200, "ready\n"), ("partitions are assigned", 503, "partitions are assigned\n")],
    ids=["ready", "not yet"],
)
def test_a_process_lives_and_says_whether_it_is_ready(why: str, status: int, text: str) -> None:
    """Liveness does not depend on readiness, which gives its reason where it is absent."""
    metrics = CollectorRegistry()
    Counter("steps", "Steps.", registry=metrics).inc(3)
    app = health_app(lambda: why, metrics, ["localhost"])
    with TestClient(app, base_url="http://localhost") as client:
        assert client.get("/healthz").text == "alive\n"
        ready = client.get("/readyz")
        assert (ready.status_code, ready.text) == (status, text)
        assert "steps_total 3.0" in client.get("/metrics").text


@pytest.mark.parametrize("address", ["0.0.0.0", "10.0.0.7", "::"])
def test_beyond_this_machine_every_name_is_answered(address: str) -> None:
    """Kubernetes asks by a pod's address and Prometheus by a name of its own."""
    app = health_app(lambda: "", CollectorRegistry(), ["127.0.0.1", "localhost", address])
    for name in ("10.244.0.9:8794", "worker-1:8794", "localhost"):
        with TestClient(app, base_url=f"http://{name}") as client:
            assert client.get("/readyz").status_code == 200


def test_who_asks_by_another_name_is_refused() -> None:
    """A page of a foreign name that leads here learns nothing."""
    app = health_app(lambda: "", CollectorRegistry(), ["localhost"])
    with TestClient(app, base_url="http://elsewhere.example") as client:
        assert client.get("/metrics").status_code == 400
