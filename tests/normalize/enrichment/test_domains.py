"""Parts of domain names and URLs."""

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.model import Json
from pipeline.normalize.ecs_schema import fitting
from pipeline.normalize.enrichment.domains import domain_parts, name_parts
from tests.normalize.enrichment.made import event

URLS = {
    "whole": (
        "https://User@Shop.Example.co.uk:8443/a/b.php?x=1&y=%20#part",
        {
            "scheme": "https", "username": "User", "domain": "shop.example.co.uk", "port": 8443,
            "path": "/a/b.php", "extension": "php", "query": "x=1&y=%20", "fragment": "part",
            "registered_domain": "example.co.uk", "top_level_domain": "co.uk", "subdomain": "shop",
        },
    ),
    "a request's path": (
        "/cgi-bin/../etc/passwd?cmd=ls",
        {"path": "/cgi-bin/../etc/passwd", "query": "cmd=ls"},
    ),
    "a path of two slashes is no host": ("//evil.example.org/x", {"path": "//evil.example.org/x"}),
    "CONNECT": (
        "mail.example.kz:443",
        {
            "domain": "mail.example.kz", "port": 443, "registered_domain": "example.kz",
            "top_level_domain": "kz", "subdomain": "mail",
        },
    ),
    "IPv6": (
        "http://[2001:db8::7]:80/",
        {"scheme": "http", "domain": "2001:db8::7", "port": 80, "path": "/"},
    ),
    "Cyrillic": (
        "http://www.мысал.қаз/жол",
        {
            "scheme": "http", "domain": "www.мысал.қаз", "path": "/жол",
            "registered_domain": "мысал.қаз", "top_level_domain": "қаз", "subdomain": "www",
        },
    ),
    "a port that is none": ("http://example.org:99999/", {}),
    "brackets left open": ("http://[::1/", {}),
    "letters that normalise to a slash": ("http://example.org℀.example.kz/", {}),
    "no URL": ("sp3cial", {}),
}  # fmt: skip


@pytest.mark.parametrize(("text", "parts"), URLS.values(), ids=URLS)
def test_a_url_is_taken_apart(text: str, parts: Json) -> None:
    """A URL gives its parts; what is no URL gives none and raises nothing."""
    assert domain_parts(event({"url": {"original": text}})).get("url", {}) == parts


NAMES = {
    "below a private suffix": (
        "a.b.github.io",
        {"top_level_domain": "github.io", "registered_domain": "b.github.io", "subdomain": "a"},
    ),
    "a suffix itself": ("gov.kz", {"top_level_domain": "gov.kz"}),
    "in capitals, with the root": (
        "WWW.EXAMPLE.KZ.",
        {"top_level_domain": "kz", "registered_domain": "example.kz", "subdomain": "www"},
    ),
    "one of nobody's": (
        "dc01.corp.local",
        {"top_level_domain": "local", "registered_domain": "corp.local", "subdomain": "dc01"},
    ),
    "an address": ("198.51.100.7", {}),
    "one label": ("localhost", {}),
    "an empty label": ("a..example.org", {}),
    "too long": ("a." * 130 + "org", {}),
    "no text": (7, {}),
}


@pytest.mark.parametrize(("name", "parts"), NAMES.values(), ids=NAMES)
def test_a_name_is_taken_apart(name: object, parts: Json) -> None:
    """A name gives its registered domain, its public suffix and what stands before."""
    assert name_parts(name) == parts


def test_every_side_has_its_parts() -> None:
    """Source, destination, client, server and the question of DNS are read alike."""
    sides = ("source", "destination", "client", "server")
    ecs: Json = {side: {"domain": "www.example.org"} for side in sides}
    ecs["dns"] = {"question": {"name": "mx.example.org"}}
    found = domain_parts(event(ecs))
    assert {side: found[side]["registered_domain"] for side in sides} == dict.fromkeys(
        sides, "example.org"
    )
    assert found["dns"]["question"]["subdomain"] == "mx"


@given(text=st.text(max_size=80) | st.from_regex(r"https?://[^\s]{0,60}", fullmatch=True))
@example("http://\x00/")
@example("http://a:b@c:d@[::]:1]/")
@example("\ud800.org")
@example("http://" + "[" * 50)
def test_any_text_gives_parts_that_fit(text: str) -> None:
    """Whatever stands in a URL or a name, what comes out can be written and fits its field."""
    found = domain_parts(event({"url": {"original": text, "domain": text}}))
    for name, value in found.get("url", {}).items():
        assert fitting(f"url.{name}", value) == value
    if "\ud800" not in text:
        orjson.dumps(found)
