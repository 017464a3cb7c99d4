"""JSON documents of any application, ECS or not.

A document that says which ECS it follows, or categorises its event by ECS, is one (``ecs``): its
ECS fields are taken and what the schema does not know stays the vendor's. Any other (``json``)
keeps all its fields under their own names, and known names fill ECS beside them; what its own
fields say of its dataset (``datasets.yml``) counts first.
"""

from pipeline.model import FailureCode, Json, TimeConfidence
from pipeline.normalize.datasets import DatasetEntry, keep_whole, name_dataset, recognised
from pipeline.normalize.ecs_document import keep, split
from pipeline.normalize.jsontext import Decoded, read_object
from pipeline.normalize.moments import Moment, moment
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.synonyms import complete, synonyms

ECS = "ecs"
JSON = "json"

_MESSAGES = frozenset({"message", "msg", "text", "log", "@timestamp", "timestamp", "time", "ts"})
# What a shipper adds of its own to a message that it did not read.
_SHIPPERS = frozenset({"agent", "data_stream", "ecs", "event", "labels", "message", "tags"})
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
    document, notes, _ = decoded
    if document.keys() <= _MESSAGES:
        return _ONLY_MESSAGE
    known = is_ecs(document)
    ecs, left, bad = split(document, skip=frozenset({"@timestamp"}))
    native = left if known else _flat(document)
    answer = Parsed(JSON, "generic", None, TimeConfidence.RECEIVED, ecs, native, notes)
    if known:
        answer.format, answer.taxonomy, answer.notes = ECS, ECS, (*notes, *bad)
    entry = None if known else recognised(native)
    if entry is not None:
        name_dataset(answer, entry)
    if not known:
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


def _flat(document: Json) -> Json:
    flat: Json = {}
    level = list(document.items())
    while level:
        deeper = []
        for name, value in level:
            if isinstance(value, dict):
                deeper += [(f"{name}.{inner}", item) for inner, item in value.items()]
            elif value is not None:
                keep(flat, name, value)
        level = deeper
    return flat


def _time(
    document: Json, native: Json, entry: DatasetEntry | None, context: Context
) -> Moment | tuple[None, TimeConfidence]:
    """Choose the first name of a time that holds one; names are compared in lower case."""
    named = {name.lower(): value for name, value in native.items()}
    if "@timestamp" in document:
        named["@timestamp"] = document["@timestamp"]
    first = [name.lower() for name in entry.time] if entry is not None else []
    for name in (*first, *synonyms().time_names):
        if name in named:
            found = moment(named[name], context.zone)
            if found is not None:
                return found
    return None, TimeConfidence.RECEIVED
