"""The TAXII 2.1 client against a small server, and both feeds against one contract."""

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.feeds import MemoryFeed, TaxiiFeed
from pipeline.errors import SourceError
from pipeline.ports import IndicatorFeed
from pipeline.settings import TaxiiSettings

COLLECTION = "/api/collections/91a7b528-80eb-42ed-a74d-c6fbd5a26116"
MEDIA_TYPE = "application/taxii+json;version=2.1"


def stamp(number: int) -> str:
    return f"2026-03-02T10:00:{number:02d}.000000Z"


@dataclass
class Server:
    """A collection: objects by the number under which they were added, a page at a time.

    ``by_next`` pages by ``next``, else by the time of the last object. ``answer`` stands in.
    """

    objects: dict[int, str] = field(default_factory=dict)
    page: int = 2
    by_next: bool = True
    answer: Callable[[], Response] | None = None
    asked: list[dict[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    async def get(self, request: Request) -> Response:
        """Answer as a collection does."""
        query = dict(request.query_params)
        self.asked.append(query)
        self.headers.append(dict(request.headers))
        if self.answer is not None:
            return self.answer()
        after = query.get("added_after", "")
        found = [n for n in sorted(self.objects) if stamp(n) > after]
        begin = int(query.get("next", 0))
        given = found[begin : begin + self.page]
        envelope: dict[str, Any] = {"objects": [{"id": self.objects[n]} for n in given]}
        if begin + self.page < len(found):
            envelope["more"] = True
            if self.by_next:
                envelope["next"] = str(begin + self.page)
        headers = {"X-TAXII-Date-Added-Last": stamp(given[-1])} if given else {}
        return Response(orjson.dumps(envelope), media_type=MEDIA_TYPE, headers=headers)


@pytest.fixture
def server() -> Iterator[Server]:
    """Run a server on loopback for one test."""
    made = Server()
    app = Starlette(routes=[Route(f"{COLLECTION}/objects/", made.get)])
    listener = socket.create_server(("127.0.0.1", 0))
    made.url = f"http://127.0.0.1:{listener.getsockname()[1]}{COLLECTION}/"
    running = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    thread = threading.Thread(target=running.run, args=([listener],), daemon=True)
    thread.start()
    yield made
    running.should_exit = True
    thread.join()
    listener.close()


def feed_of(server: Server, **more: Any) -> TaxiiFeed:
    return TaxiiFeed(TaxiiSettings(name="cert", url=server.url, **more))


def ids(feed: IndicatorFeed, cursor: str = "") -> tuple[list[str], str]:
    """Give the ids that come, and the cursor behind them."""
    found = []
    for page in feed.pull(cursor):
        found += [one["id"] for one in orjson.loads(page.data)["objects"]]
        cursor = page.cursor
    return found, cursor


class Both:
    """One feed of either kind, with a way to add to it and to break it."""

    def __init__(self, feed: IndicatorFeed, server: Server | MemoryFeed) -> None:
        self.feed, self._server = feed, server

    def add(self, number: int, name: str) -> None:
        """Add an object."""
        if isinstance(self._server, MemoryFeed):
            self._server.pages.append(orjson.dumps({"objects": [{"id": name}]}))
        else:
            self._server.objects[number] = name

    def spoil(self) -> None:
        """Let it not answer any more."""
        if isinstance(self._server, MemoryFeed):
            self._server.broken = "is down"
        else:
            self._server.answer = lambda: Response(status_code=503)


@pytest.fixture(params=["memory", "taxii"])
def both(request: pytest.FixtureRequest, server: Server) -> Iterator[Both]:
    """Give the real feed and its sibling in turn."""
    memory = MemoryFeed("cert")
    made = Both(memory, memory) if request.param == "memory" else Both(feed_of(server), server)
    yield made
    made.feed.close()
    made.feed.close()


def test_a_pull_goes_on_behind_its_cursor(both: Both) -> None:
    """Everything comes once, oldest first; the next pull brings only what was added since."""
    for number in range(1, 6):
        both.add(number, f"indicator--{number}")
    found, cursor = ids(both.feed)
    assert found == [f"indicator--{number}" for number in range(1, 6)]
    assert ids(both.feed, cursor) == ([], cursor)
    both.add(6, "indicator--6")
    assert ids(both.feed, cursor)[0] == ["indicator--6"]


def test_a_feed_that_is_down_says_so(both: Both) -> None:
    """A feed that does not answer raises SourceError that names it."""
    both.add(1, "indicator--1")
    both.spoil()
    with pytest.raises(SourceError, match="cert"):
        ids(both.feed)


@pytest.mark.parametrize("by_next", [True, False], ids=["by next", "by time"])
def test_pages_are_followed_both_ways(server: Server, *, by_next: bool) -> None:
    """Where more is to come the server's ``next`` is sent back, or the time of the last object."""
    server.by_next = by_next
    server.objects = {number: f"indicator--{number}" for number in range(1, 8)}
    feed = feed_of(server)
    found, cursor = ids(feed)
    feed.close()
    assert (found, cursor) == ([f"indicator--{number}" for number in range(1, 8)], stamp(7))
    assert len(server.asked) == 4
    assert all(one["match[type]"].startswith("indicator") for one in server.asked)
    assert all(one["accept"] == MEDIA_TYPE for one in server.headers)


def test_a_login_is_shown(server: Server, tmp_path: Path) -> None:
    """User and password, or a token, come from files and go with each request."""
    secret = tmp_path / "secret"
    secret.write_text("word\n")
    for more in ({"user": "us", "password_file": secret}, {"token_file": secret}):
        feed = feed_of(server, **more)
        ids(feed)
        feed.close()
    told = [one.get("authorization") for one in server.headers]
    assert told == ["Basic dXM6d29yZA==", "Bearer word"]


def test_a_secret_is_not_shown_in_the_clear(tmp_path: Path) -> None:
    """Without TLS beyond loopback no login is sent."""
    secret = tmp_path / "secret"
    secret.write_text("word")
    settings = TaxiiSettings(name="cert", url="http://taxii.example.kz/c/", token_file=secret)
    with pytest.raises(SourceError, match="HTTPS only"):
        TaxiiFeed(settings)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """A file of the settings that is not there is named at once."""
    settings = TaxiiSettings(
        name="cert", url="https://taxii.example.kz/c/", token_file=tmp_path / "none"
    )
    with pytest.raises(SourceError, match="none"):
        TaxiiFeed(settings)


ANSWERS = {
    "no right": (lambda: Response(status_code=401), "check user and password"),
    "too often": (lambda: Response(status_code=429), "every_seconds"),
    "elsewhere": (lambda: Response(status_code=302, headers={"Location": "http://x/"}), "302"),
    "no JSON": (lambda: Response(b"<html>"), "no JSON"),
    "a list": (lambda: Response(b"[]"), "no TAXII envelope"),
    "objects that are none": (lambda: Response(b'{"objects":{}}'), "no TAXII envelope"),
    "more of nothing": (lambda: Response(b'{"more":true}'), "not where"),
}


@pytest.mark.parametrize(("answer", "words"), ANSWERS.values(), ids=ANSWERS)
def test_a_bad_answer_is_told(server: Server, answer: Callable[[], Response], words: str) -> None:
    """What is no page of a collection is an error with its way out, and nothing is kept."""
    server.answer = answer
    feed = feed_of(server)
    with pytest.raises(SourceError, match=words):
        ids(feed)
    feed.close()


def test_nobody_listening_is_told() -> None:
    """A server that is not there is an error that says it is tried again."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    feed = TaxiiFeed(TaxiiSettings(name="cert", url=f"http://127.0.0.1:{port}/c/"))
    with pytest.raises(SourceError, match="tried again"):
        ids(feed)
    feed.close()
