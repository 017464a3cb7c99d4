"""A sender that nobody registered, at a running system: shown with its way in, and paged."""

import html
import socket
import urllib.request
from pathlib import Path

import orjson

from tests.integration.running import PATIENCE, Running, records, running, write_settings
from tests.integration.senders import wait_until


def told(system: Running, path: str) -> str:
    """Give a page of the running system."""
    address = system.addresses["status page"].rstrip("/") + path
    with urllib.request.urlopen(address, timeout=30) as answer:
        return html.unescape(answer.read().decode())


def test_an_unknown_sender_is_shown_and_paged(tmp_path: Path) -> None:
    """The status page has the source to register, the duty officer a page, and nobody the text."""
    config = write_settings(tmp_path, [{"name": "udp", "kind": "syslog_udp"}], web={"port": 0})
    with running(config, listeners=3) as system:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            record = b"<13>Mar  2 20:00:00 stranger app: CANARY"
            sender.sendto(record, ("127.0.0.1", system.port("udp")))
        way_in = '- {"id": "stranger", "match": {"listeners": ["udp"], "addresses": ["127.0.0.1"]'
        assert wait_until(lambda: way_in in told(system, "/"), PATIENCE)
        assert wait_until(
            lambda: bool(orjson.loads(told(system, "/api/v1/notices"))["notices"]), PATIENCE
        )
        (notice,) = orjson.loads(told(system, "/api/v1/notices"))["notices"]
        assert notice["recipient"]["role"] == "duty_officer"
        assert "CANARY" not in told(system, "/") + told(system, "/api/v1/notices")
    assert records(tmp_path) == []
