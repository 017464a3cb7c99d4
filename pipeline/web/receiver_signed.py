"""Compressed, signed content at the receiver: read within bounds, and known by who signed it."""

import io

import zstandard
from starlette.requests import Request
from starlette.responses import Response

from pipeline.web.receiver_answers import bounded_body, problem
from pipeline.web.receiver_reception import SIGNATURE

MOST_BODY = 32 * 1024 * 1024
MOST_CONTENT = 64 * 1024 * 1024
_PIECE = 1024 * 1024


async def signed_content(request: Request) -> tuple[bytes, str] | Response:
    """Give a request's content unpacked, with its signature; or the answer that refuses it."""
    body = await bounded_body(request, MOST_BODY)
    if body is None:
        return problem(413, f"a body is at most {MOST_BODY} bytes")
    if request.headers.get("content-encoding", "") == "zstd":
        content = unpacked(body)
        if content is None:
            return problem(413, f"it is no zstd, or more than {MOST_CONTENT} bytes unpacked")
        body = content
    return body, request.headers.get(SIGNATURE, "")


def unpacked(body: bytes, most: int = MOST_CONTENT) -> bytes | None:
    """Unpack zstd; None where it is none, is cut off, or unfolds into more than ``most`` bytes."""
    content = bytearray()
    try:
        with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(body)) as reader:
            while piece := reader.read(_PIECE):
                content += piece
                if len(content) > most:
                    return None
    except zstandard.ZstdError:
        return None
    return bytes(content)
