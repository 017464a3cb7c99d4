"""IBM's Log Event Extended Format, versions 1.0 and 2.0, raw or in a syslog header.

``LEEF:Version|Vendor|Product|Version|EventID|`` and attributes parted by tabs; in version 2.0 a
sixth field may name another delimiter, as itself (``^``) or by its code (``x09``, ``0x5E``).
Source: IBM, "QRadar Log Event Extended Format (LEEF) Guide", version 2: event components,
predefined event attributes, custom event date format.
"""

import re
from functools import lru_cache
from typing import Any

from pipeline.model import FailureCode, Json, TimeConfidence
from pipeline.normalize.domain_users import part_domains
from pipeline.normalize.formats.syslog_header import LINE_ENDS
from pipeline.normalize.keyvalue import MOST_PAIRS
from pipeline.normalize.nature import categorise, outcome_told
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.placing import Placing, transport
from pipeline.normalize.products import known_product
from pipeline.normalize.shown import parse_shown
from pipeline.normalize.vendor_times import patterned_time, vendor_time

NAME = "leef"
HEADER = ("vendor", "product", "version", "eventID")
LOOSE = "leef_delimiter_assumed"

_FEWEST = 3  # header fields that make an event of a cut one: version, vendor, product
_HEX = re.compile(r"(?:0?[xX])([0-9A-Fa-f]{1,4})")
_KEY = re.compile(r"(?:^|(?<=\s))([A-Za-z0-9_.\[\]-]{1,128}+)=")
_TABS = ("#011", "\\t")  # what relays make of a tab: rsyslog's escape, a literal
_OWN = frozenset(HEADER)
_place = Placing({
    "src": "source",
    "dst": "destination",
    "srcPort": "source.port",
    "dstPort": "destination.port",
    "srcPreNAT": "source",
    "dstPreNAT": "destination",
    "srcPostNAT": "source.nat.ip",
    "dstPostNAT": "destination.nat.ip",
    "srcPreNATPort": "source.port",
    "dstPreNATPort": "destination.port",
    "srcPostNATPort": "source.nat.port",
    "dstPostNATPort": "destination.nat.port",
    "usrName": ("user.name", "source.user.name"),
    "accountName": "user.name",
    "domain": "user.domain",
    "role": "user.roles",
    "groupID": "user.group.id",
    "identGrpName": "user.group.name",
    "srcMAC": "source.mac",
    "dstMAC": "destination.mac",
    "identSrc": "source",
    "identHostName": "source.domain",
    "identNetBios": "source.domain",
    "identMAC": "source.mac",
    "vSrc": "source.nat.ip",
    "vSrcName": "host.name",
    "srcBytes": "source.bytes",
    "dstBytes": "destination.bytes",
    "srcPackets": "source.packets",
    "dstPackets": "destination.packets",
    "totalPackets": "network.packets",
    "policy": "rule.name",
    "resource": "file.path",
    "url": "url.original",
    "action": "event.action",
    "act": "event.action",
    "reason": "event.reason",
    "msg": "message",
    "message": "message",
    "devName": "observer.name",
    # Not of LEEF's own list; senders take them over from CEF.
    "dvc": "observer.ip",
    "filePath": "file.path",
    "fileHash": "file.hash",
    "suser": ("user.name", "source.user.name"),
    "duser": "destination.user.name",
    "shost": ("source.domain", "source.address"),
    "dhost": ("destination.domain", "destination.address"),
    "spt": "source.port",
    "dpt": "destination.port",
    "RuleName": "rule.name",
    "Application": "network.application",
    "dvchost": ("observer.hostname", "host.name"),
})  # fmt: skip

