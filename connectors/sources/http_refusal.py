"""Answers of refused requests, in the shape in which Elasticsearch tells errors."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response

PRODUCT = {"X-Elastic-Product": "Elasticsearch"}  # without it Elastic's clients refuse to talk
AGAIN = {"Retry-After": "1"}  # seconds


class RequestRefused(Exception):
    """A request that is not taken: HTTP status, Elasticsearch's name of the error, and why."""

    def __init__(
        self, status: int, kind: str, reason: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.kind = kind
        self.reason = reason
        self.headers = dict(headers or {})


def error_body(kind: str, reason: str) -> dict[str, Any]:
    """Give an error as part of an answer."""
    return {"type": kind, "reason": reason}


def refusal_answer(refused: RequestRefused) -> Response:
    """Give the answer to a request that is not taken."""
    cause = error_body(refused.kind, refused.reason)
    document = {"error": {"root_cause": [cause], **cause}, "status": refused.status}
    return json_answer(document, refused.status, refused.headers)


def json_answer(
    document: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Give a JSON answer as Elasticsearch's clients expect it."""
    return Response(
        orjson.dumps(document),
        status,
        {**PRODUCT, **(headers or {})},
        media_type="application/json",
    )
