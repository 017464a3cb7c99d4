"""What a process that serves console and API tells of itself."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from connectors.stores.sqlite import open_sqlite
from pipeline.errors import StoreError
from pipeline.model import Command
from pipeline.runtime.catalogue import CATALOGUE
from pipeline.runtime.cluster.health import health_app
from pipeline.runtime.login_wiring import make_key
from pipeline.runtime.web_figures import OTHER, Measured, WebFigures, named, routes_of
from pipeline.runtime.web_wiring import Front, opened_front
from tests.audit.runs import YES, run
from tests.runtime.test_catalogue import families, told
from tests.runtime.test_web_wiring import settings_in


def value(figures: WebFigures, name: str, **labels: str) -> float:
    """Give a sample."""
    return figures.registry.get_sample_value(name, labels) or 0.0


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """Give what is served over a store with one incident."""
    folder = tmp_path_factory.mktemp("figures")
    with run(folder) as one:
        one.find("kz-bank", "entry", YES)
    make_key(folder / "login.key")
    with opened_front(settings_in(folder), folder / "saqshy.db", time.time_ns) as made:
        yield made


def test_what_is_shown_is_the_catalogues(front: Front) -> None:
    """Each family of a serving process stands in the catalogue, with its kind, help and labels."""
    app = health_app(front.unready, front.figures.registry, ["testserver"])
    shown = families(front.figures.registry)
    assert {name: told(name) for name in shown} == shown
    assert {name for name, one in CATALOGUE.items() if "web" in one.shown_by} == set(shown)
    with TestClient(app) as client:
        assert client.get("/readyz").text == "ready\n"
        text = client.get("/metrics").text
    assert "saqshy_ready" in {one.name for one in text_string_to_metric_families(text)}


def test_requests_are_counted_by_route(front: Front) -> None:
    """Ids and made-up paths make no series: a route is as the code writes it, the rest other."""
    figures = front.figures
    with TestClient(front.app, base_url="http://127.0.0.1:1", follow_redirects=False) as client:
        for path in ("/api/v1/incidents/a", "/api/v1/incidents/b", "/incidents/a", "/made/up/1"):
            client.get(path)
        client.get("/static/console.css")
    count = "saqshy_web_requests_total"
    assert value(figures, count, route="/api/v1/incidents/{row_id}", status="401") == 2
    assert value(figures, count, route="/incidents/{id}", status="303") == 1
    assert value(figures, count, route=OTHER, status="303") == 1
    assert value(figures, count, route="/static/", status="200") == 1
    assert value(figures, "saqshy_web_request_seconds_count", route="/incidents/{id}") == 1
    assert {name for _, name in routes_of(front.app.routes)} >= {"/login", "/own", "/api/v1/me"}


def test_refused_logins_and_reads_are_counted(front: Front) -> None:
    """A wrong password is one refusal, whoever it was; a read that was recorded is one record."""
    figures = front.figures
    with TestClient(front.app, base_url="http://127.0.0.1:1", follow_redirects=False) as client:
        token = client.get("/login").text.partition('name="csrf" value="')[2].partition('"')[0]
        given = {"csrf": token, "name": "nobody", "password": "a guess"}
        origin = {"origin": "http://127.0.0.1:1"}
        assert client.post("/login", data=given, headers=origin).status_code == 401
    assert value(figures, "saqshy_web_logins_refused_total", reason="failed") == 1


def command(name: str) -> Command:
    return Command(name, "analyst", "a.serik", "what we need it for", 1)


def refusing(_command: Command) -> None:
    raise StoreError("nobody keeps it")


def test_commands_are_counted_by_whether_they_were_kept() -> None:
    """A read that was kept is a recorded one; what nobody keeps is counted and still an error."""
    figures, kept = WebFigures(), list[Command]()
    for name in ("read", "incident_acknowledge"):
        figures.counting(kept.append)(command(name))
    with pytest.raises(StoreError):
        figures.counting(refusing)(command("read"))
    assert len(kept) == 2
    assert value(figures, "saqshy_web_reads_recorded_total") == 1
    assert value(figures, "saqshy_web_commands_left_total", outcome="kept") == 2
    assert value(figures, "saqshy_web_commands_left_total", outcome="refused") == 1


def test_live_lists_have_no_duration_and_errors_a_status() -> None:
    """A stream lasts as long as somebody looks; what breaks is counted as 500."""

    async def events(_request: object) -> StreamingResponse:
        return StreamingResponse(iter([b"data: 1\n\n"]), media_type="text/event-stream")

    async def broken(_request: object) -> PlainTextResponse:
        raise RuntimeError

    routes = [Mount("/of", routes=[Route("/live", events), Route("/{id}/broken", broken)])]
    figures = WebFigures()
    app = Measured(Starlette(routes=routes), figures, tuple(routes_of(routes)))

    async def asked() -> None:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            await client.get("/of/live")
            await client.get("/of/7/broken")

    asyncio.run(asked())
    assert value(figures, "saqshy_web_requests_total", route="/of/live", status="200") == 1
    assert value(figures, "saqshy_web_request_seconds_count", route="/of/live") == 0
    assert value(figures, "saqshy_web_requests_total", route="/of/{id}/broken", status="500") == 1
    assert named(tuple(routes_of(routes)), "/of/8/nothing") == OTHER


def test_it_says_why_it_is_not_ready(tmp_path: Path) -> None:
    """Before a system has run there is nothing that anybody may see: 503, with the reason."""
    make_key(tmp_path / "login.key")
    open_sqlite(tmp_path / "saqshy.db").database.close()
    settings = settings_in(tmp_path)
    with opened_front(settings, tmp_path / "saqshy.db", time.time_ns) as front:
        app = health_app(front.unready, front.figures.registry, ["testserver"])
        with TestClient(app) as client:
            answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "no system has run" in answer.text
