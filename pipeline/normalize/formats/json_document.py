"""JSON documents of any application, ECS or not.

A document that says which ECS it follows, or categorises its event by ECS, is one (``ecs``): its
ECS fields are taken and what the schema does not know stays the vendor's. Any other (``json``)
keeps all its fields under their own names, and known names fill ECS beside them; what its own
fields say of its dataset (``datasets/``) counts first.
"""

from collections.abc import Callable
from datetime import UTC
from functools import cache
from importlib import import_module
from typing import Any

from pipeline.model import FailureCode, Json, TimeConfidence
from pipeline.normalize.completing import complete, shape_of
from pipeline.normalize.dataset_entry import DatasetEntry
from pipeline.normalize.datasets import keep_whole, name_dataset, recognised
from pipeline.normalize.dotted import dotted
from pipeline.normalize.ecs_document import split
from pipeline.normalize.formats import stix_sighting, windows_json
from pipeline.normalize.formats.carried import carried, host_of, message_of
from pipeline.normalize.jsontext import Decoded, read_object
from pipeline.normalize.moments import Moment, moment
from pipeline.normalize.parsed import Context, Parsed, Refusal

ECS = "ecs"
JSON = "json"

_MESSAGES = frozenset({"message", "msg", "text", "log", "@timestamp", "timestamp", "time", "ts"})
# What a shipper adds of its own to a message that it did not read.
_SHIPPERS = frozenset({"agent", "data_stream", "ecs", "event", "labels", "message", "tags"})
# A name that stands in every record of a format of its own, and that format.
_OWN = {"MESSAGE": "journald", "error_severity": "postgresql"}
_TIMESTAMP = frozenset({"@timestamp"})
_SHIPPERS_EVENT = frozenset({"created", "dataset", "ingested", "kind", "module", "original"})
_ONLY_MESSAGE = Refusal(
    FailureCode.MISSING_FIELD,
    "is JSON that holds a message and no other field: set the source's format to what the message "
    "is (syslog, for instance), or let the shipper parse it",
)


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one JSON object."""
    found = read_object(record)
    return found if isinstance(found, Refusal) else read(found, context)


def read(decoded: Decoded, context: Context) -> Parsed | Refusal:
    """Read a decoded JSON object; one that holds a message only is refused."""
    document, notes, nested = decoded
    inner = _carried(document, context)
    if inner is not None:
        return inner
    if document.keys() <= _MESSAGES:
        return _ONLY_MESSAGE
    if not document.keys().isdisjoint(_OWN) and (reader := _own(document)) is not None:
        return reader(decoded, context)
    shared = stix_sighting.read(decoded, context) if _may_be_stix(document) else None
    if shared is not None:
        shared.native = dotted(document)
        return shared
    known = is_ecs(document)
    flat = {} if known else dotted(document) if nested else _said(document)
    entry = None if known else recognised(flat)
    alone = entry is not None and entry.alone
    ecs, left, bad = ({}, {}, ()) if alone else split(document, skip=_TIMESTAMP)
    native = left if known else flat
    answer = Parsed(JSON, "generic", None, TimeConfidence.RECEIVED, ecs, native, notes)
    if known:
        answer.format, answer.taxonomy, answer.notes = ECS, ECS, (*notes, *bad)
    if entry is not None:
        name_dataset(answer, entry, context.zone)
    if not known and not alone:
        complete(ecs, native)
    event = ecs.setdefault("event", {})
    if not says_more(ecs, native):
        return _ONLY_MESSAGE
    event.setdefault("kind", "event")
    event.setdefault("dataset", "generic.ecs" if known else "generic.json")
    answer.time, answer.confidence = _time(document, native, entry, context)
    if entry is not None:
        keep_whole(native, document, entry)
    return answer


def _carried(document: Json, context: Context) -> Parsed | None:
    """Read the record that a shipper's document carries; None where it carries none."""
    text = carried(document)
    answer: Parsed | Refusal | None
    if text is None:
        answer, note = _line(document, context), "inside:text"
    else:
        found, note = read_object(text.encode("utf-8", "replace")), "inside:json"
        if isinstance(found, Refusal):
            return None
        answer = (windows_json.reader(found[0]) or read)(found, context)
    if answer is None or isinstance(answer, Refusal):
        return None
    host = host_of(document)
    if host is not None:
        answer.ecs.setdefault("host", {"name": host})
    if answer.time is None:
        answer.time, answer.confidence = _time(document, _said(document), None, context)
    answer.notes = (*answer.notes, note)
    return answer


def _line(document: Json, context: Context) -> Parsed | None:
    if message_of(document) is None:
        return None
    read_line: Callable[[Json, Context], Parsed | None] = _module("carried_line").read
    return read_line(document, context)


def _own(document: Json) -> Callable[[Decoded, Context], Parsed] | None:
    """Give the reader of a document that is another format's record in JSON; None for any other."""
    for name, place in _OWN.items():
        if name in document:
            module = _module(place)
            if module.is_document(document):
                found: Callable[[Decoded, Context], Parsed] = module.read_document
                return found
    return None


@cache
def _module(name: str) -> Any:
    """Import a format when it is first met: it may read messages, and these JSON."""
    return import_module(f"pipeline.normalize.formats.{name}")


def says_more(ecs: Json, native: Json) -> bool:
    """Tell whether an event holds more than a message and what its shipper added to it."""
    return bool(native) or not (
        ecs.keys() <= _SHIPPERS and ecs.get("event", {}).keys() <= _SHIPPERS_EVENT
    )


def is_ecs(document: Json) -> bool:
    """Tell whether a document claims to follow ECS."""
    if "ecs.version" in document or "event.kind" in document or "event.category" in document:
        return True
    schema, event = document.get("ecs"), document.get("event")
    return (isinstance(schema, dict) and "version" in schema) or (
        isinstance(event, dict) and not event.keys().isdisjoint({"kind", "category", "dataset"})
    )


def _may_be_stix(document: Json) -> bool:
    name = document.get("id")
    return "objects" in document or (type(name) is str and "--" in name)


def _said(document: Json) -> Json:
    return {name: value for name, value in document.items() if value is not None}


def _in_utc(value: object, found: Moment) -> Moment:
    """Read a time that is UTC by definition as such, where it names no zone."""
    if found[1] is TimeConfidence.ZONE_ASSUMED:
        at = moment(value, UTC)
        return found if at is None else (at[0], TimeConfidence.EXACT)
    return found


def _time(
    document: Json, native: Json, entry: DatasetEntry | None, context: Context
) -> Moment | tuple[None, TimeConfidence]:
    """Choose the first name of a time that holds one; names are compared in lower case."""
    if entry is not None:
        for name in entry.time:
            if name in native and (found := moment(native[name], context.zone)) is not None:
                return _in_utc(native[name], found) if entry.utc else found
    said = [native[name] for name in _spelt(native, entry)]
    if "@timestamp" in document:
        said.append(document["@timestamp"])
    said += [native[name] for name in shape_of(native).times]
    for value in said:
        at = moment(value, context.zone)
        if at is not None:
            return at
    return None, TimeConfidence.RECEIVED


def _spelt(native: Json, entry: DatasetEntry | None) -> list[str]:
    """Give the names of an entry's times as a document spells them, in other capitals."""
    if entry is None or not entry.time:
        return []
    named = {name.lower(): name for name in native}
    return [named[name.lower()] for name in entry.time if name.lower() in named]
