"""What shippers ask an Elasticsearch before they send: who it is, and whether it is prepared.

Nothing here keeps anything: templates, policies and pipelines are said to be there, so that nobody
waits for them, and setting one is acknowledged. Asked for by Beats 7 to 9 (version, licence,
template, policy, data stream, pipelines), Logstash (the same, and nodes), Vector and Fluent Bit
(health), rsyslog (``_cat/health``) and the official clients.
"""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from connectors.sources.http_refusal import PRODUCT, RequestRefused, json_answer

VERSION = "8.19.0"
NAME = "saqshy"
OF_SHIPPERS = "errors,items.*.error,items.*.status"  # what Beats and Logstash want to know
_HELLO = {
    "name": NAME,
    "cluster_name": NAME,
    "cluster_uuid": "saqshy-intake",
    "version": {
        "number": VERSION,
        "build_flavor": "default",
        "build_type": "docker",
        "build_hash": "0000000000000000000000000000000000000000",
        "build_date": "2026-11-21T00:00:00.000000000Z",
        "build_snapshot": False,
        "lucene_version": "9.12.2",
        "minimum_wire_compatibility_version": "7.17.0",
        "minimum_index_compatibility_version": "7.0.0",
    },
    "tagline": "You Know, for Search",
}
_LICENSE = {
    "license": {
        "status": "active",
        "uid": "00000000-0000-0000-0000-000000000000",
        "type": "basic",
        "mode": "basic",
        "issued_to": NAME,
        "issuer": NAME,
    }
}
_XPACK = {
    "license": _LICENSE["license"],
    "features": {
        "ilm": {"available": True, "enabled": True},
        "data_streams": {"available": True, "enabled": True},
        "security": {"available": True, "enabled": True},
    },
}
_HEALTH = {
    "cluster_name": NAME,
    "status": "green",
    "timed_out": False,
    "number_of_nodes": 1,
    "number_of_data_nodes": 1,
    "active_primary_shards": 1,
    "active_shards": 1,
    "unassigned_shards": 0,
}
_PREPARED = frozenset(
    {
        "_template", "_index_template", "_component_template", "_ilm", "_data_stream", "_ingest",
        "_alias", "_aliases",
    }
)  # fmt: skip
_READ, _WRITE = frozenset({"GET", "HEAD"}), frozenset({"PUT", "POST"})


def hello_answer(method: str, parts: tuple[str, ...], host: str) -> Response:
    """Answer what is asked of ``/part/part``; ``host`` is the address that the sender used.

    RequestRefused (400, 405) where no shipper asks that.
    """
    first = parts[0] if parts else ""
    if method in _READ:
        if first == "_cat":
            return Response("green\n", 200, PRODUCT, media_type="text/plain")
        known = _known(first, parts[1:], host)
        if known is not None:
            return json_answer(known)
        if method == "HEAD" or first in _PREPARED:
            name = parts[-1][:200] if parts else NAME
            return json_answer({name: {}} if first != "_data_stream" else {"data_streams": []})
    if method in _WRITE and (first in _PREPARED or (len(parts) == 1 and first[:1] != "_")):
        return json_answer({"acknowledged": True, "shards_acknowledged": True})
    uri = "/" + "/".join(parts)
    reason = f"no handler found for uri [{uri[:200]}] and method [{method}]"
    status = 405 if method not in _READ | _WRITE else 400
    raise RequestRefused(status, "illegal_argument_exception", reason)


def _known(first: str, rest: tuple[str, ...], host: str) -> dict[str, Any] | None:
    if first == "":
        return _HELLO
    if first == "_license":
        return _LICENSE
    if first == "_xpack":
        return _XPACK
    if first == "_cluster":
        return _HEALTH if rest[:1] == ("health",) else {"cluster_name": NAME, "version": 1}
    if first == "_nodes":
        http = {"publish_address": host, "bound_address": [host]}
        node = {"name": NAME, "version": VERSION, "roles": ["data", "ingest"], "http": http}
        return {"_nodes": {"total": 1}, "cluster_name": NAME, "nodes": {NAME: node}}
    return None


def filtered(document: dict[str, Any], paths: str) -> dict[str, Any]:
    """Keep what ``filter_path`` asks for: dotted names, ``*`` for any one, ``-`` before exclusions.

    Elasticsearch reference, Common options, response filtering. Without a path nothing is left out.
    """
    if paths == OF_SHIPPERS:
        return _of_shippers(document)
    wanted = [path.split(".") for path in paths.split(",")[:32] if path and path[0] != "-"]
    unwanted = [path[1:].split(".") for path in paths.split(",")[:32] if path[:1] == "-"]
    kept: Any = _kept(document, wanted) if wanted else document
    for path in unwanted:
        kept = _without(kept, path)
    return kept if isinstance(kept, dict) else {}


def _of_shippers(document: dict[str, Any]) -> dict[str, Any]:
    """Filter a bulk's answer as Beats and Logstash ask for it, without looking at every name."""
    items = [
        {action: {name: part[name] for name in ("error", "status") if name in part}}
        for item in document["items"]
        for action, part in item.items()
    ]
    kept = {"errors": document["errors"]}
    return {**kept, "items": items} if items else kept


_NOTHING = object()


def _kept(value: Any, paths: list[list[str]]) -> Any:
    if any(not path for path in paths):
        return value
    if isinstance(value, list):
        found = [_kept(part, paths) for part in value]
        return [part for part in found if part is not _NOTHING] or _NOTHING
    if not isinstance(value, Mapping):
        return _NOTHING
    made = {}
    for key, part in value.items():
        below = [rest for path in paths for rest in _below(path, key)]
        if below:
            inner = _kept(part, below)
            if inner is not _NOTHING:
                made[key] = inner
    return made or _NOTHING


def _below(path: list[str], key: str) -> list[list[str]]:
    """Give what is left of a path under a key; ``**`` stands for any number of names."""
    if path[0] == "**":
        return [path, *(_below(path[1:], key) if path[1:] else [[]])]
    return [path[1:]] if path[0] in ("*", key) else []


def _without(value: Any, path: list[str]) -> Any:
    if isinstance(value, list):
        return [_without(part, path) for part in value]
    if not isinstance(value, Mapping):
        return value
    made = {}
    for key, part in value.items():
        below = _below(path, key)
        if any(not rest for rest in below):
            continue
        left = part
        for rest in below:
            left = _without(left, rest)
        made[key] = left
    return made
