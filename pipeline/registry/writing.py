"""Write records as the files have them: documents, YAML, NDJSON, CSV; reading gives the same."""

from collections.abc import Iterable
from typing import Any

import orjson
import yaml
from pydantic import BaseModel

from pipeline.model import Json
from pipeline.registry.flat import as_csv
from pipeline.registry.parties import Party
from pipeline.registry.records import ObjectRecord
from pipeline.registry.registry import Registry

_SCHEMA = "# yaml-language-server: $schema=objects.schema.json\n"


def document_of(record: BaseModel) -> Json:
    """Write a record as the files have it: what is said, times as RFC 3339."""
    document: Json = _plain(record.model_dump(exclude_defaults=True, context={"text": True}))
    return document


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    return value


def registry_document(registry: Registry) -> Json:
    """Write a whole registry, with every revision, as one document."""
    document: Json = {
        "objects": [document_of(record) for record in registry.revisions()],
        "parties": [document_of(party) for party in registry.every_party()],
    }
    marks = document_of(registry.marks)
    if marks:
        document["marks"] = marks
    if registry.duty_rows:
        document["duties"] = [document_of(row) for row in registry.duty_rows]
    if registry.roster is not None:
        document["roster"] = document_of(registry.roster)
    return document


def as_yaml(document: Json, *, schema: bool = True) -> str:
    """Write a document as YAML; long texts stay on their line. ``schema`` names it for editors."""
    text: str = yaml.dump(
        document, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False, width=1 << 20
    )
    return _SCHEMA + text if schema else text


def as_ndjson(document: Json) -> str:
    """Write a document as NDJSON: an object a line, then the others, each by its key."""
    lines: Iterable[Json] = [
        *document.get("objects", ()),
        *({"party": party} for party in document.get("parties", ())),
        *({"duty": row} for row in document.get("duties", ())),
        *({key: document[key]} for key in ("marks", "roster") if document.get(key)),
    ]
    return "".join(f"{orjson.dumps(line).decode()}\n" for line in lines)


def as_tables(document: Json) -> dict[str, str]:
    """Write a document as files: a table of objects, one of parties, the rest as YAML."""
    files = {
        "objects.csv": as_csv(document.get("objects", ()), ObjectRecord),
        "parties.csv": as_csv(document.get("parties", ()), Party),
    }
    rest: Json = {key: document[key] for key in ("marks", "duties", "roster") if key in document}
    return files | ({"marks.yml": as_yaml(rest)} if rest else {})
