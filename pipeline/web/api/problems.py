"""Errors as problem documents (RFC 9457), their titles in Kazakh, Russian and English.

What a problem says never depends on rows that the viewer may not see: what is denied is not found.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from starlette.datastructures import Headers
from starlette.responses import Response

from pipeline.notify.texts import LANGUAGES, Texts, read_texts

LOCALE = Path(__file__).parent / "locale"
MEDIA_TYPE = "application/problem+json"
STATUSES = {
    "unauthenticated": 401,
    "ground-missing": 403,
    "not-found": 404,
    "method-not-allowed": 405,
    "too-large": 413,
    "bad-question": 400,
    "invalid": 422,
    "refused": 422,
    "too-many": 429,
    "failed": 500,
    "unavailable": 503,
}
"""Every problem that the interface answers with, and its status."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem: its name, what it is in this case (English), what else is said, headers."""

    name: str
    detail: str = ""
    more: tuple[tuple[str, Any], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()

    def answer(self, language: str) -> Response:
        """Answer with it, its title in a language."""
        body: dict[str, Any] = {
            "type": f"urn:saqshy:problem:{self.name}",
            "title": texts().say(language, "problem", self.name),
            "status": STATUSES[self.name],
            **dict(self.more),
        }
        if self.detail:
            body["detail"] = self.detail
        headers = {**dict(self.headers), "content-language": language}
        return Response(orjson.dumps(body), STATUSES[self.name], headers, MEDIA_TYPE)


@cache
def texts() -> Texts:
    """Read the catalogs; ConfigurationError where one lacks what another has."""
    return read_texts(LOCALE)


def language_of(headers: Headers, own: str = "") -> str:
    """Give the language that a request asks for first, else the viewer's own, else English."""
    wanted: list[tuple[float, int, str]] = []
    for place, part in enumerate(headers.get("accept-language", "")[:200].split(",")):
        tag, _, weight = part.partition(";")
        name = tag.strip().casefold().partition("-")[0]
        if name in LANGUAGES and (share := _weight(weight)) > 0:
            wanted.append((-share, place, name))
    if wanted:
        return min(wanted)[2]
    return own if own in LANGUAGES else "en"


def _weight(text: str) -> float:
    name, _, value = text.strip().partition("=")
    if not name:
        return 1.0
    try:
        return float(value) if name.strip() == "q" else 0.0
    except ValueError:
        return 0.0
