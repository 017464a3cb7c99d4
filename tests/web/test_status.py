"""The status page and what stands beside it: what it shows, what it refuses, what it survives."""

import asyncio
import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge
from starlette.applications import Starlette

from connectors.stores.memory import open_memory
from pipeline.model import IncidentState, NoticeState, Receipt, Recipient
from pipeline.ports import Stores
from pipeline.runtime.exposition import Exposition
from pipeline.web.status import LOOPBACK, status_app
from pipeline.web.status_page import Facts, SourceFact
from tests.connectors.stores.nouns import (
    assessment,
    at,
    batch,
    event,
    failure,
    incident,
    notice,
)

HOSTILE = "<script>alert(1)</script>\"'&\u202e\x00"
NOW = at(100)


class Browser:
    """Calls the application in its own process."""

    def __init__(self, app: Starlette, base_url: str = "http://127.0.0.1:8790") -> None:
        self._app = app
        self._base_url = base_url

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send one request and wait for the answer."""

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url=self._base_url) as client:
                return await client.request(method, path, **options)

        return asyncio.run(send())

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Read a path."""
        return self.request("GET", path, **options)


class Page(HTMLParser):
    """A page as a browser sees it: the elements that are there, and the visible text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.open: list[str] = []
        self.links: list[str] = []
        self.titles: list[str] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element and its links; none may carry code or style."""
        self.elements.append(tag)
        if tag != "meta":
            self.open.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action")]
        self.titles += [value or "" for name, value in attrs if name == "title"]
        assert not [name for name, _ in attrs if name.startswith("on") or name == "style"]

    def handle_endtag(self, tag: str) -> None:
        """Check that elements end in their order."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note visible text."""
        if "style" not in self.open:
            self.texts.append(data)

    @property
    def text(self) -> str:
        """Give the visible text in one line."""
        return " ".join(" ".join(self.texts).split())


@pytest.fixture
def facts() -> Facts:
    """Say what a runtime knows."""
    return Facts(
        centre="OCIB-1",
        began_at=at(0),
        versions=(("content", "c0ffee"), ("pack", "kz-1")),
        sources=(SourceFact("udp", "syslog_udp", "127.0.0.1:5514"),),
    )


@pytest.fixture
def metrics() -> Exposition:
    """Make metrics as the telemetry has them."""
    made = CollectorRegistry()
    findings = Counter("saqshy_findings_total", "x", ["kind", "level"], registry=made)
    findings.labels("rule", "high").inc(3)
    findings.labels("correlation", "low").inc(4)
    Counter("saqshy_journal_records_total", "x", ["listener"], registry=made).labels("udp").inc(777)
    Counter("saqshy_stage_items_total", "x", ["stage"], registry=made).labels("match").inc(1000)
    Counter("saqshy_stage_duration_seconds_sum", "x", ["stage"], registry=made)
    Gauge("saqshy_lag_seconds", "x", registry=made).set(2.5)
    return Exposition(made)


@pytest.fixture
def stores() -> Iterator[Stores]:
    """Make stores with a bit of everything."""
    made = open_memory()
    made.journal.append("udp", [batch(number) for number in range(1, 8)])
    made.journal.commit(5)
    made.events.add(batch(1), [event(batch(1), index, at(index)) for index in range(9)])
    made.dead_letters.put([failure(1), failure(2)])
    made.incidents.put_incidents(
        [incident(1), incident(2, object_id="bank-3", state=IncidentState.CANDIDATE, trial=True)]
    )
    receipt = Receipt("notice-1", "ncc", at(9), {})
    made.outbox.put(
        [
            notice(1, state=NoticeState.ACKNOWLEDGED, receipt=receipt),
            notice(
                2, recipient=Recipient("holder", "power-co"), attempts=3, last_error="refused: no"
            ),
            notice(3, incident_id="incident-9"),
        ]
    )
    yield made
    made.database.close()


@pytest.fixture
def client(stores: Stores, metrics: Exposition, facts: Facts) -> Browser:
    """Make a browser on the same machine."""
    return Browser(status_app(stores, metrics, lambda: facts, lambda: NOW))