_NO_HEADER = Refusal(
    FailureCode.SYNTAX,
    "begins as LEEF and has no vendor and product (LEEF:1.0|vendor|product|version|event|…): it "
    "was cut, or its sender does not write LEEF; set the source's format to auto",
)


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one record, with a syslog header or without."""
    return parse_shown(record, context)


def read(text: str, notes: tuple[str, ...], context: Context) -> Parsed | Refusal:
    """Read a text that begins with ``LEEF:``."""
    header = text.rstrip(LINE_ENDS)[5:].split("|", 5)
    attributes = header.pop() if len(header) > 5 else ""
    if len(header) < _FEWEST:
        return _NO_HEADER
    names, values, sure = _attributes(header[0], attributes)
    native: Json = dict(zip(names, values, strict=True))
    if len(native) < len(names):  # of a key that stands twice the first counts
        native |= zip(reversed(names), reversed(values), strict=True)
    if not _OWN.isdisjoint(native):
        native = {(f"attribute.{name}" if name in _OWN else name): native[name] for name in native}
    ecs = _described(header)
    _place(ecs, names, values)
    _complete(ecs, native, header)
    at, confidence = _time(native, context) or (None, TimeConfidence.RECEIVED)
    native |= zip(HEADER, header[1:], strict=False)
    return Parsed(NAME, "generic", at, confidence, ecs, native, notes if sure else (*notes, LOOSE))


def _attributes(version: str, text: str) -> tuple[list[str], list[str], bool]:
    """Give names and values, and whether the delimiter was the one that the version means."""
    delimiter, sure = "\t", True
    if version.strip().startswith("2"):
        said, bar, rest = text.partition("|")
        if bar and "=" not in said and (not said or _delimiter(said)):
            delimiter, text = _delimiter(said) or "\t", rest
    if delimiter not in text:
        other = next((one for one in _TABS if one in text), "")
        if other:
            delimiter, sure = other, False
        elif len(parts := _KEY.split(text, MOST_PAIRS)) > 3:  # tabs became spaces on the way
            return parts[1::2], [value.strip() for value in parts[2::2]], False
    names, values = [], []
    for part in text.split(delimiter, MOST_PAIRS):
        name, equals, value = part.partition("=")
        if equals:
            names.append(name.strip())
            values.append(value.strip())
    return names, values, sure


@lru_cache(maxsize=64)
def _delimiter(said: str) -> str:
    """Give the delimiter that a header's field names: a character, or its code in hexadecimal."""
    match = _HEX.fullmatch(said) if len(said) <= 6 else None
    if match is not None:
        return chr(int(match[1], 16))
    return said if len(said) == 1 else ""


def _described(header: list[str]) -> Json:
    vendor, product = header[1].strip(), header[2].strip()
    event: Json = {"kind": "event", "dataset": "leef.log", "module": "leef"}
    known = known_product(vendor, product)
    if known:
        event["dataset"], event["module"] = known
    observer: Json = {"vendor": vendor, "product": product}
    if len(header) > 3 and header[3]:
        observer["version"] = header[3]
    if len(header) > 4 and header[4]:
        event["code"] = header[4]
    return {"event": event, "observer": observer}


def _complete(ecs: Json, native: Json, header: list[str]) -> None:
    """Fill what several attributes say together: transport, severity, kind, outcome."""
    event = ecs["event"]
    protocol = native.get("proto")
    if protocol:
        known = transport(protocol)
        if known:
            ecs.setdefault("network", {})["transport"] = known
        elif not protocol.isdigit():
            ecs.setdefault("network", {}).setdefault("protocol", protocol.lower())
    severity = native.get("sev", "")
    if severity.isascii() and severity.isdecimal() and len(severity) < 4:
        event["severity"] = int(severity)
    part_domains(ecs)
    words = f"{header[4] if len(header) > 4 else ''} {native.get('cat', '')}"
    kind = _login(native)
    if kind:
        event["category"], event["type"] = ["authentication"], [kind]
        outcome = outcome_told(words[:160])
        if outcome:
            event["outcome"] = outcome
    else:
        categorise(ecs, words, event.get("action") or header[-1])


def _login(native: Json) -> str:
    if native.get("isLoginEvent", "").lower() == "true":
        return "start"
    return "end" if native.get("isLogoutEvent", "").lower() == "true" else ""


def _time(native: Json, context: Context) -> Any:
    said = native.get("devTime")
    if not said:
        return None
    pattern = native.get("devTimeFormat")
    found = patterned_time(said, pattern, context) if pattern else None
    return found or vendor_time(said, context)
