"""Console and API in a cluster: what people do there comes to pass, and is seen there again."""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipeline.model import instant
from pipeline.runtime.clocks import StoryClock
from pipeline.runtime.local.cluster import LocalCluster, local_cluster
from pipeline.runtime.local.processes import done
from pipeline.runtime.local.settings import emptied
from tests.connectors import elastic_server, kafka_broker
from tests.runtime.centre import entry, failures

PATIENCE = 400.0  # seconds: a busy machine takes its time
pytestmark = pytest.mark.proof


class Person:
    """Somebody of the cluster's accounts, by a token."""

    def __init__(self, cluster: LocalCluster, name: str, role: str) -> None:
        config = str(cluster.places.folder / "web.yml")
        scopes = ("--scope", "read:*", "--scope", "act:*")
        said = done("accounts", "token", name, *scopes, "--role", role, "--config", config)
        token = next(one for one in said.split() if one.startswith("sqs_"))
        base = cluster.processes["web"].address("API")
        headers = {"authorization": f"Bearer {token}"}
        self.client = httpx.Client(base_url=base, timeout=120, headers=headers)

    def rows(self, path: str, **query: str) -> list[dict[str, Any]]:
        """Give the rows of a list; none while the store, or a busy process, does not answer."""
        answer = self.client.get(path, params=query)
        if answer.status_code in {429, 503}:
            return []
        found: list[dict[str, Any]] = answer.json()["rows"]
        return found

    def act(self, path: str, body: Mapping[str, Any]) -> str:
        """Leave a command; give where its outcome stands."""
        answer = self.client.post(path, json=body)
        assert answer.status_code == 202, answer.text
        return answer.headers["location"].removeprefix("/api/v1")

    def outcome(self, path: str) -> str:
        """Give what became of a command."""
        return str(self.client.get(path).json()["state"])


def wait(holds: Callable[[], Any]) -> Any:
    """Give what a condition gives, once it holds."""
    end = time.monotonic() + PATIENCE
    while not (found := holds()):
        assert time.monotonic() < end, "it did not come to be in time"
        threading.Event().wait(0.5)
    return found


def test_what_people_do_in_the_console_comes_to_pass(tmp_path: Path) -> None:
    """A step of an analyst and the receipt of a holder go through Kafka and are seen in the API.

    Reads are in the audit trail, which verifies with the notifier's signed checkpoints; the process
    is ready once it has read what is in force, and tells its figures.
    """
    kafka_broker.fetch()
    elastic_server.fetch()
    home = emptied(tmp_path / "cluster")
    clock = StoryClock(instant("2026-03-02T15:00:00Z"), told=home / "clock.json")
    clock.run_on()
    with local_cluster(home, 1, lambda _said: None) as cluster, ExitStack() as stack:
        feed = home / "windows.ndjson"
        feed.write_bytes(b"\n".join([*failures(10), entry(10)]) + b"\n")
        duty, holder = Person(cluster, "duty", "duty_lead"), Person(cluster, "holder", "owner")
        stack.callback(duty.client.close)
        stack.callback(holder.client.close)
        (incident,) = wait(lambda: duty.rows("/incidents", q="state: new"))
        way = f"/incidents/{incident['id']}"
        step = {"reason": "seen on the shift", "revision": incident["revision"]}
        asked = duty.act(f"{way}/steps/acknowledge", step)
        notice = wait(lambda: holder.rows("/notices", q="state: sent"))[0]
        received = holder.act(f"/notices/{notice['id']}/acknowledge", {})
        wait(lambda: duty.outcome(asked) == "accepted")
        wait(lambda: duty.client.get(way).json()["state"] == "acknowledged")
        wait(lambda: holder.outcome(received) == "accepted")
        found = wait(lambda: holder.rows("/notices", q="state: acknowledged"))[0]
        assert found["receipt"]["body"]["acknowledged"]["by"] == "holder"
        wait(lambda: "read" in {one["kind"] for one in duty.rows(f"{way}/audit", q="")})
        said = wait(lambda: _verified(duty))
        assert (said["breaks"], said["signed"]) == ([], said["checkpoints"])
        web = cluster.processes["web"]
        assert sum(web.figure("saqshy_web_reads_recorded_total").values()) > 0
        assert web.figure("saqshy_ready") == {(): 1.0}


def _verified(duty: Person) -> dict[str, Any]:
    """Give what verifying says, once there is a checkpoint."""
    said: dict[str, Any] = duty.client.get("/audit-verification").json()
    return said if said["checkpoints"] else {}
