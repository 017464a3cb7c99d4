"""Every section of a law pack, and what its rows are known by."""

import hashlib

import orjson

from pipeline.assess.rows.impact import IMPACT_SECTIONS
from pipeline.assess.rows.predicate import (
    ActRow,
    AimRow,
    AttributeRow,
    EntailRow,
    FoldingRow,
    LabelRow,
    LimbRow,
    OccurrenceRow,
    ReadingRow,
    RsitRow,
    TermOfArt,
    VerdictRow,
)
from pipeline.assess.rows.reminding import REMINDING_SECTIONS
from pipeline.assess.rows.row import Row
from pipeline.assess.rows.telling import TELLING_SECTIONS

SECTIONS: dict[str, type[Row]] = {
    "readings": ReadingRow,
    "limbs": LimbRow,
    "predicate": VerdictRow,
    "acts": ActRow,
    "entails": EntailRow,
    "aims": AimRow,
    "attributes": AttributeRow,
    "occurrence": OccurrenceRow,
    "labels": LabelRow,
    "rsit": RsitRow,
    **IMPACT_SECTIONS,
    **TELLING_SECTIONS,
    **REMINDING_SECTIONS,
    "folding": FoldingRow,
    "glossary": TermOfArt,
}
"""Every section of a pack and the form of its rows."""

_LENGTH = 8


def row_key(row: Row) -> str:
    """Give the name by which a row is ended: its id, its grade, or a hash of what it says."""
    if row.id:
        return row.id
    said = row.model_dump(mode="json", exclude_defaults=True, exclude={"valid_from", "valid_to"})
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()[:_LENGTH]
