r"""ArcSight's Common Event Format, versions 0 and 1, raw or as the message of a syslog header.

``CEF:Version|Device Vendor|Device Product|Device Version|Device Event Class ID|Name|Severity|`` and
an extension of ``key=value``. Values hold spaces, so a value reaches to the next key. In the header
``\|`` and ``\\`` are escapes, in the extension ``\=``, ``\\``, ``\n`` and ``\r``.
Source: Micro Focus, "ArcSight Common Event Format (CEF) Implementation Standard", versions 25 and
26: header information, extension dictionary (producer and consumer keys), date formats.
"""

import re
from functools import lru_cache
from typing import Any

from pipeline.model import FailureCode, Json, TimeConfidence, rfc3339
from pipeline.normalize.domain_users import part_domains
from pipeline.normalize.ecs_schema import address
from pipeline.normalize.formats.cef_dictionary import ECS_BY_KEY, LABELLED
from pipeline.normalize.formats.syslog_header import LINE_ENDS
from pipeline.normalize.keyvalue import MOST_PAIRS
from pipeline.normalize.nature import categorise, outcome_told
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.placing import Placing, transport
from pipeline.normalize.products import known_product
from pipeline.normalize.shown import parse_shown
from pipeline.normalize.vendor_times import vendor_time

NAME = "cef"
HEADER = (
    "deviceVendor", "deviceProduct", "deviceVersion", "deviceEventClassId", "name", "severity",
)  # fmt: skip
CUT = "cef_header_cut"

_FEW_NAMES = 64  # of a shape that is remembered: what is remembered is bounded
_FEWEST = 3  # header fields that make an event of a cut one: version, vendor, product
_FIELD = re.compile(r"((?:[^|\\]|\\.)*+)(?:\||$)", flags=re.DOTALL)
_HEADER_ESCAPE = re.compile(r"\\([\\|])")
_NAME = r"([A-Za-z0-9_.\[\]-]{1,128}+)="
_KEY = re.compile(rf" {_NAME}")
_KEY_BEHIND_ANY_SPACE = re.compile(rf"\s{_NAME}")
_ESCAPE = re.compile(r"\\(?:[=\\|nr])")
_ESCAPES = {"\\=": "=", "\\\\": "\\", "\\|": "|", "\\n": "\n", "\\r": "\r"}
_OTHER_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*+\\(?:[^=\\|nr]|$)")
_TIMES = ("rt", "end", "start", "deviceReceiptTime", "endTime", "startTime")
_SPANS = (("event.start", ("start", "startTime")), ("event.end", ("end", "endTime")))
# "Low=0-3, Medium=4-6, High=7-8, and Very-High=9-10": the least of each.
_SEVERITIES = {"unknown": 0, "low": 0, "medium": 4, "high": 7, "very-high": 9}
_DIRECTIONS = {"0": "inbound", "1": "outbound"}
_OWN = frozenset(HEADER)
_place = Placing(ECS_BY_KEY)
_place_labelled_value = Placing(LABELLED)

_NO_HEADER = Refusal(
    FailureCode.SYNTAX,
    "begins as CEF and has no vendor and product (CEF:0|vendor|product|version|class|name|"
    "severity|…): it was cut, or its sender does not write CEF; set the source's format to auto",
)


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one record, with a syslog header or without."""
    return parse_shown(record, context)


def read(text: str, notes: tuple[str, ...], context: Context) -> Parsed | Refusal:
    """Read a text that begins with ``CEF:``."""
    header, extension = _header(text.rstrip(LINE_ENDS))
    if len(header) < _FEWEST:
        return _NO_HEADER
    if len(header) <= len(HEADER):
        notes = (*notes, CUT)
    names, values = _extension(extension)
    native: Json = dict(zip(names, values, strict=True))
    if len(native) < len(names):  # of a key that stands twice the first counts
        native |= zip(reversed(names), reversed(values), strict=True)
    if not _OWN.isdisjoint(native):
        native = {(f"extension.{name}" if name in _OWN else name): native[name] for name in native}
    ecs = _described(header, native)
    _place(ecs, names, values)
    if "Label" in extension:
        _place_labelled(ecs, native)
    _complete(ecs, native, f"{native.get('cat', '')} {' '.join(header[4:6])}")
    at, confidence = _time(native, context) or (None, TimeConfidence.RECEIVED)
    _place_spans(ecs, native, context)
    native |= zip(HEADER, header[1:], strict=False)
    return Parsed(NAME, "generic", at, confidence, ecs, native, notes)


def _header(text: str) -> tuple[list[str], str]:
    """Part version and header fields from the extension; fewer fields where the text is cut."""
    parts = text[4:].split("|", 7)
    if len(parts) < 8 or "\\" in text[: len(text) - len(parts[7])]:
        parts, at = [], 4
        while len(parts) < 7 and at < len(text) and (match := _FIELD.match(text, at)):
            parts.append(_HEADER_ESCAPE.sub(r"\1", match[1]))
            at = match.end()
        parts.append(text[at:])
    return [part.strip() for part in parts[:-1]], parts[-1]


def _extension(text: str) -> tuple[list[str], list[str]]:
    """Give the extension's keys and their values, both in its order."""
    text = f" {text.rstrip()}"
    printable = text.isprintable()  # no tab, no line end: only spaces part
    parts = (_KEY if printable else _KEY_BEHIND_ANY_SPACE).split(text, MOST_PAIRS)
    values = parts[2::2]
    if not printable or "  " in text or "= " in text:
        values = [value.strip() for value in values]
    if "\\" in text:
        values = [_unescaped(value) if "\\" in value else value for value in values]
    return parts[1::2], values


