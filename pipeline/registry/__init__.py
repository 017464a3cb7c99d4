"""Objects, parties and their history; identification, admission and the secrecy guard."""

from pipeline.registry.admission import (
    UNKNOWN_SOURCE,
    Admission,
    Admitted,
    Group,
    Peek,
    Refusal,
)
from pipeline.registry.guard import Standing, decide, standing
from pipeline.registry.identification import REPORTS
from pipeline.registry.loading import load_registry
from pipeline.registry.marks import MarkReader, MarkVocabulary, Meaning, mark_reader, skeleton
from pipeline.registry.records import (
    FLAG_PATTERN,
    PARTY_PATHS,
    Attestation,
    Channel,
    Contact,
    Critical,
    Names,
    ObjectRecord,
    Party,
    SourceMatch,
    SourceProfile,
)
from pipeline.registry.registry import (
    History,
    Registry,
    make_registry,
    registry_from_bundle,
)

__all__ = [
    "FLAG_PATTERN",
    "PARTY_PATHS",
    "REPORTS",
    "UNKNOWN_SOURCE",
    "Admission",
    "Admitted",
    "Attestation",
    "Channel",
    "Contact",
    "Critical",
    "Group",
    "History",
    "MarkReader",
    "MarkVocabulary",
    "Meaning",
    "Names",
    "ObjectRecord",
    "Party",
    "Peek",
    "Refusal",
    "Registry",
    "SourceMatch",
    "SourceProfile",
    "Standing",
    "decide",
    "load_registry",
    "make_registry",
    "mark_reader",
    "registry_from_bundle",
    "skeleton",
    "standing",
]
