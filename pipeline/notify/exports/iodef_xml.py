"""IODEF v2 in XML (RFC 7970), from and to the shape of RFC 8727, which names the same classes.

A key that begins with a small letter is an attribute, one with a capital an element; ``value`` (of
an id: ``id``) is an element's own text. Four classes stand inside another one in XML alone (Flow,
Record, IndicatorData, and the impacts without one), and digests are those of XML Signature.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from pipeline.errors import IntegrityError
from pipeline.model import Json
from pipeline.notify.exports.iodef import document, read_document
from pipeline.notify.exports.record import Exported
from pipeline.notify.exports.titles import Titles

NAMESPACE = "urn:ietf:params:xml:ns:iodef-2.0"
SIGNATURE = "http://www.w3.org/2000/09/xmldsig#"
_ROOT = "IODEF-Document"
_WRAPPED = {"System": "Flow", "RecordData": "Record", "Indicator": "IndicatorData"}
_WRAPPERS = {wrapper: inner for inner, wrapper in _WRAPPED.items()}
_TEXT_KEYS = {
    "IncidentID": "id",
    "IndicatorID": "id",
    "Address": "value",
    "AdditionalData": "value",
    "Description": "value",
}
_DIGESTS = ("DigestMethod", "DigestValue")
_LISTS = frozenset({
    "Incident", "Description", "Assessment", "IncidentCategory", "Method", "Reference", "URL",
    "Contact", "ContactName", "EventData", "Discovery", "DetectionPattern",
    "DetectionConfiguration", "System", "RecordData", "FileData", "File", "Hash", "Address",
    "DomainData", "Indicator", "HistoryItem", "AdditionalData",
})  # fmt: skip
_ONCE_IN = frozenset({("Contact", "HistoryItem")})


def write(records: Sequence[Exported], titles: Titles) -> bytes:
    """Write incidents; ``titles``: the lines for people."""
    root = ET.Element(_ROOT, {"xmlns": NAMESPACE, "xmlns:ds": SIGNATURE})
    _fill(root, document(records, titles))
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def read(data: bytes) -> list[Exported]:
    """Read incidents back; IntegrityError where the bytes are no document of ours.

    Entities and document types are refused: the bytes may be anybody's.
    """
    try:
        root = fromstring(data, forbid_dtd=True)
    except (ET.ParseError, DefusedXmlException, UnicodeDecodeError, ValueError) as error:
        raise IntegrityError(f"is no XML that is read here: {error}") from error
    if root.tag != f"{{{NAMESPACE}}}{_ROOT}":
        raise IntegrityError(f"its root is {root.tag[:100]}, no document of IODEF 2")
    held = _mapping(root)
    return read_document(held if isinstance(held, dict) else {})


def _fill(element: ET.Element, held: Mapping[str, Any]) -> None:
    text = _TEXT_KEYS.get(element.tag)
    for key, value in held.items():
        if key == text:
            element.text = str(value)
        elif key == "Impact":
            for one in value:
                _fill(element, one)
        elif key[0].islower():
            element.set("xml:lang" if key == "lang" else key, str(value))
        else:
            outer = ET.SubElement(element, _WRAPPED[key]) if key in _WRAPPED else element
            for one in value if isinstance(value, list) else [value]:
                _add(outer, key, one)


def _add(outer: ET.Element, key: str, value: Any) -> None:
    if key in _DIGESTS:
        digest = ET.SubElement(outer, f"ds:{key}")
        if key == "DigestMethod":
            digest.set("Algorithm", value)
        else:
            digest.text = value
        return
    inner = ET.SubElement(outer, key)
    if isinstance(value, Mapping):
        _fill(inner, value)
    else:
        inner.text = str(value)


def _mapping(element: ET.Element) -> Json | str:
    """Give an element as RFC 8727 has it: text alone as a text, all else as an object."""
    name = element.tag.rpartition("}")[2]
    if name == "DigestMethod":
        return str(element.get("Algorithm", ""))
    children = list(_children(element))
    text = element.text or ""
    if not children and not element.attrib and name != "AdditionalData":
        return text
    held: Json = dict(element.attrib)
    if name in _TEXT_KEYS:
        held[_TEXT_KEYS[name]] = text
    for child in children:
        key = child.tag.rpartition("}")[2]
        if key in ("SystemImpact", "BusinessImpact"):
            held.setdefault("Impact", []).append({key: _mapping(child)})
        elif key in _LISTS and (key, name) not in _ONCE_IN:
            held.setdefault(key, []).append(_mapping(child))
        else:
            held[key] = _mapping(child)
    return held


def _children(element: ET.Element) -> Iterator[ET.Element]:
    for child in element:
        if child.tag.rpartition("}")[2] in _WRAPPERS:
            yield from child
        else:
            yield child
