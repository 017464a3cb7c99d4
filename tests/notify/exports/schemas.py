"""The schemas of the formats, from the shared data, with stand-ins for what they import."""

import json
import tarfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator, Draft202012Validator
from lxml import etree

from tests.match.sigmahq import need

XSD, IODEF_JSON, OCSF = "iodef-2.0.xsd", "iodef-rfc8727-schema.txt", "ocsf-schema.tar.xz"
_DIGESTS = """
<xs:element name="DigestMethod"><xs:complexType>
 <xs:attribute name="Algorithm" type="xs:anyURI" use="required"/>
</xs:complexType></xs:element>
<xs:element name="DigestValue" type="xs:base64Binary"/>"""
_ELSEWHERE = {
    "http://www.w3.org/2000/09/xmldsig#": ("CanonicalizationMethod", "Signature", "X509Data"),
    "urn:ietf:params:xml:ns:iodef-enum-1.0": ("ReferenceName",),
    "urn:ietf:params:xml:ns:iodef-sci-1.0": ("AttackPattern", "Vulnerability", "Weakness"),
    "http://www.w3.org/XML/1998/namespace": (),
}
_PLACES = {
    "xmldsig-core-schema.xsd": "http://www.w3.org/2000/09/xmldsig#",
    "iodef-enum-1.0.xsd": "urn:ietf:params:xml:ns:iodef-enum-1.0",
    "iodef-sci-1.0.xsd": "urn:ietf:params:xml:ns:iodef-sci-1.0",
    "xml.xsd": "http://www.w3.org/XML/1998/namespace",
}


def _stand_in(namespace: str) -> str:
    body = "".join(f'<xs:element name="{name}"/>' for name in _ELSEWHERE[namespace])
    if namespace.endswith("xmldsig#"):
        body += _DIGESTS
    if namespace.endswith("namespace"):
        body += '<xs:attribute name="lang" type="xs:language"/>'
    return (
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" '
        f'targetNamespace="{namespace}">{body}</xs:schema>'
    )


class _Elsewhere(etree.Resolver):  # type: ignore[misc] # lxml has no types
    """Answers an import with its stand-in; nothing is fetched."""

    def resolve(self, url: str, _public_id: object, context: object) -> object:
        """Give the schema of a place."""
        namespace = _PLACES.get(url.rpartition("/")[2])
        return None if namespace is None else self.resolve_string(_stand_in(namespace), context)


@cache
def iodef_xsd() -> Any:
    """Give the schema of RFC 7970."""
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Elsewhere())
    return etree.XMLSchema(etree.parse(str(need(XSD)), parser))


def xml_problems(data: bytes) -> list[str]:
    """Give what in a document is against RFC 7970's schema."""
    schema = iodef_xsd()
    document = etree.fromstring(data)
    return [] if schema.validate(document) else [str(one) for one in schema.error_log]


@cache
def iodef_json() -> Draft4Validator:
    """Give the schema of RFC 8727."""
    schema = json.loads(need(IODEF_JSON).read_text("utf-8"))
    return Draft4Validator(schema, format_checker=Draft4Validator.FORMAT_CHECKER)


@cache
def incident_finding() -> Draft202012Validator:
    """Give OCSF's class 2005 with the profiles datetime and incident, as a JSON schema."""
    return Draft202012Validator(Ocsf(need(OCSF)).event("findings/incident_finding"))


