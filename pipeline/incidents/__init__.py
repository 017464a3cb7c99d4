"""Verdicts to incidents: fold, history, audit chain."""

from pipeline.incidents.fold import ROW_TYPES, Fold, IncidentRow, Revised, revision_hash

__all__ = ["ROW_TYPES", "Fold", "IncidentRow", "Revised", "revision_hash"]
