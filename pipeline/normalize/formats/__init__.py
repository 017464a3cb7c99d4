"""Formats: one a file, each reads one record's bytes."""

from pipeline.normalize.formats.names import FORMATS, JSON_FORMATS, parser, unknown_format

__all__ = ["FORMATS", "JSON_FORMATS", "parser", "unknown_format"]