def test_page_shows_where_things_stand(client: Browser) -> None:
    """The page tells positions, lag, events, findings, dead letters, sources and versions."""
    page = Page(client.get("/").text)
    for words in (
        "Saqshy OCIB-1",
        "batches in the journal 7",
        "processed up to 5",
        "waiting 2 (2.5 s behind)",
        "events kept 9",
        "findings since start 7",
        "dead letters 2",
        "udp syslog_udp 127.0.0.1:5514 777 0 0",
        "match 1,000",
        "content c0ffee",
        "pack kz-1",
    ):
        assert words in page.text


def test_page_shows_incidents_and_who_was_told(client: Browser) -> None:
    """Each incident has its state, class, weight, recipients and receipts, the newest first."""
    page = Page(client.get("/").text)
    text = page.text
    assert page.titles == ["incident-2", "incident-1"]  # a long id is shown by its beginning
    assert "incident power-7 new unauthorised_access high / P1" in text
    assert "incident bank-3 (trial) candidate" in text
    assert text.index("bank-3") < text.index("power-7")
    assert "ncc ncc (first): acknowledged, receipt 2025-10-09 08:53:29Z" in text
    assert (
        "holder power-co (first): pending, due 2025-10-09 08:53:22Z , 3 attempts: refused" in text
    )
    assert "nobody" in text
    assert "notice-3" not in text


def test_page_of_nothing(metrics: Exposition, facts: Facts) -> None:
    """A runtime that has just begun has a page, too."""
    app = status_app(open_memory(), metrics, lambda: facts, lambda: NOW)
    text = Page(Browser(app, "http://localhost").get("/").text).text
    assert "batches in the journal 0" in text
    assert "None yet." in text


def test_page_shows_what_is_refused_and_what_is_silenced(
    stores: Stores, metrics: Exposition, facts: Facts
) -> None:
    """Alarms and the silences that stand are on the page, and the runtime is ready all the same."""
    silence = ("51ce", "rule r1; at power-7", "until noon", "duty_lead/a.serik", "a scan")
    told = replace(facts, alarms=("Refused: rules/a.yml:3",), silences=(silence,))
    browser = Browser(status_app(stores, metrics, lambda: told, lambda: NOW))
    text = Page(browser.get("/").text).text
    assert "Refused: rules/a.yml:3" in text
    assert " ".join(silence) in text
    assert "of them silenced 0" in text
    assert browser.get("/readyz").status_code == 200


def test_page_loads_nothing_from_elsewhere(client: Browser) -> None:
    """The page is well formed, has no script, and names no other address than its own."""
    page = Page(client.get("/").text)
    assert page.open == []
    assert set(page.elements).isdisjoint({"script", "img", "link", "iframe", "form", "object"})
    assert page.links
    assert all(re.fullmatch(r"/[a-z0-9/]*", link) for link in page.links)
    assert client.get("/").text.count('http-equiv="refresh"') == 1
    for link in page.links:
        assert client.get(link).status_code == 200


def test_hostile_texts_stay_texts(stores: Stores, metrics: Exposition) -> None:
    """Markup in any name, class, error or version is shown as text and never becomes an element."""
    verdict = replace(assessment(), severity=HOSTILE, priority=HOSTILE, rsit=HOSTILE, acts={})
    stores.incidents.put_incidents(
        [incident(8, id=HOSTILE, object_id=HOSTILE, assessment=verdict, trial=True)]
    )
    stores.outbox.put(
        [
            notice(
                8,
                incident_id=HOSTILE,
                recipient=Recipient(HOSTILE, HOSTILE),
                leg=HOSTILE,
                last_error=HOSTILE,
            )
        ]
    )
    hostile = Facts(
        centre=HOSTILE,
        began_at=0,
        versions=((HOSTILE, HOSTILE),),
        sources=(SourceFact(HOSTILE, HOSTILE, HOSTILE),),
        waiting=HOSTILE,
        alarms=(HOSTILE,),
        silences=((HOSTILE,) * 5,),
    )
    app = status_app(stores, metrics, lambda: hostile, lambda: NOW)
    text = Browser(app).get("/").text
    page = Page(text)
    assert "script" not in page.elements
    assert page.open == []
    shown = "<script>alert(1)</script>\"'&\\u202e\\x00"
    assert page.text.count(shown) == 22  # every place but the shortened id
    assert page.titles[0] == shown
    assert "\u202e" not in text
    assert "\x00" not in text