class Ocsf:
    """OCSF's own schema language, put into JSON schema: closed objects, enumerations, constraints.

    Attributes are those of the class, of what it extends and of the profiles in use; each is the
    dictionary's under what the class says of it. Deprecated ones are refused.
    """

    profiles = ("datetime", "incident")

    def __init__(self, archive: Path) -> None:
        with tarfile.open(archive) as packed:
            self.files = {
                one.name.partition("/")[2]: packed.extractfile(one).read()  # type: ignore[union-attr]
                for one in packed.getmembers()
                if one.isfile() and one.name.endswith(".json")
            }
        self.dictionary = self._file("dictionary")
        self.definitions: dict[str, Any] = {}

    def _file(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.files[f"{name}.json"])
        return found

    def event(self, name: str) -> dict[str, Any]:
        """Give the schema of an event class."""
        schema = self._closed(self._merged(f"events/{name}", "events"))
        observable = self.definitions["observable"]["properties"]["type_id"]
        observable["enum"] = sorted({*observable["enum"], *self._observable_types()})
        return {**schema, "$defs": self.definitions}

    def _observable_types(self) -> Iterator[int]:
        """Give the ids of types that types, attributes and objects say of themselves."""
        for held in self.dictionary["types"]["attributes"], self.dictionary["attributes"]:
            yield from (one["observable"] for one in held.values() if "observable" in one)
        for name, data in self.files.items():
            if name.startswith("objects/"):
                held = json.loads(data)
                own = (one for one in held["attributes"].values() if isinstance(one, dict))
                yield from (one["observable"] for one in (held, *own) if "observable" in one)

    def _merged(self, name: str, folder: str) -> dict[str, Any]:
        """Give a class or object with what it extends; the nearer one speaks."""
        own = self._file(name)
        attributes: dict[str, Any] = {}
        constraints: dict[str, Any] = {}
        parent = own.get("extends")
        if parent and parent != own["name"]:
            inherited = self._merged(f"{folder}/{parent}", folder)
            attributes, constraints = inherited["attributes"], inherited["constraints"]
        if folder == "events" and "profiles" in own:
            for profile in self.profiles:
                attributes = {**attributes, **self._file(f"profiles/{profile}")["attributes"]}
        for key, value in own["attributes"].items():
            if key != "$include":
                before = attributes.get(key, {})
                enum = {**before.get("enum", {}), **value.get("enum", {})}
                attributes[key] = {**before, **value, **({"enum": enum} if enum else {})}
        return {
            "attributes": attributes,
            "constraints": {**constraints, **own.get("constraints", {})},
            "class": own,
        }

    def _closed(self, merged: dict[str, Any]) -> dict[str, Any]:
        properties: dict[str, Any] = {}
        required = []
        for key, own in merged["attributes"].items():
            known = self.dictionary["attributes"].get(key, {})
            enum = {**known.get("enum", {}), **own.get("enum", {})}
            attribute = {**known, **own, "enum": enum}
            if "@deprecated" in attribute:
                continue
            properties[key] = self._typed(attribute)
            if attribute["type"] == "timestamp_t":
                properties[f"{key}_dt"] = self._scalar("datetime_t")
            if attribute.get("requirement") == "required":
                required.append(key)
        if "class_uid" in properties:
            properties["class_uid"] = {"const": 2000 + merged["class"]["uid"]}
            properties["category_uid"] = {"const": 2}
        found: dict[str, Any] = {
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": False,
        }
        if names := merged["constraints"].get("at_least_one"):
            found["anyOf"] = [{"required": [name]} for name in names]
        if names := merged["constraints"].get("just_one"):
            found["oneOf"] = [{"required": [name]} for name in names]
        return found

    def _typed(self, attribute: dict[str, Any]) -> dict[str, Any]:
        kind = attribute["type"]
        if kind.endswith("_t"):
            schema = self._scalar(kind)
            if attribute["enum"] and kind == "integer_t":
                schema = {"enum": [int(value) for value in attribute["enum"]]}
            elif attribute["enum"]:
                schema = {**schema, "enum": list(attribute["enum"])}
        else:
            schema = self._object(kind)
        return {"type": "array", "items": schema} if attribute.get("is_array") else schema

    def _object(self, name: str) -> dict[str, Any]:
        if name == "object":
            return {"type": "object"}
        if name not in self.definitions:
            self.definitions[name] = {}  # so that what holds itself ends
            self.definitions[name] = self._closed(self._merged(f"objects/{name}", "objects"))
        return {"$ref": f"#/$defs/{name}"}

    def _scalar(self, kind: str) -> dict[str, Any]:
        known = self.dictionary["types"]["attributes"][kind]
        bases = {
            "string_t": {"type": "string"},
            "integer_t": {"type": "integer"},
            "long_t": {"type": "integer"},
            "float_t": {"type": "number"},
            "boolean_t": {"type": "boolean"},
            "json_t": {},
        }
        schema: dict[str, Any] = dict(bases[known.get("type", kind)])
        if "regex" in known:
            schema["pattern"] = known["regex"]
        if "max_len" in known:
            schema["maxLength"] = known["max_len"]
        if "range" in known:
            schema["minimum"], schema["maximum"] = known["range"]
        return schema
