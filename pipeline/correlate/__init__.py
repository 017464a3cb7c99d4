"""Observations to findings: repeats, windows in event time, silence."""

from pipeline.correlate.campaigns import CENTRE, Campaigns
from pipeline.correlate.correlator import DETECTORS, ROW_TYPES, Correlator
from pipeline.correlate.evidence import Evidence
from pipeline.correlate.plan import patience
from pipeline.correlate.presence import (
    Attention,
    SourceTiming,
    evicted_entries,
    forgotten_repeats,
    late_matches,
)
from pipeline.correlate.progress import passed_over
from pipeline.correlate.room import Limits
from pipeline.correlate.watching import Watching, load_watching, watching_from_bundle

__all__ = [
    "CENTRE",
    "DETECTORS",
    "ROW_TYPES",
    "Attention",
    "Campaigns",
    "Correlator",
    "Evidence",
    "Limits",
    "SourceTiming",
    "Watching",
    "evicted_entries",
    "forgotten_repeats",
    "late_matches",
    "load_watching",
    "passed_over",
    "patience",
    "watching_from_bundle",
]
