"""Registry records as small as a test needs them."""

from pathlib import Path
from typing import Any

from pipeline.model import instant
from pipeline.registry import ObjectRecord, Registry, load_registry, make_registry

RULES = Path(__file__).parents[2] / "rules"
AT = instant("2026-03-02T12:00:00Z")


def record(object_id: str = "plant", **more: Any) -> ObjectRecord:
    """Make an object that is attested open and whose infrastructure has a holder."""
    document: dict[str, Any] = {
        "id": object_id,
        "restriction": "none",
        "parties": {"infrastructure": {"owner": "owner", "holder": "holder"}},
        "attestation": {
            "attested_open_by": "Head",
            "at": "2025-01-01",
            "valid_until": "2030-12-31",
        },
    }
    return ObjectRecord.model_validate({**document, **more})


def source(source_id: str, **match: Any) -> dict[str, Any]:
    """Write a source profile that matches as given."""
    return {"id": source_id, "match": match}


def registry(*records: ObjectRecord) -> Registry:
    """Make a registry of records alone."""
    return make_registry(records)


def loaded(folder: Path, **files: str) -> Registry:
    """Write registry files and load their folder; a name's last part is its suffix."""
    for name, text in files.items():
        stem, _, suffix = name.rpartition("_")
        (folder / f"{stem}.{suffix}").write_text(text, encoding="utf-8")
    return load_registry([folder])