@pytest.mark.parametrize("path", ["/", "/metrics", "/healthz", "/api/v1/incidents", "/none"])
def test_protecting_headers(client: Browser, path: str) -> None:
    """Every answer, refusals too, forbids scripts, frames, sniffing and caching."""
    headers = client.get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert "script-src" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


def test_policy_allows_the_pages_own_style(client: Browser) -> None:
    """The hash in the policy is that of the style that the page carries."""
    answer = client.get("/")
    styles = re.findall(r"<style>(.*?)</style>", answer.text, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(styles[0].encode()).digest()).decode()
    assert len(styles) == 1
    assert f"style-src 'sha256-{digest}'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        *((f"{name}:8790", 200) for name in LOOPBACK),
        *((name, 200) for name in LOOPBACK),
        ("evil.example", 400),
        ("127.0.0.1.evil.example", 400),
        ("", 400),
    ],
)
def test_other_hosts_are_refused(client: Browser, host: str, status: int) -> None:
    """A name that somebody points at this machine (DNS rebinding) reads nothing."""
    answer = client.get("/api/v1/incidents", headers={"host": host})
    assert answer.status_code == status
    assert (b"incident-1" in answer.content) == (status == 200)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["/", "/metrics", "/api/v1/incidents", "/api/v1/notices"])
def test_read_only(client: Browser, method: str, path: str) -> None:
    """Nothing can be changed from here."""
    assert client.request(method, path).status_code == 405


def test_metrics(client: Browser) -> None:
    """The exposition is Prometheus' text format with the registry's series."""
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'saqshy_findings_total{kind="rule",level="high"} 3.0' in answer.text


def test_incidents_as_json(client: Browser) -> None:
    """The latest revisions come in their one JSON form, newest first, of one object if asked."""
    answer = client.get("/api/v1/incidents")
    assert answer.headers["content-type"] == "application/json"
    assert [one["id"] for one in answer.json()["incidents"]] == ["incident-2", "incident-1"]
    assert answer.json()["incidents"][1]["opened_at"] == "2025-10-09T08:53:21Z"
    of = client.get("/api/v1/incidents", params={"object_id": "power-7"}).json()["incidents"]
    assert [one["id"] for one in of] == ["incident-1"]
    one = client.get("/api/v1/incidents?limit=1").json()["incidents"]
    assert [each["id"] for each in one] == ["incident-2"]


def test_notices_as_json(client: Browser) -> None:
    """Notices come newest first with state and receipt, of one incident if asked."""
    answer = client.get("/api/v1/notices").json()["notices"]
    assert [one["id"] for one in answer] == ["notice-3", "notice-2", "notice-1"]
    assert answer[2]["receipt"]["received_at"] == "2025-10-09T08:53:29Z"
    of = client.get("/api/v1/notices", params={"incident_id": "incident-9"}).json()["notices"]
    assert [one["id"] for one in of] == ["notice-3"]


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "x", "", "1e3", "٣", "9" * 5000])
def test_limit(client: Browser, limit: str) -> None:
    """A limit that is none is refused with what it should be."""
    for path in ("/api/v1/incidents", "/api/v1/notices"):
        answer = client.get(path, params={"limit": limit})
        assert answer.status_code == 400
        assert "limit must be a number from 1 to 1000" in answer.text


def test_ready(client: Browser) -> None:
    """A runtime that waits for nothing is alive and ready."""
    assert (client.get("/healthz").status_code, client.get("/healthz").text) == (200, "ok\n")
    assert (client.get("/readyz").status_code, client.get("/readyz").text) == (200, "ready\n")


def test_not_ready(stores: Stores, metrics: Exposition, facts: Facts) -> None:
    """What is still waited for is told with 503 and on the page; the process is alive."""
    waiting = replace(facts, waiting="rules are being compiled")
    app = status_app(stores, metrics, lambda: waiting, lambda: NOW)
    client = Browser(app)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "rules are being compiled\n")
    assert "Not ready: rules are being compiled" in Page(client.get("/").text).text
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("path", ["/", "/readyz", "/api/v1/incidents", "/api/v1/notices"])
def test_unreadable_store(client: Browser, stores: Stores, path: str) -> None:
    """A store that cannot be read is told with 503 and its reason; the process is alive."""
    stores.database.close()
    answer = client.get(path)
    assert answer.status_code == 503
    assert "closed" in answer.text
    assert client.get("/healthz").status_code == 200
