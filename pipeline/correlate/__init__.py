"""Observations to findings: repeats, windows in event time, silence."""

from pipeline.correlate.correlator import DETECTORS, ROW_TYPES, Correlator
from pipeline.correlate.evidence import Evidence
from pipeline.correlate.presence import SourceTiming, late_matches

__all__ = ["DETECTORS", "ROW_TYPES", "Correlator", "Evidence", "SourceTiming", "late_matches"]
