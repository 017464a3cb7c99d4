"""Events, feeds and mmdb files as the tests of enrichment make them."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mmdb_writer import MMDBWriter
from netaddr import IPSet  # type: ignore[import-untyped]  # it has no stubs

from pipeline.model import Event, Json, TimeConfidence, instant
from pipeline.normalize.enrichment import Enrichment, load_enrichment
from pipeline.settings import EnrichmentSettings

AT = instant("2026-03-02T10:00:00Z")


def event(ecs: Json, at: int = AT, object_id: str = "object") -> Event:
    """Make an event with these ECS fields."""
    return Event(
        "batch", 0, object_id, "source", at, at, TimeConfidence.EXACT, "", "json", "ecs", ecs
    )


def enriched(enrichment: Enrichment, ecs: Json, at: int = AT) -> Json:
    """Give the fields of an event after enrichment."""
    one = event(ecs, at)
    enrichment([one])
    return one.ecs


def made(**settings: Any) -> Enrichment:
    """Make an enrichment with only what is named switched on."""
    off = {"registry": False, "user_agent": False, "domains": False}
    return load_enrichment(EnrichmentSettings(**(off | settings)))


def mmdb(path: Path, rows: dict[str, Json], kind: str = "GeoLite2-City", of: int = 6) -> Path:
    """Write an mmdb file of a version of IP: networks to their data."""
    writer = MMDBWriter(ip_version=of, ipv4_compatible=of == 6, database_type=kind)
    for network, row in rows.items():
        writer.insert_network(IPSet([network]), row)
    writer.to_db_file(str(path))
    return path


def indicator(pattern: str, number: int = 1, **more: Any) -> Json:
    """Make an indicator of STIX 2.1."""
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--00000000-0000-4000-8000-{number:012d}",
        "created": "2026-01-01T00:00:00.000Z",
        "modified": "2026-01-01T00:00:00.000Z",
        "pattern": pattern,
        "pattern_type": "stix",
        "valid_from": "2026-01-01T00:00:00Z",
        **more,
    }


def bundle(*objects: Json) -> bytes:
    """Make a bundle of STIX 2.1."""
    identity = "bundle--00000000-0000-4000-8000-000000000000"
    return json.dumps({"type": "bundle", "id": identity, "objects": objects}).encode()


def matched(ecs: Json) -> list[tuple[str, str]]:
    """Give field and value of each indicator that an event met."""
    found: Iterable[Json] = ecs.get("threat", {}).get("enrichments", [])
    return [(one["matched"]["field"], one["matched"]["atomic"]) for one in found]
