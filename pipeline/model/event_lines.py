"""Events as lines of JSON: what ``Event.document`` gives, written without building it."""

from collections.abc import Sequence

import orjson

from pipeline.model.event import Event
from pipeline.model.times import rfc3339

_dumps = orjson.dumps


def event_lines(events: Sequence[Event]) -> bytes:
    """Write events as NDJSON without a last line end; equal to each document's own JSON."""
    origins: dict[tuple[str, str, int], bytes] = {}
    kinds: dict[tuple[str, bool, str, str], tuple[bytes, bytes]] = {}
    lines = []
    versions, told = None, b""  # the same object for all events of a chain
    for event in events:
        ecs = event.ecs
        if not ecs or "@timestamp" in ecs or "saqshy" in ecs:
            lines.append(_dumps(event.document()))
            continue
        key = event.object_id, event.source_id, event.received_at
        origin = origins.get(key)
        if origin is None:
            origin = origins[key] = _origin(event)
        form = event.batch, event.trial, event.format, event.taxonomy
        kind = kinds.get(form)
        if kind is None:
            kind = kinds[form] = _kind(event)
        if event.versions is not versions:
            versions = event.versions
            told = b',"versions":' + _dumps(versions) if versions else b""
        lines.append(
            b'{"@timestamp":"%b",%b%b,"time_confidence":"%b","original_hash":%b,%b'
            b'"index":%d%b%b%b%b}}'
            % (
                rfc3339(event.time).encode(),
                _dumps(ecs)[1:-1],
                origin,
                event.time_confidence.value.encode(),
                _dumps(event.original_hash),
                kind[0],
                event.index,
                kind[1],
                b',"native":' + _dumps(event.native) if event.native else b"",
                b',"notes":' + _dumps(event.notes) if event.notes else b"",
                told,
            )
        )
    return b"\n".join(lines)


def _origin(event: Event) -> bytes:
    own = {
        "object_id": event.object_id,
        "source_id": event.source_id,
        "received_at": rfc3339(event.received_at),
    }
    return b',"saqshy":' + _dumps(own)[:-1]


def _kind(event: Event) -> tuple[bytes, bytes]:
    """Give what stands before and behind the index."""
    own = {"trial": event.trial, "format": event.format, "taxonomy": event.taxonomy}
    return b'"batch":' + _dumps(event.batch) + b",", b"," + _dumps(own)[1:-1]
