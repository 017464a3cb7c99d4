"""Bytes to events: framing, formats, ECS.

``framing`` cuts files into records, ``formats`` read one record each, ``Normalizer`` makes events
and failures of a batch, ``peek`` tells a collector whose record it is.
"""

from pipeline.normalize.compilation import COMPILED  # first: it decides which form is imported
from pipeline.normalize.formats import FORMATS, unknown_format
from pipeline.normalize.framing import (
    RECORD_BYTES,
    Framed,
    Framer,
    in_batches,
    read_records,
    read_stream,
)
from pipeline.normalize.normalizer import Normalized, Normalizer, Profile
from pipeline.normalize.peek import peek
from pipeline.normalize.required import missing_fields, required_fields

__all__ = [
    "COMPILED",
    "FORMATS",
    "RECORD_BYTES",
    "Framed",
    "Framer",
    "Normalized",
    "Normalizer",
    "Profile",
    "in_batches",
    "missing_fields",
    "peek",
    "read_records",
    "read_stream",
    "required_fields",
    "unknown_format",
]