def _unescaped(value: str) -> str:
    r"""Undo escapes; of a sender that leaves backslashes alone (``C:\Windows``) only ``\=``."""
    if value.count("\\") == value.count("\\=") or _OTHER_ESCAPE.search(value):
        return value.replace("\\=", "=")
    return _ESCAPE.sub(lambda match: _ESCAPES[match[0]], value)


def _described(header: list[str], native: Json) -> Json:
    """Give the ECS fields that the header fills."""
    vendor, product = header[1], header[2]
    event: Json = {"kind": "event", "dataset": "cef.log", "module": "cef"}
    known = known_product(vendor, product)
    if known:
        event["dataset"], event["module"] = known
    observer: Json = {"vendor": vendor, "product": product}
    ecs: Json = {"event": event, "observer": observer}
    if len(header) > 3 and header[3]:
        observer["version"] = header[3]
    if len(header) > 4 and header[4]:
        event["code"] = header[4]
    if len(header) > 6:
        severity = _severity(header[6])
        if severity is not None:
            event["severity"] = severity
    message = native.get("msg") or native.get("message") or (header[5] if len(header) > 5 else "")
    if message:
        ecs["message"] = message
    return ecs


@lru_cache(maxsize=256)
def _severity(text: str) -> int | None:
    if text.isdecimal() and text.isascii() and len(text) < 4:
        return int(text)
    return _SEVERITIES.get(text.casefold())


def _place_labelled(ecs: Json, native: Json) -> None:
    """Give custom fields their labels' names too, and those of known meaning their ECS field."""
    for name, of in _labels(tuple(native)):
        label, value = native[name], native[of]
        if label and value:
            native.setdefault(label, value)
            _place_labelled_value.one(ecs, label.casefold(), value)


def _find_labels(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Give the keys that label another key's value, with that key."""
    known = frozenset(names)
    return tuple((name, name[:-5]) for name in names if name[-5:] == "Label" and name[:-5] in known)


_remembered_labels = lru_cache(maxsize=512)(_find_labels)


def _labels(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return (_remembered_labels if len(names) <= _FEW_NAMES else _find_labels)(names)


def _complete(ecs: Json, native: Json, words: str) -> None:
    """Fill what several keys say together: transport, direction, outcome, kind."""
    event = ecs["event"]
    protocol = native.get("proto") or native.get("transportProtocol")
    if protocol:
        known = transport(protocol)
        network = ecs.setdefault("network", {})
        if known:
            network["transport"] = known
        elif not protocol.isdigit():
            network.setdefault("protocol", protocol.lower())
    direction = native.get("deviceDirection")
    if direction in _DIRECTIONS:
        ecs.setdefault("network", {})["direction"] = _DIRECTIONS[direction]
    said = native.get("outcome") or native.get("eventOutcome") or native.get("categoryOutcome")
    if said:
        outcome = outcome_told(said[:64])
        if outcome:
            event["outcome"] = outcome
    target = ecs.get("destination", {}).get("user", {}).get("name")
    if target and "user" not in ecs:
        ecs["user"] = {"name": target}
    _place_named_addresses(ecs)
    part_domains(ecs)
    behaviour = native.get("categoryBehavior")
    if behaviour:
        words = f"{behaviour} {words}"
    categorise(ecs, words, event.get("action", ""))


def _place_named_addresses(ecs: Json) -> None:
    """Give an end its address where ``shost`` or ``dhost`` holds one."""
    for side in ("source", "destination"):
        end = ecs.get(side)
        if end and "ip" not in end and (found := address(end.get("address", ""))):
            end["ip"] = found


def _time(native: Json, context: Context) -> Any:
    zone = native.get("dtz") or native.get("deviceTimeZone") or ""
    for name in _TIMES:
        value = native.get(name)
        if value:
            found = vendor_time(value, context, zone)
            if found is not None:
                return found
    return None


def _place_spans(ecs: Json, native: Json, context: Context) -> None:
    for path, names in _SPANS:
        value = native.get(names[0]) or native.get(names[1])
        found = vendor_time(value, context, native.get("dtz", "")) if value else None
        if found is not None:
            ecs["event"][path[6:]] = rfc3339(found[0])
