"""Lines of text that a shipper's document carries."""

import orjson
import pytest

from tests.normalize.reading import at, event_of

AROUND = {
    "@timestamp": "2026-03-02T09:00:06.000Z",
    "agent": {"type": "filebeat", "version": "8.17.0"},
    "ecs": {"version": "8.0.0"},
    "host": {"name": "collector"},
    "input": {"type": "filestream"},
    "log": {"offset": 1, "file": {"path": "/var/log/x"}},
}
SSHD = "Mar  2 09:00:05 web1 sshd[7]: Failed password for oracle from 203.0.113.7 port 4022 ssh2"
READ = {
    "a header without priority": (SSHD, "system.auth", "web1"),
    "RFC 5424": ("<13>1 2026-03-02T09:00:05Z web2 app 7 - - text", "system.syslog", "web2"),
    "a format of its own": ("CEF:0|V|P|1|100|worm|10|src=192.0.2.1", "cef.log", "collector"),
    "an access log": (
        '203.0.113.5 - - [02/Mar/2026:09:00:05 +0000] "GET / HTTP/1.1" 200 5 "-" "curl"',
        "web.access",
        "collector",
    ),
}


@pytest.mark.parametrize(("line", "dataset", "host"), READ.values(), ids=READ)
def test_a_line_that_shows_its_format_is_the_record(line: str, dataset: str, host: str) -> None:
    """Syslog and formats with a sign are read; without a host of their own the shipper's counts."""
    event = event_of(orjson.dumps({**AROUND, "message": line}))
    assert "inside:text" in event.notes
    assert at(event.ecs, "event.dataset") == dataset
    assert at(event.ecs, "host.name") == host


@pytest.mark.parametrize(
    "more",
    [
        {"message": "worker restarted after 3 tries"},
        {"message": SSHD, "user": {"name": "oracle"}},
        {"message": SSHD, "event": {"category": ["authentication"], "kind": "event"}},
    ],
    ids=["prose", "a field read", "an event categorised"],
)
def test_any_other_message_stays_one(more: dict[str, object]) -> None:
    """Prose, and a line that its shipper has read, stay the message of the document."""
    event = event_of(orjson.dumps({**AROUND, **more}))
    assert event.ecs["message"] == more["message"]
    assert at(event.ecs, "host.name") == "collector"
    assert "inside:text" not in event.notes
