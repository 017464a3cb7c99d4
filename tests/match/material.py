"""What the tests of matching are made of: rules from texts, events from flat dictionaries."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipeline.content import Content, content_from_bundle
from pipeline.content.sources import RuleFile, pack_files
from pipeline.match import Matcher, Taxonomy, load_taxonomy
from pipeline.model import BatchKind, Event, RawBatch, RecordNote, TimeConfidence
from pipeline.normalize import Normalizer, Profile

TAXONOMIES = Path(__file__).parents[2] / "rules" / "taxonomies" / "sigma"
PRODUCT = "plant"


@cache
def taxonomy() -> Taxonomy:
    return load_taxonomy(TAXONOMIES)


def content_of(*texts: str) -> Content:
    """Load rule files from their texts."""
    files = [RuleFile(f"{number}.yml", text.encode()) for number, text in enumerate(texts)]
    return content_from_bundle(pack_files(files), None)


def rule_text(detection: Mapping[str, Any], **more: Any) -> str:
    """Write a rule of the product that ``event`` gives events of."""
    document = {
        "title": "A rule",
        "id": "00000000-0000-4000-8000-000000000001",
        "logsource": {"product": PRODUCT},
        "detection": dict(detection),
        **more,
    }
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False)


def matcher_of(*texts: str, interest: tuple[str, ...] = ()) -> Matcher:
    content = content_of(*texts)
    assert content.quarantined == ()
    return Matcher(content, taxonomy(), interest)


def event(native: Mapping[str, Any], *, of: str = "generic", **more: Any) -> Event:
    """Make an event; the generic ones are of the test's own product."""
    ecs = {"process": {"name": PRODUCT}} if of == "generic" else {}
    values: dict[str, Any] = {
        "batch": "batch",
        "index": 0,
        "object_id": "object",
        "source_id": "source",
        "time": 1,
        "received_at": 2,
        "time_confidence": TimeConfidence.EXACT,
        "original_hash": "",
        "format": "json",
        "taxonomy": of,
        "ecs": ecs,
        "native": dict(native),
    }
    return Event(**{**values, **more})


def fires(selection: Any, native: Mapping[str, Any], condition: str = "selection") -> bool:
    """Tell whether a rule of one selection matches a flat event."""
    matcher = matcher_of(rule_text({"selection": selection, "condition": condition}))
    return bool(matcher.match(event(native)))


def batch(records: int = 1, notes: Iterable[RecordNote] = ()) -> RawBatch:
    return RawBatch(
        "batch", "object", "source", 1, 0, 5, 5, "json", (b"{}",) * records, tuple(notes),
        BatchKind.RAW,
    )  # fmt: skip


def observed(matcher: Matcher, records: Sequence[tuple[int, bytes]]) -> set[tuple[str, int]]:
    """Give each rule that matches a numbered raw record, with the record's number.

    The product's whole way: bytes through the normaliser, its events through ``observe``.
    """
    normalize = Normalizer(lambda _object, _source: Profile("auto", UTC))
    found: set[tuple[str, int]] = set()
    for at in range(0, len(records), 500):
        part = records[at : at + 500]
        raw = RawBatch(
            "b", "o", "s", 1, 0, 2**62, 2**62, "auto", tuple(data for _, data in part)
        )  # fmt: skip
        read = normalize(raw)
        assert read.failures == []
        assert len(read.events) == len(part)
        numbers = {event.id: part[event.index][0] for event in read.events}
        seen = matcher.observe(raw, read.events, read.failures)
        assert (read.failures, seen.dropped) == ([], 0)
        found.update((match.rule_id, numbers[match.event_id]) for match in seen.matches)
    return found
