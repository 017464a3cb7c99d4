"""A collection of a TAXII 2.1 server: what was added since the last time, page by page.

Source: TAXII 2.1 (OASIS Standard, 2021), sections 1.6.12 (media type), 3.4 (pagination), 3.7
(envelope), 5.4 (get objects).
"""

import re
import ssl
from collections.abc import Iterator
from typing import Any

import httpx
import orjson

from connectors.feeds.reaching import bounded, refuse_plain, secret, tls
from pipeline.errors import SourceError
from pipeline.ports import FeedPage
from pipeline.settings import TaxiiSettings

MEDIA_TYPE = "application/taxii+json;version=2.1"
MOST_PAGES = 10_000  # of one pull
MOST_NEXT = 4096
_TYPES = "indicator,identity,marking-definition"
_LIMIT = 1000
_LAST = "X-TAXII-Date-Added-Last"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")
_WAYS_OUT = {
    401: "check user and password or token",
    403: "ask the feed's owner for access to this collection",
    404: "check the collection's address",
    406: "this is no TAXII 2.1 server, or it offers another version only",
    429: "it is asked too often: raise every_seconds",
}


class TaxiiFeed:
    """Pulls the indicators of one collection, with who made them and their marks.

    The cursor is the time at which the last object was added, as the server says it.
    """

    def __init__(self, settings: TaxiiSettings) -> None:
        """Prepare the connection; SourceError where files of it do not read or it is not safe."""
        self.name = settings.name
        self._url = settings.url.rstrip("/") + "/objects/"
        if settings.user or settings.token_file:
            refuse_plain(settings.name, settings.url)
        try:
            self._client = httpx.Client(
                verify=tls(settings.ca, settings.certificate, settings.key),
                auth=_login(settings),
                headers={"Accept": MEDIA_TYPE, **_token(settings)},
                timeout=settings.timeout_seconds,
                follow_redirects=False,
                trust_env=False,
            )
        except (OSError, ssl.SSLError, ValueError) as error:
            raise SourceError(f"{self.name}: {error}; check the files of the settings") from error

    def pull(self, cursor: str) -> Iterator[FeedPage]:
        """Give the pages behind a cursor; SourceError where the server does not give them."""
        query = {"match[type]": _TYPES, "limit": str(_LIMIT)}
        if cursor:
            query["added_after"] = cursor
        for _ in range(MOST_PAGES):
            document, data, last = self._page(query)
            cursor = last or cursor
            if document.get("objects"):
                yield FeedPage(data, cursor)
            if document.get("more") is not True:
                return
            following = document.get("next")
            if isinstance(following, str) and 0 < len(following) <= MOST_NEXT:
                query["next"] = following
            elif last and last != query.get("added_after"):
                query.pop("next", None)
                query["added_after"] = last
            else:
                raise self._trouble("says that there is more and not where", "tell its owner")
        raise self._trouble(
            f"has more than {MOST_PAGES} pages", "the rest comes with the next pull"
        )

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _page(self, query: dict[str, str]) -> tuple[dict[str, Any], bytes, str]:
        try:
            with self._client.stream("GET", self._url, params=query) as response:
                if response.status_code != 200:
                    way_out = _WAYS_OUT.get(response.status_code, "try later, or ask its owner")
                    raise self._trouble(f"answered {response.status_code}", way_out)
                data = bounded(response)
                last = response.headers.get(_LAST, "")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            reason = str(error) or type(error).__name__
            raise self._trouble(
                f"cannot be talked to: {reason[:200]}", "it is tried again"
            ) from error
        if data is None:
            raise self._trouble("answers with too large a page", "tell its owner")
        try:
            document = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise self._trouble(
                "answered something that is no JSON", "check its address"
            ) from error
        if not isinstance(document, dict) or not isinstance(document.get("objects", []), list):
            raise self._trouble("answered no TAXII envelope", "check the collection's address")
        return document, data, last if _TIME.fullmatch(last) else ""

    def _trouble(self, what: str, way_out: str) -> SourceError:
        return SourceError(f"{self.name}: {self._url} {what}; {way_out}")


def _login(settings: TaxiiSettings) -> httpx.BasicAuth | None:
    if not settings.user:
        return None
    password = secret(settings.password_file) if settings.password_file else ""
    return httpx.BasicAuth(settings.user, password)


def _token(settings: TaxiiSettings) -> dict[str, str]:
    if settings.token_file is None:
        return {}
    return {"Authorization": f"Bearer {secret(settings.token_file)}"}
