"""Bodies within bounds, over a real server."""

import gzip
import zlib
from collections.abc import Iterator

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.connectors.sources.intake import Served, served

MOST = 200_000
LINES = b'{"a":1}\n{"b":2}\n'


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    """Serve with a small bound on bodies."""
    with served({"body_bytes": MOST, "waiting_bytes": 3 * MOST}) as made:
        yield made


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("", LINES),
        ("identity", LINES),
        ("gzip", gzip.compress(LINES)),
        ("gzip", gzip.compress(LINES[:8]) + gzip.compress(LINES[8:])),
        ("x-gzip", gzip.compress(LINES)),
        ("deflate", zlib.compress(LINES)),
        ("deflate", raw_deflate(LINES)),
        ("zstd", zstd(LINES)),
        ("zstd", zstd(LINES[:8]) + zstd(LINES[8:])),
        ("GZIP", gzip.compress(LINES)),
    ],
)
def test_bodies_are_unpacked(server: Served, encoding: str, body: bytes) -> None:
    """Each encoding gives the same records, in one piece or several."""
    server.taken.clear()
    headers = {"Content-Encoding": encoding} if encoding else {}
    answer = server.ask("POST", "/ingest", body, headers)
    assert (answer.status, answer.json) == (200, {"accepted": 2, "refused": []})
    assert server.records == [b'{"a":1}', b'{"b":2}']


@pytest.mark.parametrize(
    ("encoding", "body", "status"),
    [
        ("", b"x" * (MOST + 1), 413),
        ("gzip", gzip.compress(b"0" * 100 * MOST), 413),
        ("gzip", gzip.compress(b"0" * MOST) + gzip.compress(b"0" * MOST), 413),
        ("deflate", zlib.compress(b"0" * 100 * MOST), 413),
        ("zstd", zstd(b"0" * 100 * MOST), 413),
        ("gzip", b"no gzip", 400),
        ("gzip", gzip.compress(LINES)[:-3], 400),
        ("deflate", b"\x78\x9cxx", 400),
        ("zstd", zstd(LINES)[:-2], 400),
        ("zstd", b"no zstd", 400),
        ("br", LINES, 415),
        ("gzip, gzip", LINES, 415),
    ],
    ids=[
        "long", "gzip bomb", "members", "deflate bomb", "zstd bomb", "no gzip", "cut gzip",
        "no deflate", "cut zstd", "no zstd", "brotli", "twice",
    ],
)  # fmt: skip
def test_hostile_bodies_are_refused(
    server: Served, encoding: str, body: bytes, status: int
) -> None:
    """Bombs, cut and foreign streams are refused in Elasticsearch's words, and nothing is kept."""
    server.taken.clear()
    answer = server.ask("POST", "/_bulk", body, {"Content-Encoding": encoding} if encoding else {})
    assert answer.status == status
    assert answer.json["status"] == status
    assert answer.json["error"]["reason"]
    assert server.taken == []


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=300),
    encoding=st.sampled_from(["", "gzip", "deflate", "zstd"]),
    path=st.sampled_from(["/_bulk", "/ingest", "/i/_doc"]),
)
def test_any_body_is_answered(server: Served, body: bytes, encoding: str, path: str) -> None:
    """Any bytes are answered with 2xx or 4xx, and the server goes on."""
    headers = {"Content-Encoding": encoding} if encoding else {}
    answer = server.ask("POST", path, body, headers)
    assert answer.status in (200, 201, 400, 413)


def test_nothing_is_held_behind_an_answer(server: Served) -> None:
    """Behind whatever was asked the room for requests is free again."""
    server.ask("POST", "/ingest", b"x" * 1000)
    server.ask("POST", "/ingest", b"x" * (MOST + 1))
    assert server.source._app is not None
    assert server.source._app.room.held == 0
