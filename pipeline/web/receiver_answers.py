"""What every way into the receiver shares: bodies within bounds, answers in JSON."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import orjson
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response


async def bounded_body(request: Request, most: int) -> bytes | None:
    """Read a request's body; None where it is larger than ``most`` bytes."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            return None
    return bytes(body)


def receipted(receipt: str, *, duplicate: bool) -> Response:
    """Answer with a receipt: 201 for what is new, 200 for what was known."""
    return as_json(200 if duplicate else 201, {"receipt": receipt, "duplicate": duplicate})


def problem(status: int, detail: str, places: Sequence[str] = ()) -> Response:
    """Answer why something is not taken."""
    return as_json(status, {"error": detail, **({"places": list(places)} if places else {})})


def places(error: ValidationError) -> list[str]:
    """Name the keys that do not fit, never their values."""
    found = {".".join(map(str, item["loc"])) for item in error.errors(include_url=False)}
    return sorted(place[:100] for place in found)[:20]


def as_json(status: int, document: dict[str, Any]) -> Response:
    """Answer with a document."""
    return Response(orjson.dumps(document), status, media_type="application/json")


async def endless() -> AsyncIterator[bytes]:
    """Give a body that does not end."""
    while True:
        yield b" " * 8192
        await asyncio.sleep(0)
