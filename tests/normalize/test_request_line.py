"""HTTP requests as logs write them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.normalize.ecs_schema import fitting
from pipeline.normalize.request_line import authority, request, response, unescaped


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "GET /a?b=c HTTP/1.1",
            {"http.request.method": "GET", "url.path": "/a", "url.query": "b=c"},
        ),
        ("GET /a b HTTP/1.1", {"url.path": "/a b", "http.version": "1.1"}),
        ("GET /a", {"url.path": "/a"}),
        ("CONNECT [2001:db8::1]:443 HTTP/1.1", {"url.domain": "2001:db8::1", "url.port": 443}),
        ("GET http://u@h.example:8080/p?q HTTP/1.0", {"url.domain": "h.example", "url.port": 8080}),
        ("OPTIONS * HTTP/1.1", {"url.original": "*", "url.path": "*"}),
        ("GET //evil.example/x HTTP/1.1", {"url.path": "//evil.example/x"}),
    ],
)
def test_a_request_line(line: str, expected: dict[str, Any]) -> None:
    """Method, target and version are parted, whichever form the target has."""
    found = dict(request(line))
    assert {name: found.get(name) for name in expected} == expected


@pytest.mark.parametrize("line", ["", "-", "\x16\x03\x01", "GET", "\x00 /"])
def test_what_is_no_request(line: str) -> None:
    """Bytes of another protocol are no request."""
    assert request(line) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\x22\xD0\x96", '"Ж'),
        (r"a\\b\"", 'a\\b"'),
        (r"\t\q", "\t\\q"),
        (r"\xZZ", r"\xZZ"),
        ("a", "a"),
    ],
)
def test_escapes_are_undone(text: str, expected: str) -> None:
    """Bytes and signs that a log escaped are what they were; anything else stays."""
    assert unescaped(text) == expected


def test_a_port_that_none_is_left_out() -> None:
    """A number above 65,535 is no port, a name without one has none."""
    assert authority("h.example:99999") == {"url.domain": "h.example"}
    assert authority("") == {}
    assert response("-", "-") == {}


@given(st.text(max_size=80))
def test_any_line_keeps_to_the_schema(line: str) -> None:
    """Whatever stands in a request's place, what is made of it fits its fields."""
    for name, value in request(unescaped(line)):
        assert fitting(name, value) == value
