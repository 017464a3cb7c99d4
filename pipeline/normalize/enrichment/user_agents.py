"""What a user agent says of itself: browser, version, operating system, device.

Source: ECS 9.5, ``user_agent`` and ``user_agent.os``; the patterns are uap-core's, run by RE2, so
that no header a client makes up costs more than its length.
"""

from functools import cache, lru_cache

from ua_parser import Parser, load_lazy_builtins
from ua_parser.re2 import Resolver

from pipeline.model import Event, Json
from pipeline.normalize.enrichment.delta import NOTHING

NEEDS = frozenset({"user_agent"})
MOST_TEXT = 1024  # characters; what stands behind them is not read
_REMEMBERED = 8192
_NAMELESS = "Other"
_TYPES = {
    "windows": "windows",
    "mac os x": "macos",
    "macos": "macos",
    "linux": "linux",
    "ubuntu": "linux",
    "debian": "linux",
    "fedora": "linux",
    "red hat": "linux",
    "chrome os": "linux",
    "android": "android",
    "ios": "ios",
    "solaris": "unix",
    "freebsd": "unix",
    "openbsd": "unix",
    "netbsd": "unix",
}


def user_agent_parts(event: Event) -> Json:
    """Give the parts of ``user_agent.original``; {} where there is none."""
    agent = event.ecs.get("user_agent")
    if agent.__class__ is not dict:
        return NOTHING
    original = agent.get("original")
    return _parts(original[:MOST_TEXT]) if original.__class__ is str else NOTHING


@lru_cache(maxsize=_REMEMBERED)
def _parts(text: str) -> Json:
    read = _parser().parse(text)
    found: Json = {}
    agent = read.user_agent
    if agent is not None and agent.family != _NAMELESS:
        found["name"] = agent.family
        version = _version(agent.major, agent.minor, agent.patch, agent.patch_minor)
        if version:
            found["version"] = version
    system = read.os
    if system is not None and system.family != _NAMELESS:
        version = _version(system.major, system.minor, system.patch, system.patch_minor)
        found["os"] = {"name": system.family}
        if version:
            found["os"] |= {"version": version, "full": f"{system.family} {version}"}
        kind = _TYPES.get(system.family.lower())
        if kind:
            found["os"]["type"] = kind
    device = read.device
    if device is not None and device.family != _NAMELESS:
        found["device"] = {"name": device.family}
    return {"user_agent": found} if found else NOTHING


def _version(*parts: str | None) -> str:
    known = []
    for part in parts:
        if not part:
            break
        known.append(part)
    return ".".join(known)


@cache
def _parser() -> Parser:
    return Parser(Resolver(load_lazy_builtins()))
