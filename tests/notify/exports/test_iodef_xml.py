"""IODEF v2 in XML, held to RFC 7970's schema by libxml2."""

import pytest
from hypothesis import given, settings

from pipeline.errors import IntegrityError
from pipeline.notify.exports import Exported, iodef_xml
from tests.notify.exports.made import UNTITLED, exports, stubbed, titled, whole
from tests.notify.exports.schemas import xml_problems


@pytest.mark.parametrize("record", [whole(), stubbed()], ids=["whole", "stub"])
def test_it_is_valid(record: Exported) -> None:
    """A whole incident and a stub are valid against the RFC's schema."""
    assert xml_problems(iodef_xml.write([record], titled(record, "оқиға"))) == []


@settings(max_examples=40)
@given(record=exports)
def test_any_is_valid(record: Exported) -> None:
    """Whatever stands in an incident, the document is valid."""
    assert xml_problems(iodef_xml.write([record], titled(record, "<&>"))) == []


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (b"GenerationTime>", b"GeneratedTime>"),
        (b'purpose="reporting"', b'purpose="telling"'),
        (b"<DetectTime>2026", b"<DetectTime>the year 2026"),
        (b"ds:DigestValue>", b"ds:Digest>"),
    ],
    ids=["element", "enumeration", "time", "digest"],
)
def test_the_schema_is_asked(was: bytes, now: bytes) -> None:
    """What is against the schema is found: the check can fail."""
    data = iodef_xml.write([whole()], UNTITLED)
    assert was in data
    assert xml_problems(data.replace(was, now))


def test_what_iodef_has_words_for_is_said_in_them() -> None:
    """Status, restriction, class, acts, techniques, addresses, digests and history are elements."""
    data = iodef_xml.write([whole()], titled(whole(), "Оқыс оқиға")).decode("utf-8")
    for said in (
        'status="resolved"',
        'restriction="amber"',
        "<IncidentCategory>intrusions:privileged-account-compromise</IncidentCategory>",
        'ext-type="unauthorised_access"',
        "<Description>T1110.003</Description>",
        '<System category="source">',
        '<Address category="ipv6-addr">2001:db8::1</Address>',
        'Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"',
        'ext-action="notified"',
        'ext-role="ncc"',
        "<RecoveryTime>",
        '<Description xml:lang="kk">Оқыс оқиға</Description>',
    ):
        assert said in data


@pytest.mark.parametrize(
    "data",
    [
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b'<IODEF-Document xmlns="urn:ietf:params:xml:ns:iodef-1.0"/>',
    ],
    ids=["entity", "external", "version 1"],
)
def test_what_is_not_read_is_refused(data: bytes) -> None:
    """Entities, document types and other versions are refused."""
    with pytest.raises(IntegrityError):
        iodef_xml.read(data)
