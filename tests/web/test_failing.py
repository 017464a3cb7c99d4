"""What breaks is answered in full: headers, languages, problem documents, and the connection."""

import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Mount, Route

from pipeline.access import Role
from pipeline.model import Json
from pipeline.web.api import PREFIX, api_app
from pipeline.web.caught import Caught
from pipeline.web.console import Beside, console_routes
from pipeline.web.failing import failing
from pipeline.web.login import SafeHeaders
from pipeline.web.login.headers import POLICY
from tests.web.console.consoles import Entered
from tests.web.desks import centre, viewer

SECRET = "secret-in-the-text"


def broken() -> Json:
    """Break as what is asked beside the desk may."""
    raise RuntimeError(SECRET)


def away() -> Json:
    """Be away as a disk is."""
    raise OSError(SECRET)


async def cut(_request: Request) -> Response:
    """Break in the middle of an answer."""

    async def lines() -> AsyncIterator[bytes]:
        yield b"the first line\n"
        raise RuntimeError(SECRET)

    return StreamingResponse(lines(), media_type="text/plain")


def served(health: object = broken) -> Starlette:
    """Make console and interface over a centre of which parts break."""
    made = centre()
    means = replace(made.desk.means, verify=broken, versions=away)
    desk = replace(made.desk, means=means)
    answer = failing(made.clock)
    who = replace(viewer(Role.DUTY_LEAD), language="kk")
    return Starlette(
        routes=[
            Route("/cut", cut),
            Mount(PREFIX, api_app(desk, made.clock)),
            *console_routes(desk, made.clock, beside=Beside(health=health)),  # type: ignore[arg-type]
        ],
        middleware=[
            Middleware(SafeHeaders, secure=True),
            Middleware(Entered, viewer=who),
            Middleware(Caught, answer=answer),
        ],
        exception_handlers={HTTPException: answer},
    )


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Serve it over a real socket."""
    config = uvicorn.Config(
        served(), host="127.0.0.1", port=0, log_config=None, lifespan="off",
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    one = uvicorn.Server(config)
    listening = config.bind_socket()
    thread = threading.Thread(target=one.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        one.should_exit = True
        thread.join(timeout=10)
        listening.close()


PAGES = {
    ("/health", "kk"): (500, "Бірдеңе дұрыс болмады"),
    ("/health", "ru"): (500, "Что-то пошло не так"),
    ("/health", "en"): (500, "Something went wrong"),
    ("/versions", "en"): (503, "The store does not answer"),
}


@pytest.mark.parametrize(("asked", "told"), PAGES.items(), ids=map(" ".join, PAGES))
def test_a_page_that_breaks_is_a_page(
    server: str, asked: tuple[str, str], told: tuple[int, str]
) -> None:
    """It is told in the reader's language, under every header, and says nothing of what broke."""
    path, language = asked
    answer = httpx.get(f"{server}{path}?lang={language}")
    assert answer.status_code == told[0]
    assert told[1] in answer.text
    assert f'<html lang="{language}"' in answer.text
    assert SECRET not in answer.text
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "strict-transport-security" in answer.headers


@pytest.mark.parametrize(("path", "status"), [("/audit-verification", 500), ("/versions", 503)])
def test_a_way_that_breaks_is_a_problem(server: str, path: str, status: int) -> None:
    """Programs are told by a problem document, under every header, with nothing of what broke."""
    answer = httpx.get(f"{server}{PREFIX}{path}", headers={"accept-language": "ru"})
    assert answer.status_code == answer.json()["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-language"] == "ru"
    assert answer.headers["cache-control"] == "no-store"
    assert SECRET not in answer.text


def test_the_connection_lives(server: str) -> None:
    """After each of them the next request goes over the same connection."""
    ports: set[str] = set()
    with httpx.Client(base_url=server, limits=httpx.Limits(max_connections=1)) as client:
        for path in ("/health", f"{PREFIX}/audit-verification", "/health", "/help"):
            answer = client.get(path)
            stream = answer.extensions["network_stream"]
            ports.add(str(stream.get_extra_info("client_addr")))
            assert "connection" not in answer.headers
    assert len(ports) == 1


def test_half_an_answer_is_cut_off(server: str) -> None:
    """An answer that breaks on its way ends as broken, and not as a whole one."""
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"{server}/cut")


def test_what_is_no_way_of_the_console_is_a_page(server: str) -> None:
    """A method that a page has not is told as a page too, and not in a line of plain English."""
    answer = httpx.put(f"{server}/queue?lang=ru")
    assert answer.status_code == 405
    assert '<html lang="ru"' in answer.text
    assert answer.headers["content-security-policy"] == POLICY
