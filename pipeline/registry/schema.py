"""The JSON Schema of a registry file, by which editors complete and check while one writes."""

from typing import Any

from pydantic import create_model

from pipeline.model import Json
from pipeline.registry.changes import Change
from pipeline.registry.duty_rows import DutyRow
from pipeline.registry.marks import MarkVocabulary
from pipeline.registry.moments import LATEST, ZoneName
from pipeline.registry.part import Part
from pipeline.registry.parties import Party
from pipeline.registry.records import ObjectRecord
from pipeline.registry.roster import Roster

_NOT_HERE = "state_secret"  # such objects have no place in the registry: State Secrets Law 14(19)


def registry_schema() -> Json:
    """Give the schema (JSON Schema 2020-12) of a YAML file of the registry."""
    file = create_model(
        "RegistryFile",
        __base__=Part,
        __doc__="A file of the registry of objects: see README.md beside it.",
        zone=(ZoneName | None, None),
        change=(Change | None, None),
        objects=(tuple[ObjectRecord, ...], ()),
        parties=(tuple[Party, ...], ()),
        marks=(MarkVocabulary | None, None),
        duties=(tuple[DutyRow, ...], ()),
        roster=(Roster | None, None),
    )
    document: Json = _told(file.model_json_schema())
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **document}


def _told(value: Any) -> Any:
    """Leave out the word that no registry may hold, and defaults that only code knows."""
    if isinstance(value, dict):
        default = value.get("default")
        endless = isinstance(default, int) and abs(default) >= LATEST
        left_out = {"default"} if endless else set()
        return {key: _told(part) for key, part in value.items() if key not in left_out}
    if isinstance(value, list):
        return [_told(part) for part in value if part != _NOT_HERE]
    return value
