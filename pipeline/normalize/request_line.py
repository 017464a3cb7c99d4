"""HTTP requests as logs write them: request line, target, escapes, status.

Source: RFC 9112, section 3 (request line, forms of the target); RFC 3986, section 3; Apache,
mod_log_config, and nginx, ngx_http_log_module (how bytes that no log should hold are escaped).
"""

import re
from functools import lru_cache

from pipeline.model import Json
from pipeline.normalize.ecs_schema import address, number

_LINE = re.compile(r"([A-Za-z][A-Za-z_-]{0,31}) (.*?)(?: HTTP/([0-9](?:\.[0-9])?))?", re.DOTALL)
_ESCAPE = re.compile(r"(?:\\x[0-9A-Fa-f]{2})+|\\[\"\\nrtbv]")
_PLAIN = {'"': '"', "\\": "\\", "n": "\n", "r": "\r", "t": "\t", "b": "\b", "v": "\v"}
_ABSOLUTE = re.compile(
    r"([A-Za-z][A-Za-z0-9+.-]{0,15})://([^/?#]*)([^?#]*)(?:\?([^#]*))?.*", re.DOTALL
)
_AUTHORITY = re.compile(r"(?:[^@]*@)?(\[[0-9A-Fa-f:.%]+\]|[^:\[\]]*)(?::([0-9]{1,5}))?")


def unescaped(text: str) -> str:
    r"""Undo ``\x22``, ``\"`` and their like; several bytes in a row may be one character."""
    return _ESCAPE.sub(_unescape, text) if "\\" in text else text


def _unescape(match: re.Match[str]) -> str:
    found = match[0]
    if found[1] == "x":
        return bytes.fromhex(found.replace("\\x", "")).decode("utf-8", "replace")
    return _PLAIN[found[1]]


@lru_cache(maxsize=4096)
def request(line: str) -> tuple[tuple[str, str | int], ...]:
    """Give method, target and version of a request line as ECS fields; () where it is none."""
    match = _LINE.fullmatch(line)
    if match is None:
        return ()
    method, target, version = match.groups()
    found: Json = {"http.request.method": method} | target_fields(method, target)
    if version:
        found["http.version"] = version
    return tuple(found.items())


def target_fields(method: str, target: str) -> Json:
    """Give the URL of a request's target: a path, a whole URL (to a proxy), host and port."""
    found: Json = {"url.original": target} if target else {}
    if method.upper() == "CONNECT":
        return found | authority(target)
    match = _ABSOLUTE.fullmatch(target)
    if match is not None:
        scheme, host, path, query = match.groups()
        found |= {"url.scheme": scheme.lower(), **authority(host)}
    else:
        path, mark, rest = target.partition("#")[0].partition("?")
        query = rest if mark else None
    if path:
        found["url.path"] = path
        name, dot, extension = path.rpartition("/")[2].rpartition(".")
        if dot and name and extension.isalnum() and len(extension) <= 10:
            found["url.extension"] = extension
    if query:
        found["url.query"] = query
    return found


def authority(text: str) -> Json:
    """Give host and port of an authority (``example.kz:8443``, ``[2001:db8::1]:80``)."""
    match = _AUTHORITY.fullmatch(text)
    if match is None or not match[1]:
        return {}
    found: Json = {"url.domain": match[1].strip("[]")}
    port = number(match[2]) if match[2] else None
    if port is not None and port < 65_536:
        found["url.port"] = port
    return found


def response(status: str, size: str) -> Json:
    """Give status, size and what they say of the outcome; what is ``-`` is left out."""
    found: Json = {}
    code = number(status)
    if code is not None and 100 <= code <= 999:
        found["http.response.status_code"] = code
        found["event.outcome"] = "failure" if code >= 400 else "success"
    length = number(size)
    if length is not None and length >= 0:
        found["http.response.body.bytes"] = length
    return found


def client(text: str) -> Json:
    """Give who asked: an address, or a name."""
    found = address(text)
    if found:
        return {"source.ip": found, "source.address": text}
    return {"source.address": text, "source.domain": text} if text not in ("", "-") else {}
