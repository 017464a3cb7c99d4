"""Saqshy's core: from raw batches to notices. ARCHITECTURE.md draws the rooms."""

__version__ = "0.1.0"
