"""Read the components of a CycloneDX document, JSON or XML, of any version of the format.

A small reader of our own: of a bill of materials only name, version, purl, cpe and licences are
asked for, and these have stood in the same places since version 1.0. The format's own library
models everything, refuses a document for any word that its version does not know yet, and brings
five packages. XML is read without entities and document types (defusedxml).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import orjson
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from pipeline.errors import ConfigurationError, Problem

MOST_COMPONENTS = 200_000
MOST_BYTES = 256 * 1024 * 1024
_MOST_CHARS = 1000
_PLACES = ("components", "metadata")


@dataclass(frozen=True, slots=True)
class Component:
    """One piece of software of an object; what the document leaves out is ""."""

    name: str
    version: str = ""
    group: str = ""
    purl: str = ""
    cpe: str = ""
    licence: str = ""


def components_of(file: str, data: bytes) -> tuple[Component, ...]:
    """Read a document, nested components too; ConfigurationError with every problem found."""
    if len(data) > MOST_BYTES:
        raise ConfigurationError([Problem(file, 0, "is larger than 256 MiB")])
    text = data.lstrip(b"\xef\xbb\xbf \t\r\n")
    found = _from_json(file, text) if text.startswith(b"{") else _from_xml(file, text)
    problems: list[Problem] = []
    components: dict[Component, None] = {}
    for number, item in enumerate(found, 1):
        if number > MOST_COMPONENTS:
            problems.append(Problem(file, 0, f"has more than {MOST_COMPONENTS} components"))
            break
        if not item.name:
            problems.append(Problem(file, 0, f"component {number} has no name"))
        components[item] = None
    if problems:
        raise ConfigurationError(problems)
    return tuple(components)


def _from_json(file: str, data: bytes) -> Iterator[Component]:
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise _broken(file, f"is not JSON: {error.msg}") from error
    if not isinstance(document, dict) or document.get("bomFormat") != "CycloneDX":
        raise _broken(file, "is no CycloneDX document: bomFormat is not CycloneDX")
    waiting = list(reversed(_dicts(document.get("components"))))
    while waiting:
        item = waiting.pop()
        waiting += reversed(_dicts(item.get("components")))
        yield Component(
            _text(item.get("name")),
            _text(item.get("version")),
            _text(item.get("group")),
            _text(item.get("purl")),
            _text(item.get("cpe")),
            _licences(_dicts(item.get("licenses"))),
        )


def _broken(file: str, message: str) -> ConfigurationError:
    return ConfigurationError([Problem(file, 0, message, "export it as CycloneDX JSON or XML")])


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value.strip()[:_MOST_CHARS] if isinstance(value, str) else ""


def _licences(items: Iterable[dict[str, Any]]) -> str:
    found = []
    for item in items:
        licence = item.get("license")
        named = licence if isinstance(licence, dict) else {}
        found.append(_text(item.get("expression") or named.get("id") or named.get("name")))
    return " AND ".join(filter(None, found))


def _from_xml(file: str, data: bytes) -> Iterator[Component]:
    try:
        root = fromstring(data, forbid_dtd=True)
    except DefusedXmlException as error:
        raise _broken(file, "has a document type or entities, which are never read") from error
    except (ParseError, ValueError, LookupError) as error:
        raise _broken(file, f"is not XML: {error}") from error
    if _name(root) != "bom" or "cyclonedx.org/schema/bom" not in root.tag:
        raise _broken(file, "is no CycloneDX document: the root is no bom of its namespace")
    waiting = list(reversed(_children(root)))
    while waiting:
        item = waiting.pop()
        waiting += reversed(_children(item))
        parts = {_name(part): _text(part.text) for part in item}
        yield Component(
            parts.get("name", ""),
            parts.get("version", ""),
            parts.get("group", ""),
            parts.get("purl", ""),
            parts.get("cpe", ""),
            " AND ".join(_xml_licences(item)),
        )


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _children(element: Element) -> list[Element]:
    return [
        component
        for part in element
        if _name(part) == "components"
        for component in part
        if _name(component) == "component"
    ]


def _xml_licences(item: Element) -> Iterator[str]:
    for licences in (part for part in item if _name(part) == "licenses"):
        for one in licences:
            if _name(one) == "expression":
                yield _text(one.text)
            for part in one:
                if _name(part) in {"id", "name"} and part.text:
                    yield _text(part.text)
