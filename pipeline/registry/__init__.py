"""Objects, parties and their history; identification, admission and the secrecy guard."""

from pipeline.registry.admission import (
    UNKNOWN_SOURCE,
    Admission,
    Admitted,
    Group,
    Peek,
    Refusal,
)
from pipeline.registry.changed_spans import changed_spans
from pipeline.registry.duties import duties
from pipeline.registry.duty import Duty
from pipeline.registry.duty_rows import DutyRow, rows_of_law, rows_with
from pipeline.registry.guard import Standing, decide, standing
from pipeline.registry.history import History
from pipeline.registry.identification import REPORTS
from pipeline.registry.joint_duties import licence_duties
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
    Registry,
    make_registry,
    registry_from_bundle,
)
from pipeline.registry.roster import LEVELS, Roster

__all__ = [
    "FLAG_PATTERN",
    "LEVELS",
    "PARTY_PATHS",
    "REPORTS",
    "UNKNOWN_SOURCE",
    "Admission",
    "Admitted",
    "Attestation",
    "Channel",
    "Contact",
    "Critical",
    "Duty",
    "DutyRow",
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
    "Roster",
    "SourceMatch",
    "SourceProfile",
    "Standing",
    "changed_spans",
    "decide",
    "duties",
    "licence_duties",
    "load_registry",
    "make_registry",
    "mark_reader",
    "registry_from_bundle",
    "rows_of_law",
    "rows_with",
    "skeleton",
    "standing",
]
