"""What of a finding's fields may leave."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.notify.exports.observables import MOST, observables
from pipeline.notify.exports.record import Observable
from tests.notify.exports.made import MAIL, PERSON, finding, findings

SHA = "0123456789abcdef" * 4


def seen(name: str, value: object) -> list[Observable]:
    found, beyond = observables([finding(group={}, fields={name: value})])
    assert beyond == 0
    return list(found)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("source.ip", "203.0.113.45", [Observable("address", "203.0.113.45", "source")]),
        ("IpAddress", "::ffff:10.0.0.1", [Observable("address", "10.0.0.1", "source")]),
        ("destination.ip", "2001:DB8::1", [Observable("address", "2001:db8::1", "target")]),
        ("dst_ip", "fe80::1%eth0", [Observable("address", "fe80::1", "target")]),
        ("product.version", "1.2.3.4", []),
        ("host.name", "dc-hv01", [Observable("host", "dc-hv01")]),
        ("Computer", "DC01.corp.example.", [Observable("host", "dc01.corp.example")]),
        ("WorkstationName", "-", []),
        ("host.name", "a\x1bb", [Observable("host", "a\\x1bb")]),
        ("host.name", f"{PERSON}@laptop", [Observable("user", "user-1")]),
        ("dns.question.name", "Evil.Example", [Observable("domain", "evil.example")]),
        ("dns.question.name", "no domain", []),
        ("url.domain", "evil.example", [Observable("domain", "evil.example")]),
        ("file.hash.sha256", SHA.upper(), [Observable("sha256", SHA)]),
        ("file.hash.sha256", "not a digest", []),
        ("Hashes", f"SHA1={'a' * 40},IMPHASH={'b' * 32}", [Observable("sha1", "a" * 40)]),
        ("md5", "c" * 32, [Observable("md5", "c" * 32)]),
        ("TargetUserName", PERSON, [Observable("user", "user-1")]),
        ("user.name", PERSON, [Observable("user", "user-1")]),
        ("SubjectUserName", PERSON, [Observable("user", "user-1")]),
        ("email.to.address", [MAIL, MAIL.upper()], [Observable("user", "user-1")]),
        ("anything", MAIL, [Observable("user", "user-1")]),
        ("CommandLine", f"net user {PERSON} secret", []),
        ("process.executable", f"C:\\Users\\{PERSON}\\a.exe", []),
        ("host.name", "x" * 2000, []),
        ("source.ip", 7, []),
        ("host", {"name": "a"}, []),
    ],
)
def test_a_value_is_what_its_name_and_form_say(
    name: str, value: object, expected: list[Observable]
) -> None:
    """An allow-list by name and form: addresses, hosts, domains, digests; people are masked."""
    assert seen(name, value) == expected


def test_people_are_counted_and_not_named() -> None:
    """The same person has one number over all findings, another person the next."""
    found, _ = observables([
        finding(fields={"user.name": "a"}, group={}),
        finding(fields={"user.name": "A", "TargetUserName": "b"}, group={"user.name": "b"}),
    ])  # fmt: skip
    assert [one.value for one in found] == ["user-1", "user-2"]


def test_a_flood_is_bounded_and_counted() -> None:
    """Beyond the bound observables are counted and left out."""
    many = [
        finding(fields={"source.ip": f"10.0.{n // 256}.{n % 256}"}, group={}) for n in range(600)
    ]
    found, beyond = observables(many)
    assert len(found) == MOST
    assert beyond == 600 - MOST


@settings(max_examples=50)
@given(held=st.lists(findings(), max_size=3))
def test_no_value_of_a_person_leaves(held: list[object]) -> None:
    """Of a field that names users nothing stands in what leaves but a number."""
    found, _ = observables(held)  # type: ignore[arg-type]
    for one in found:
        assert (one.kind == "user") == one.value.startswith("user-") or one.kind == "host"
