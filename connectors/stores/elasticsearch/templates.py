"""Index templates from the model itself: strict, so that what we did not mean is refused.

A noun's mapping follows from its dataclass: what has fixed keys is mapped key by key, what has any
keys (labels, reasons, a payload) is one ``flattened`` field. Nothing is mapped by arriving.
"""

import dataclasses
import hashlib
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

import orjson
from elasticsearch import Elasticsearch

from connectors.stores.elasticsearch.client import mapped
from connectors.stores.elasticsearch.ecs_mapping import ecs_properties, flattened, keyword
from connectors.stores.elasticsearch.names import (
    AUDIT,
    BUNDLES,
    COUNTED,
    EVENTS,
    FAILURES,
    FINDING_REVISIONS,
    FINDINGS,
    GENERATION,
    INCIDENT_REVISIONS,
    INCIDENTS,
    KINDS,
    NOTICES,
    Names,
)
from pipeline.model import AuditEntry, Failure, Finding, Incident, Instant, Json, Notice
from pipeline.settings import ElasticsearchSettings

_NOUNS: dict[str, type] = {
    FAILURES: Failure,
    INCIDENTS: Incident,
    INCIDENT_REVISIONS: Incident,
    FINDINGS: Finding,
    FINDING_REVISIONS: Finding,
    NOTICES: Notice,
    AUDIT: AuditEntry,
}
# What counts is no candidate, no trial, and has not gone into another incident.
_COUNTED = {
    "bool": {
        "must_not": [
            {"terms": {"state": ["candidate", "merged"]}},
            {"term": {"trial": True}},
        ]
    }
}
SHOWN_AFTER = "500ms"
_WHOLE: Json = {"type": "keyword", "index": False, "doc_values": False}
_SAQSHY: Json = {
    **dict.fromkeys(
        ("object_id", "source_id", "time_confidence", "batch", "format", "taxonomy", "notes"),
        keyword(),
    ),
    "received_at": {"type": "date"},
    "original_hash": {"type": "keyword", "doc_values": False},
    "index": {"type": "integer"},
    "trial": {"type": "boolean"},
    "native": flattened(),
    "versions": flattened(),
    "whole": _WHOLE,
}


def event_mapping() -> Json:
    """Give the mapping of events: ECS fields as far as they are indexed, and our own."""
    own = {"type": "object", "dynamic": "strict", "properties": _SAQSHY}
    return {"dynamic": "strict", "properties": {**ecs_properties(), "saqshy": own}}


def noun_mapping(noun: type) -> Json:
    """Give the mapping of a noun; TypeError where one of its fields is of a type without rule."""
    return {"dynamic": "strict", "properties": _fields(noun)}


def kind_mapping(kind: str) -> Json:
    """Give the mapping of a kind's index."""
    return event_mapping() if kind == EVENTS else _lasting_mapping(kind)


def templates(names: Names) -> dict[str, Json]:
    """Give every index template by name."""
    return {names.alias(kind): _template(kind, names) for kind in KINDS}


def component(settings: ElasticsearchSettings) -> Json:
    """Give the component template of the settings that all our indices share."""
    return {
        "template": {
            "settings": {
                "index": {
                    "number_of_shards": settings.shards,
                    "number_of_replicas": settings.replicas,
                    "refresh_interval": "5s",
                    "codec": "best_compression",
                    "mapping": {"ignore_malformed": False, "total_fields": {"limit": 600}},
                }
            }
        },
        "_meta": {"managed_by": "saqshy", "generation": GENERATION},
    }


def apply(client: Elasticsearch, names: Names, settings: ElasticsearchSettings) -> list[str]:
    """Put all templates, make indices that are absent, extend those that stand; say what was done.

    StoreError where Elasticsearch does not take one of them.
    """
    done = []
    shared = f"{names.prefix}-settings"
    with mapped("index templates"):
        client.cluster.put_component_template(name=shared, **component(settings))
        for name, template in templates(names).items():
            client.indices.put_index_template(name=name, **template)
            done.append(f"template {name}")
        for kind in KINDS:
            if not client.indices.exists(index=names.lasting(kind)):
                client.indices.create(index=names.lasting(kind))
                done.append(f"index {names.lasting(kind)}")
        for index in _late(client, names):
            client.indices.put_settings(
                index=index, settings={"index.refresh_interval": SHOWN_AFTER}
            )
            done.append(f"refresh of {index}")
        for index, body in _standing(client, names).items():
            wanted = _template(_kind(index, names), names)["template"]["mappings"]
            if body["mappings"].get("_meta") != wanted["_meta"]:
                client.indices.put_mapping(index=index, **wanted)
                done.append(f"mapping of {index}")
    return done


