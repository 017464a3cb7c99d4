"""The MISP client against a small server that speaks the documented API."""

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

from connectors.feeds import MispFeed
from pipeline.errors import SourceError
from pipeline.settings import EnrichmentSettings, MispSettings, TaxiiSettings

BEGIN = 1_772_000_000


@dataclass
class Server:
    """Events by name and second of their last change, a page at a time by number, as restSearch."""

    events: dict[str, int] = field(default_factory=dict)
    answer: Callable[[], Response] | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    url: str = ""

    async def search(self, request: Request) -> Response:
        """Answer a search."""
        asked = orjson.loads(await request.body())
        self.asked.append(asked)
        self.keys.append(request.headers.get("authorization", ""))
        if self.answer is not None:
            return self.answer()
        found = [name for name, at in self.events.items() if at >= int(asked["timestamp"])]
        begin = (asked["page"] - 1) * asked["limit"]
        given = [
            {"Event": {"uuid": name, "timestamp": str(self.events[name])}}
            for name in found[begin : begin + asked["limit"]]
        ]
        return Response(orjson.dumps({"response": given}), media_type="application/json")


@pytest.fixture
def server() -> Iterator[Server]:
    """Run a server on loopback for one test."""
    made = Server()
    app = Starlette(routes=[Route("/events/restSearch", made.search, methods=["POST"])])
    listener = socket.create_server(("127.0.0.1", 0))
    made.url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    running = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    thread = threading.Thread(target=running.run, args=([listener],), daemon=True)
    thread.start()
    yield made
    running.should_exit = True
    thread.join()
    listener.close()


@pytest.fixture
def feed(server: Server, tmp_path: Path) -> Iterator[MispFeed]:
    """Give a client of the server, whose key is in a file."""
    key = tmp_path / "key"
    key.write_text("word\n")
    made = MispFeed(MispSettings(name="sharing", url=server.url, key_file=key, tags=("tlp:green",)))
    yield made
    made.close()
    made.close()


def names(feed: MispFeed, cursor: str = "") -> tuple[list[str], str]:
    """Give the events that come, and the cursor behind them."""
    found: list[str] = []
    for page in feed.pull(cursor):
        found += [one["Event"]["uuid"] for one in orjson.loads(page.data)["response"]]
        cursor = page.cursor
    return found, cursor


def test_a_pull_goes_on_behind_its_cursor(server: Server, feed: MispFeed) -> None:
    """Everything comes once, over all pages; then what changed since, in the same second too."""
    server.events = {f"event-{n:03d}": BEGIN + n // 3 for n in range(121)}
    found, cursor = names(feed)
    assert found == list(server.events)
    assert [one["page"] for one in server.asked] == [1, 2, 3]
    assert names(feed, cursor) == ([], cursor)
    server.events["event-late"] = BEGIN + 40  # the second of the cursor
    server.events["event-000"] = BEGIN + 50  # changed since
    assert names(feed, cursor)[0] == ["event-000", "event-late"]


def test_the_cursor_moves_with_the_last_page(server: Server, feed: MispFeed) -> None:
    """Pages come in no order of time: whoever is killed between two pulls them again."""
    server.events = {f"event-{n:03d}": BEGIN + 1000 - n for n in range(60)}
    first, last = feed.pull("")
    assert (first.cursor, last.cursor) == ("", f"{BEGIN + 1000} event-000")


def test_what_is_asked_is_for_detection_and_published(server: Server, feed: MispFeed) -> None:
    """The key goes with each request, and the search is narrowed."""
    names(feed)
    assert server.keys == ["word"]
    (asked,) = server.asked
    assert (asked["to_ids"], asked["published"], asked["tags"]) == (True, True, ["tlp:green"])
    assert asked["returnFormat"] == "json"


ANSWERS = {
    "no right": (lambda: Response(status_code=403), "may not search"),
    "too often": (lambda: Response(status_code=429), "every_seconds"),
    "elsewhere": (lambda: Response(status_code=302, headers={"Location": "http://x/"}), "302"),
    "no JSON": (lambda: Response(b"<html>"), "no JSON"),
    "another list": (lambda: Response(b'{"response":[{"Attribute":{}}]}'), "no events of MISP"),
    "nothing": (lambda: Response(b"{}"), "no events of MISP"),
    "too large": (lambda: Response(b" " * (65 * 1024 * 1024)), "too large"),
}


@pytest.mark.parametrize(("answer", "words"), ANSWERS.values(), ids=ANSWERS)
def test_a_bad_answer_is_told(
    server: Server, feed: MispFeed, answer: Callable[[], Response], words: str
) -> None:
    """What is no list of events is an error with its way out, and nothing is kept."""
    server.answer = answer
    with pytest.raises(SourceError, match=words):
        names(feed)


def test_nobody_listening_is_told(tmp_path: Path) -> None:
    """A server that is not there is an error that says it is tried again."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    (tmp_path / "key").write_text("word")
    settings = MispSettings(
        name="sharing", url=f"http://127.0.0.1:{port}", key_file=tmp_path / "key"
    )
    feed = MispFeed(settings)
    with pytest.raises(SourceError, match="tried again"):
        names(feed)
    feed.close()


@pytest.mark.parametrize(
    ("url", "written", "words"),
    [
        ("http://misp.example.kz", True, "HTTPS only"),
        ("https://misp.example.kz", False, "key"),
    ],
    ids=["in the clear", "no file"],
)
def test_a_key_is_neither_shown_nor_missing(
    tmp_path: Path, url: str, written: bool, words: str
) -> None:
    """Without TLS beyond loopback no key is sent, and a key that is not there is told at once."""
    if written:
        (tmp_path / "key").write_text("word")
    with pytest.raises(SourceError, match=words):
        MispFeed(MispSettings(name="sharing", url=url, key_file=tmp_path / "key"))


def test_two_feeds_have_two_names(tmp_path: Path) -> None:
    """Each pulled feed has a folder of its own by its name."""
    taxii = TaxiiSettings(name="cert", url="https://taxii.example.kz/c/")
    misp = MispSettings(name="cert", url="https://misp.example.kz", key_file=tmp_path / "key")
    with pytest.raises(ValueError, match="two feeds are named 'cert'"):
        EnrichmentSettings(taxii=(taxii,), misp=(misp,))
