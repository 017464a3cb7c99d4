"""A MISP server's events: those changed since the last time, page by page.

Source: MISP, "Automation API" (OpenAPI document): POST /events/restSearch with ``returnFormat``,
``page`` (from 1), ``limit``, ``timestamp``, ``published``, ``to_ids``; the key stands in
``Authorization``; events come as ``{"response": [{"Event": {…}}, …]}``.
"""

import ssl
from collections.abc import Iterator
from typing import Any, NoReturn

import httpx
import orjson

from connectors.feeds.reaching import bounded, refuse_plain, secret, tls
from pipeline.errors import SourceError
from pipeline.ports import FeedPage
from pipeline.settings import MispSettings

MOST_PAGES = 10_000  # of one pull
MOST_NAMES = 100  # events of the cursor's second that are known by name
_LIMIT = 50  # events of a page: one may hold thousands of attributes
_WAYS_OUT = {
    401: "check the key",
    403: "the key's user may not search; ask the server's owner",
    404: "check the server's address",
    405: "this is no MISP server",
    429: "it is asked too often: raise every_seconds",
}


class MispFeed:
    """Pulls published events that hold indicators (``to_ids``), by the time of their last change.

    The cursor is that time in seconds, and the events of that second that came already: a server
    gives what was changed at it or later.
    """

    def __init__(self, settings: MispSettings) -> None:
        """Prepare the connection; SourceError where files of it do not read or it is not safe."""
        self.name = settings.name
        self._url = settings.url.rstrip("/") + "/events/restSearch"
        self._tags = settings.tags
        refuse_plain(settings.name, settings.url)
        try:
            self._client = httpx.Client(
                verify=tls(settings.ca, settings.certificate, settings.key),
                headers={
                    "Accept": "application/json",
                    "Authorization": secret(settings.key_file),
                },
                timeout=settings.timeout_seconds,
                follow_redirects=False,
                trust_env=False,
            )
        except (OSError, ssl.SSLError, ValueError) as error:
            raise SourceError(f"{self.name}: {error}; check the files of the settings") from error

    def pull(self, cursor: str) -> Iterator[FeedPage]:
        """Give the pages behind a cursor; SourceError where the server does not give them.

        Events do not come in the order of time: the cursor moves on with the last page. What
        changes meanwhile comes with the next pull.
        """
        since, known = _read(cursor)
        latest, names = since, set(known)
        held: list[dict[str, Any]] = []
        for number in range(1, MOST_PAGES + 1):
            events = self._page(number, since)
            fresh = [event for event in events if _mark(event) not in {(since, n) for n in known}]
            for at, name in map(_mark, fresh):
                if at > latest:
                    latest, names = at, set()
                if at == latest:
                    names.add(name)
            if fresh and held:
                yield _given(held, cursor)
            held = fresh or held
            if len(events) < _LIMIT:
                break
        else:
            self._trouble(f"has more than {MOST_PAGES} pages", "narrow its tags")
        if held:
            yield _given(held, _written(latest, names))

    def close(self) -> None:
        """Close the connection; safe to call twice."""
        self._client.close()

    def _page(self, number: int, since: int) -> list[dict[str, Any]]:
        asked: dict[str, Any] = {
            "returnFormat": "json", "page": number, "limit": _LIMIT, "published": True,
            "to_ids": True, "timestamp": str(since),
        }  # fmt: skip
        if self._tags:
            asked["tags"] = list(self._tags)
        try:
            with self._client.stream("POST", self._url, json=asked) as response:
                if response.status_code != 200:
                    way_out = _WAYS_OUT.get(response.status_code, "try later, or ask its owner")
                    self._trouble(f"answered {response.status_code}", way_out)
                data = bounded(response)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            reason = str(error) or type(error).__name__
            self._trouble(f"cannot be talked to: {reason[:200]}", "it is tried again", error)
        if data is None:
            self._trouble("answers with too large a page", "narrow its tags, or tell its owner")
        return self._events(data)

    def _events(self, data: bytes) -> list[dict[str, Any]]:
        try:
            document = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            self._trouble("answered something that is no JSON", "check its address", error)
        listed = document.get("response") if isinstance(document, dict) else document
        if not isinstance(listed, list) or not all(
            isinstance(one, dict) and isinstance(one.get("Event"), dict) for one in listed
        ):
            self._trouble("answered no events of MISP", "check the server's address")
        return listed

    def _trouble(self, what: str, way_out: str, cause: Exception | None = None) -> NoReturn:
        raise SourceError(f"{self.name}: {self._url} {what}; {way_out}") from cause


def _given(events: list[dict[str, Any]], cursor: str) -> FeedPage:
    return FeedPage(orjson.dumps({"response": events}), cursor)


def _mark(event: dict[str, Any]) -> tuple[int, str]:
    """Give when an event was changed last (seconds; 0 where it does not say), and its name."""
    said = str(event["Event"].get("timestamp", ""))
    at = int(said) if said.isascii() and said.isdigit() and len(said) <= 12 else 0
    return at, str(event["Event"].get("uuid", ""))[:36]


def _read(cursor: str) -> tuple[int, frozenset[str]]:
    at, _, names = cursor.partition(" ")
    return int(at or 0), frozenset(names.split())


def _written(at: int, names: set[str]) -> str:
    return " ".join((str(at), *sorted(names)[:MOST_NAMES]))
