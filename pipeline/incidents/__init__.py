"""Verdicts to incidents: fold, history, audit chain; silences of what a person knows."""

from pipeline.incidents.endings import let_go
from pipeline.incidents.fold import ROW_TYPES, Fold
from pipeline.incidents.revisions import Revised, revision_hash, step_detail
from pipeline.incidents.silences import Silence
from pipeline.incidents.standing import IncidentRow
from pipeline.incidents.suppression import SuppressedRow, broken_through, suppress, tell

__all__ = [
    "ROW_TYPES",
    "Fold",
    "IncidentRow",
    "Revised",
    "Silence",
    "SuppressedRow",
    "broken_through",
    "let_go",
    "revision_hash",
    "step_detail",
    "suppress",
    "tell",
]
