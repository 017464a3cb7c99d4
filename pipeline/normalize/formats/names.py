"""Names of formats, as the registry and the command line give them, and who reads each."""

import difflib
from collections.abc import Mapping
from functools import cache
from importlib import import_module

from pipeline.errors import ConfigurationError, Problem
from pipeline.normalize.parsed import Parser

_HERE = "pipeline.normalize.formats"
FORMATS: Mapping[str, str] = {
    "apache_access": f"{_HERE}.web_access:parse_apache",
    "auditd": f"{_HERE}.auditd:parse",
    "auto": f"{_HERE}.auto:parse",
    "cef": f"{_HERE}.cef:parse",
    "check_point": f"{_HERE}.check_point:parse",
    "cisco": f"{_HERE}.cisco:parse",
    "csv": f"{_HERE}.csv_rows:parse",
    "csv_rows": f"{_HERE}.csv_rows:parse",
    "ecs": f"{_HERE}.json_document:parse",
    "evtx": f"{_HERE}.windows_event:parse",
    "journald": f"{_HERE}.journald:parse",
    "exchange": f"{_HERE}.exchange:parse",
    "fortigate": f"{_HERE}.fortigate:parse",
    "json": f"{_HERE}.json_document:parse",
    "kaspersky": f"{_HERE}.kaspersky:parse",
    "keyvalue": f"{_HERE}.keyvalue_line:parse",
    "nginx_access": f"{_HERE}.web_access:parse_nginx",
    "leef": f"{_HERE}.leef:parse",
    "mikrotik": f"{_HERE}.mikrotik:parse",
    "netscaler": f"{_HERE}.netscaler:parse",
    "onec": f"{_HERE}.onec:parse",
    "onec_techlog": f"{_HERE}.onec_techlog:parse",
    "palo_alto": f"{_HERE}.palo_alto:parse",
    "postgresql": f"{_HERE}.postgresql:parse",
    "program_line": f"{_HERE}.program_line:parse",
    "rfc3164": f"{_HERE}.rfc3164:parse",
    "rfc5424": f"{_HERE}.rfc5424:parse",
    "squid": f"{_HERE}.squid:parse",
    "snare": f"{_HERE}.snare:parse",
    "sonicwall": f"{_HERE}.sonicwall:parse",
    "stix": f"{_HERE}.json_document:parse",
    "syslog": f"{_HERE}.syslog:parse",
    "web_access": f"{_HERE}.web_access:parse",
    "web_error": f"{_HERE}.web_error:parse",
    "w3c": f"{_HERE}.w3c:parse",
    "windows_dhcp": f"{_HERE}.windows_dhcp:parse",
    "windows_dns": f"{_HERE}.windows_dns:parse",
    "windows_event": f"{_HERE}.windows_event:parse",
    "windows_flat": f"{_HERE}.windows_flat:parse",
    "windows_json": f"{_HERE}.windows_json:parse",
    "windows_xml": f"{_HERE}.windows_xml:parse",
    "winlogbeat": f"{_HERE}.winlogbeat:parse",
    "zeek": f"{_HERE}.zeek_tsv:parse",
    "zeek_tsv": f"{_HERE}.zeek_tsv:parse",
}
# Formats whose records are JSON objects: what a file of them is cut into, where a host is found.
JSON_FORMATS = frozenset(
    {"ecs", "evtx", "json", "stix", "windows_event", "windows_flat", "windows_json", "winlogbeat"}
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
