"""Verdicts to incidents: fold, history, audit chain; silences of what a person knows."""

from pipeline.incidents.fold import ROW_TYPES, Fold, IncidentRow, Revised, revision_hash
from pipeline.incidents.silences import Silence
from pipeline.incidents.suppression import SuppressedRow, broken_through, suppress, tell

__all__ = [
    "ROW_TYPES",
    "Fold",
    "IncidentRow",
    "Revised",
    "Silence",
    "SuppressedRow",
    "broken_through",
    "revision_hash",
    "suppress",
    "tell",
]
