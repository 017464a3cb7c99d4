"""Observations to findings: repeats, windows in event time, silence."""

from pipeline.correlate.campaigns import CENTRE, Campaigns
from pipeline.correlate.correlator import DETECTORS, ROW_TYPES, Correlator
from pipeline.correlate.evidence import Evidence
from pipeline.correlate.plan import patience
from pipeline.correlate.presence import (
    SourceTiming,
    evicted_entries,
    forgotten_repeats,
    late_matches,
)
from pipeline.correlate.room import Limits

__all__ = [
    "CENTRE",
    "DETECTORS",
    "ROW_TYPES",
    "Campaigns",
    "Correlator",
    "Evidence",
    "Limits",
    "SourceTiming",
    "evicted_entries",
    "forgotten_repeats",
    "late_matches",
    "patience",
]
