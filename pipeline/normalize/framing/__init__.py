"""Framing: files and streams to records, each with the place where reading continues."""

from pipeline.normalize.framing.batches import in_batches
from pipeline.normalize.framing.framed import Framed
from pipeline.normalize.framing.reading import RECORD_BYTES, Framer, read_records, read_stream

__all__ = ["RECORD_BYTES", "Framed", "Framer", "in_batches", "read_records", "read_stream"]
