"""Names of formats, as the registry and the command line give them, and who reads each."""

import difflib
from collections.abc import Mapping
from functools import cache
from importlib import import_module

from pipeline.errors import ConfigurationError, Problem
from pipeline.normalize.parsed import Parser

_HERE = "pipeline.normalize.formats"
FORMATS: Mapping[str, str] = {
    "auto": f"{_HERE}.auto:parse",
    "ecs": f"{_HERE}.json_document:parse",
    "evtx": f"{_HERE}.windows_event:parse",
    "json": f"{_HERE}.json_document:parse",
    "keyvalue": f"{_HERE}.keyvalue_line:parse",
    "rfc3164": f"{_HERE}.rfc3164:parse",
    "rfc5424": f"{_HERE}.rfc5424:parse",
    "syslog": f"{_HERE}.syslog:parse",
    "windows_event": f"{_HERE}.windows_event:parse",
    "windows_flat": f"{_HERE}.windows_flat:parse",
    "windows_json": f"{_HERE}.windows_json:parse",
    "winlogbeat": f"{_HERE}.winlogbeat:parse",
}
# Formats whose records are JSON objects: what a file of them is cut into, where a host is found.
JSON_FORMATS = frozenset(
    {"ecs", "evtx", "json", "windows_event", "windows_flat", "windows_json", "winlogbeat"}
)
# Formats that are told by their syslog header or by pairs; any other one has a reader of its own.
TEXT_FORMATS = frozenset({"auto", "keyvalue", "rfc3164", "rfc5424", "syslog"})


@cache
def parser(name: str) -> Parser:
    """Give the parser of a format by name; ConfigurationError where there is none."""
    place = FORMATS.get(name)
    if place is None:
        raise ConfigurationError([unknown_format(name)])
    module, _, function = place.partition(":")
    found: Parser = getattr(import_module(module), function)
    return found


def unknown_format(name: str, file: str = "format", line: int = 0) -> Problem:
    """Make the problem of a format that does not exist, with the nearest name or all of them."""
    close = difflib.get_close_matches(name, FORMATS, n=1)
    way_out = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(sorted(FORMATS))}"
    return Problem(file, line, f"there is no format {name!r}", way_out)
