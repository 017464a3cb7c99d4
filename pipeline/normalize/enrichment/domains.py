"""The parts of domain names and URLs: ``url.*``, registered domain, suffix and subdomain.

Sources: ECS 9.5, ``url`` and the domain fields of ``source``, ``destination``, ``dns.question``;
publicsuffix.org, algorithm; RFC 3986, section 3; RFC 1035, section 2.3.4 (lengths).
"""

import re
from functools import cache, lru_cache
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit

from publicsuffixlist import PublicSuffixList

from pipeline.model import Event, Json
from pipeline.normalize.enrichment.delta import NOTHING

MOST_NAME = 253  # characters of a domain name
MOST_URL = 8192  # characters; a longer one is no address that anybody typed or linked
_REMEMBERED = 32_768
_URL_REMEMBERED = 4096
_SIDES = ("source", "destination", "client", "server")
NEEDS = frozenset({"url", "dns", *_SIDES})
_LABEL = re.compile(r"[^\s.:/\\@\[\]]{1,63}+")
_HOST_PORT = re.compile(r"([^\s:/@?#\[\]]{1,253}):(\d{1,5})")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,31}+://")


def domain_parts(event: Event) -> Json:
    """Give the parts of the domain names and of the URL that an event has."""
    ecs = event.ecs
    delta: Json = {}
    url = ecs.get("url")
    if url.__class__ is dict:
        found = _of_url(url)
        if found:
            delta["url"] = found
    dns = ecs.get("dns")
    if dns.__class__ is dict:
        question = dns.get("question")
        if question.__class__ is dict:
            found = name_parts(question.get("name"))
            if found:
                delta["dns"] = {"question": found}
    for side in _SIDES:
        if side in ecs:
            found = name_parts(_text(ecs[side], "domain"))
            if found:
                delta[side] = found
    return delta or NOTHING


def name_parts(name: Any) -> Json:
    """Give ``registered_domain``, ``top_level_domain``, ``subdomain`` of a name; {} for others."""
    return _name_parts(name) if name.__class__ is str and len(name) <= MOST_NAME else NOTHING


def _of_url(url: Json) -> Json:
    text = url.get("original") or url.get("full")
    found = NOTHING
    if text.__class__ is str and len(text) <= MOST_URL:
        found = _url_parts(text)
    parts = name_parts(url.get("domain") or found.get("domain"))
    return {**found, **parts} if parts else found


@lru_cache(maxsize=_URL_REMEMBERED)
def _url_parts(text: str) -> Json:
    """Read a URL as a log has it: whole, a path with its query, or the host and port of CONNECT."""
    if not (_SCHEME.match(text) or text.startswith("/")):
        pair = _HOST_PORT.fullmatch(text)
        if pair is None or int(pair[2]) > 65_535:
            return NOTHING
        return {"domain": pair[1].lower(), "port": int(pair[2])}
    try:
        # Two leading slashes in a request line are a path, not the host of a relative reference.
        split = urlsplit(text if text[0] != "/" else f"x://x/{text[1:]}")
        port = split.port
    except ValueError:  # brackets, ports and full-width letters that no host has
        return NOTHING
    if text[0] == "/":
        return _tail(split)
    found: Json = {"scheme": split.scheme, **_tail(split)}
    if split.hostname:
        found["domain"] = split.hostname
    if port is not None:
        found["port"] = port
    if split.username:
        found["username"] = split.username
    return found


def _tail(split: SplitResult) -> Json:
    found: Json = {}
    if split.path:
        found["path"] = split.path
        name = split.path.rpartition("/")[2]
        stem, dot, extension = name.rpartition(".")
        if dot and stem and 0 < len(extension) <= 16 and extension.isalnum():
            found["extension"] = extension
    if split.query:
        found["query"] = split.query
    if split.fragment:
        found["fragment"] = split.fragment
    return found


@lru_cache(maxsize=_REMEMBERED)
def _name_parts(name: str) -> Json:
    bare = name.rstrip(".").lower()
    if "." not in bare or _is_address(bare):
        return NOTHING
    if not all(_LABEL.fullmatch(label) for label in bare.split(".")):
        return NOTHING
    suffix = suffixes().publicsuffix(bare)
    if not suffix:
        return NOTHING
    found: Json = {"top_level_domain": suffix}
    registered = suffixes().privatesuffix(bare)
    if registered:
        found["registered_domain"] = registered
        rest = bare[: -len(registered) - 1]
        if rest:
            found["subdomain"] = rest
    return found


@cache
def suffixes() -> PublicSuffixList:
    """Give the list of public suffixes that the package brings."""
    return PublicSuffixList()


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _text(part: Any, name: str) -> Any:
    return part.get(name) if part.__class__ is dict else None