def differences(client: Elasticsearch, names: Names) -> Iterator[str]:
    """Say what in Elasticsearch is not as the templates want it; nothing where all is."""
    with mapped("index templates"):
        there = {
            one["name"]: one["index_template"]
            for one in client.indices.get_index_template(name=f"{names.prefix}-*")[
                "index_templates"
            ]
        }
    for name, template in templates(names).items():
        wanted = template["template"]["mappings"]["_meta"]
        if name not in there:
            yield f"the template {name} is not there"
        elif there[name]["template"].get("mappings", {}).get("_meta") != wanted:
            yield f"the template {name} is another"
    yield from standing_differences(client, names)


def standing_differences(client: Elasticsearch, names: Names) -> Iterator[str]:
    """Say which indices are absent or of another form; an indexer's rights are enough for it."""
    with mapped("indices"):
        standing = _standing(client, names)
    for kind in KINDS:
        if names.lasting(kind) not in standing:
            yield f"the index {names.lasting(kind)} is not there"
    for index, body in sorted(standing.items()):
        wanted = _template(_kind(index, names), names)["template"]["mappings"]["_meta"]
        if body["mappings"].get("_meta") != wanted:
            yield f"the mapping of {index} is another"


def write(folder: Path) -> list[Path]:
    """Write templates with the usual settings as files, for who puts them there by other means."""
    settings, names = ElasticsearchSettings(), Names()
    made = {f"{names.prefix}-settings.component": component(settings)}
    made |= {f"{name}.template": body for name, body in templates(names).items()}
    written = []
    for name, body in made.items():
        path = folder / f"{name}.json"
        path.write_bytes(orjson.dumps(body, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        written.append(path)
    return written


def _template(kind: str, names: Names) -> Json:
    mapping = kind_mapping(kind)
    digest = orjson.dumps(mapping, option=orjson.OPT_SORT_KEYS)
    meta = {"generation": GENERATION, "form": hashlib.sha256(digest).hexdigest()[:16]}
    aliases: Json = {names.alias(kind): {}}
    if kind == INCIDENTS:
        aliases[names.alias(COUNTED)] = {"filter": _COUNTED}
    # What people watch shows within a second of its writing; events, which are many, later.
    own: Json = {"settings": {"index": {"refresh_interval": SHOWN_AFTER}}}
    if kind == EVENTS:
        # A sender's value that its field cannot take is kept all the same, and not indexed.
        own = {"settings": {"index": {"mapping": {"ignore_malformed": True}}}}
    return {
        "index_patterns": [names.pattern(kind)],
        "composed_of": [f"{names.prefix}-settings"],
        "priority": 500,
        "template": {**own, "mappings": {**mapping, "_meta": meta}, "aliases": aliases},
        "_meta": {"managed_by": "saqshy"},
    }


def _lasting_mapping(kind: str) -> Json:
    if kind == BUNDLES:
        data = {"type": "binary"}
        properties: Json = {"kind": keyword(), "revision": keyword(), "data": data}
        return {"dynamic": "strict", "properties": properties}
    mapping = noun_mapping(_NOUNS[kind])
    mapping["properties"]["whole"] = _WHOLE
    if kind == FAILURES:
        mapping["properties"] |= {"id": keyword(), "place": keyword()}
    return mapping


def _fields(noun: type) -> Json:
    hints = get_type_hints(noun, include_extras=True)
    return {one.name: _mapped(hints[one.name]) for one in dataclasses.fields(noun)}


def _mapped(hint: Any) -> Json:
    """Map a type: of a list its items, of a choice what is not None."""
    if hint in _PLAIN:
        return dict(_PLAIN[hint])
    parts = [part for part in get_args(hint) if part is not types.NoneType]
    if get_origin(hint) in {Union, types.UnionType, tuple}:
        return _mapped(parts[0])
    if get_origin(hint) is dict:
        return flattened()
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return {"type": "object", "dynamic": "strict", "properties": _fields(hint)}
    if isinstance(hint, type) and issubclass(hint, str):
        return keyword()
    raise TypeError(f"no rule maps {hint!r}")


_PLAIN: dict[Any, Json] = {
    Instant: {"type": "date"},
    bool: {"type": "boolean"},
    int: {"type": "long"},
    float: {"type": "double"},
}


def _late(client: Elasticsearch, names: Names) -> Iterator[str]:
    """Give the indices that were made before what they get was to be shown so soon."""
    patterns = [names.pattern(kind) for kind in KINDS if kind != EVENTS]
    name = "index.refresh_interval"
    found = client.indices.get_settings(index=patterns, name=name, flat_settings=True)
    for index, body in sorted(found.items()):
        if body["settings"].get(name) != SHOWN_AFTER:
            yield index


def _standing(client: Elasticsearch, names: Names) -> Json:
    patterns = [names.pattern(kind) for kind in KINDS]
    found = client.indices.get_mapping(index=patterns)
    return dict(found)


def _kind(index: str, names: Names) -> str:
    return max(
        (kind for kind in KINDS if index.startswith(f"{names.prefix}-{kind}-")),
        key=len,
    )
