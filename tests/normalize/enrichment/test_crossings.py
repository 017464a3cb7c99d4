"""Crossings: which borders that the law draws an event crosses, by where its two ends are."""

from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Json
from pipeline.normalize.enrichment.crossings import Borders, Network, crossings
from tests.normalize.enrichment.made import event


def nets(*texts: str) -> tuple[Network, ...]:
    return tuple(map(ip_network, texts))


HOME = frozenset({"kz", "kazakhstan"})
BODY = Borders(
    own=nets("192.0.2.0/24", "2001:db8:1::/48"),
    gateways=nets("203.0.113.2/32", "10.20.0.1/32"),
    gateway_interfaces=frozenset({"eshdi"}),
    gateway_sources=frozenset({"gw"}),
    mail_gateways=nets("203.0.113.25/32"),
    mail_sources=frozenset({"mailgw"}),
    transport=nets("10.200.0.0/16"),
    joints=nets("10.9.9.0/29"),
    open=nets("192.168.50.0/24"),
    peers=nets("198.51.100.0/28", "10.77.0.0/24"),
    integration=nets("203.0.113.80/32"),
    domains=("example.kz", "портал.қаз"),
    control=True,
    records=True,
    home=HOME,
)
TCP: Json = {"event": {"category": ["network"], "type": ["connection"]}}


def flow(start: str, end: str, port: int = 443, **more: Any) -> Json:
    """Make a connection between two addresses."""
    source = {"ip": start, "port": 50_000, **more.pop("source", {})}
    destination = {"ip": end, "port": port, **more.pop("destination", {})}
    return {**TCP, **more, "source": source, "destination": destination}


def crossed(ecs: Json, borders: Borders = BODY, source_id: str = "source") -> list[str]:
    one = event(ecs)
    one.source_id = source_id
    return crossings(one, borders)


OUT = "198.51.100.200"
SITE = Borders(domains=BODY.domains, home=HOME)
FAR = {"geo": {"country_iso_code": "DE"}}


@pytest.mark.parametrize(
    ("ecs", "told"),
    [
        (flow("10.1.1.5", OUT), ["internet"]),
        (flow("192.0.2.5", OUT), ["internet"]),
        (flow("2001:db8:1::5", "2001:db8:9::9"), ["internet"]),
        (flow("::ffff:10.1.1.5", f"::ffff:{OUT}"), ["internet"]),
        (flow("10.1.1.5", "203.0.113.2", 3128), []),
        (flow("10.1.1.5", OUT, source={"nat": {"ip": "203.0.113.2"}}), []),
        (flow("10.1.1.5", OUT, source={"nat": {"ip": "192.0.2.77"}}), ["internet"]),
        (flow("10.1.1.5", OUT, observer={"egress": {"interface": {"name": "eshdi"}}}), []),
        (flow("10.1.1.5", OUT, observer={"egress": {"interface": {"name": "wan"}}}), ["internet"]),
        (flow("10.1.1.5", OUT, network={"direction": "inbound"}), []),
        (flow("10.1.1.5", "172.16.9.9"), []),
        (flow("10.1.1.5", "fe80::1"), []),
        (flow("10.1.1.5", "239.1.1.1"), []),
        (flow(OUT, "10.1.1.5"), []),
        (flow(OUT, "203.0.113.200"), []),
        (flow("10.1.1.5", OUT, 50_000, source={"port": 443}), []),
        (flow("10.1.1.5", "no address"), []),
        ({**TCP, "source": {"ip": "10.1.1.5"}}, []),
        ({**TCP, "source": ["10.1.1.5"], "destination": {"ip": OUT}}, []),
        (flow("10.1.1.5", OUT, destination={"port": [443]}), ["internet"]),
        (flow("10.1.1.5", OUT, observer={"egress": {"interface": {"name": ["w"]}}}), ["internet"]),
    ],
    ids=[
        "private to public", "own public network", "IPv6", "IPv4 in IPv6", "to the gateway",
        "translated to the gateway's", "translated to another's", "the gateway's interface",
        "another interface", "inbound", "private to private", "link local", "multicast",
        "from outside", "both outside", "a server's answer", "no address", "one end", "odd end",
        "odd port", "odd interface",
    ],
)  # fmt: skip
def test_the_single_gateway(ecs: Json, told: list[str]) -> None:
    """What leaves for the Internet crosses unless it goes to, through or as the gateway."""
    assert [one for one in crossed(ecs) if one == "internet"] == told


@pytest.mark.parametrize(
    ("borders", "told"),
    [
        (Borders(), []),
        (Borders(gateways=BODY.gateways), ["internet"]),
        (Borders(gateway_interfaces=frozenset({"eshdi"})), ["internet"]),
        (Borders(past_gateway=True), ["internet"]),
        (Borders(gateway_sources=frozenset({"source"}), gateways=BODY.gateways), []),
    ],
    ids=["nothing known", "an address", "an interface", "known to be past", "its own record"],
)
def test_an_unknown_gateway_is_neither_used_nor_passed(borders: Borders, told: list[str]) -> None:
    """Only what is registered of the gateway lets a flow be told as past it."""
    assert crossed(flow("10.1.1.5", OUT), borders) == told


MAIL: Json = {"event": {"category": ["email"]}, "email": {"local_id": "1"}}


@pytest.mark.parametrize(
    ("ecs", "told"),
    [
        (flow("192.0.2.25", OUT, 25), True),
        (flow("192.0.2.25", OUT, 465), True),
        (flow("192.0.2.25", OUT, 587), True),
        (flow("192.0.2.25", OUT, 443), False),
        (flow("192.0.2.25", "203.0.113.25", 25), False),
        (flow("192.0.2.25", OUT, 25, source={"nat": {"ip": "203.0.113.25"}}), False),
        (flow(OUT, "192.0.2.25", 25), True),
        (flow(OUT, "192.0.2.25", 587), False),
        (flow("203.0.113.25", "192.0.2.25", 25), False),
        (flow("10.1.1.9", "192.0.2.25", 25), False),
        ({**MAIL, "destination": {"ip": OUT, "port": 25}}, True),
        ({**MAIL, "destination": {"ip": "203.0.113.25", "port": 25}}, False),
        ({**MAIL, "source": {"ip": OUT}}, True),
        ({**MAIL, "source": {"ip": "10.1.1.9"}}, False),
        ({**MAIL, "source": {"ip": "2001:db8:9::25"}, "destination": {"ip": "10.1.1.9"}}, True),
    ],
    ids=[
        "25 out", "465 out", "587 out", "another port", "to the gateway", "as the gateway",
        "25 in", "a client hands in", "from the gateway", "within", "a server's word, out",
        "a server's word, gateway", "a server's word, in", "a server's word, within", "IPv6 in",
    ],
)  # fmt: skip
def test_the_mail_gateway(ecs: Json, told: bool) -> None:
    """Mail with the outside crosses unless one end is the mail gateway; clients' mail does not."""
    assert ("mail" in crossed(ecs)) is told


def test_the_mail_gateways_own_records_cross_nothing() -> None:
    """What the gateway tells of itself is no way past it."""
    assert "mail" not in crossed(flow("192.0.2.25", OUT, 25), source_id="mailgw")


@pytest.mark.parametrize(
    ("source", "destination", "told"),
    [
        ("10.200.1.1", OUT, True),
        (OUT, "10.200.1.1", True),
        ("192.168.50.4", "10.200.1.1", True),
        ("10.200.1.1", "10.200.9.9", False),
        ("10.200.1.1", "10.1.1.1", False),
        ("10.200.1.1", "10.9.9.2", False),
        ("10.200.1.1", "203.0.113.2", False),
        ("10.1.1.1", OUT, False),
    ],
    ids=[
        "to the Internet", "from the Internet", "from an open segment", "within", "to an inner one",
        "over the joint", "over the gateway", "another segment",
    ],
)  # fmt: skip
def test_the_transport_network(source: str, destination: str, told: bool) -> None:
    """The transport network and a public one cross where they speak past the joints."""
    assert ("transport" in crossed(flow(source, destination))) is told


@pytest.mark.parametrize(
    ("source", "destination", "told"),
    [
        ("198.51.100.3", "10.1.1.9", ["integration"]),
        ("10.1.1.9", "10.77.0.4", ["integration"]),
        ("203.0.113.80", "10.1.1.9", []),
        (OUT, "10.1.1.9", []),
        ("198.51.100.3", OUT, []),
    ],
    ids=["a peer comes", "we go, over a private line", "the gateway comes", "a reader", "others"],
)
def test_the_integration_gateway(source: str, destination: str, told: list[str]) -> None:
    """A peer that speaks with the inside without the gateway crosses."""
    assert crossed(flow(source, destination)) == told


@pytest.mark.parametrize(
    ("geo", "port", "told"),
    [
        ({"country_iso_code": "DE"}, 5432, True),
        ({"country_iso_code": "DE"}, 443, False),
        ({"country_iso_code": "KZ"}, 5432, False),
        ({"country_iso_code": "kz"}, 5432, False),
        ({"country_name": "Netherlands"}, 5432, True),
        ({"country_name": "Kazakhstan"}, 5432, False),
        ({}, 5432, False),
    ],
    ids=["abroad", "another port", "home", "home in small", "by name", "home by name", "unknown"],
)
def test_records_that_go_abroad(geo: Json, port: int, told: bool) -> None:
    """A database abroad is one whose country is known and is not this one."""
    ecs = flow("10.1.1.9", OUT, port, destination={"geo": geo})
    assert ("records" in crossed(ecs)) is told


@pytest.mark.parametrize(
    ("ecs", "told"),
    [
        (flow(OUT, "192.0.2.1", 22, source=FAR), True),
        (flow(OUT, "192.0.2.1", 53, source=FAR), False),
        (flow(OUT, "192.0.2.1", 22), False),
        (flow("192.0.2.1", OUT, 22, source=FAR), False),
        ({"event": {"category": ["configuration"]}, "source": {"ip": OUT, **FAR}}, True),
        ({"event": {"category": "authentication"}, "source": {"ip": OUT, **FAR}}, True),
        ({"event": {"category": ["web"]}, "source": {"ip": OUT, **FAR}}, False),
    ],
    ids=[
        "a session",
        "another port",
        "unknown country",
        "outward",
        "a change",
        "a logon",
        "a page",
    ],
)
def test_control_from_abroad(ecs: Json, told: bool) -> None:
    """A session on a port of management, a logon or a change from abroad crosses."""
    assert ("control" in crossed(ecs)) is told


def named(name: str, **more: Any) -> Json:
    return {"tls": {"client": {"server_name": name}}, "destination": {"ip": OUT, **FAR}, **more}


def page(scheme: str, status: int) -> Json:
    answer = {"response": {"status_code": status}}
    return {"url": {"domain": "example.kz", "scheme": scheme}, "http": answer}


def certificate(end: str) -> Json:
    return {"file": {"x509": {"alternative_names": ["a.example.kz"], "not_after": end}}}


@pytest.mark.parametrize(
    ("ecs", "told"),
    [
        (named("www.Example.kz."), ["domain"]),
        (named("портал.қаз"), ["domain"]),
        (named("notexample.kz"), []),
        (named("example.com"), []),
        (page("http", 200), ["certificate"]),
        (page("http", 301), []),
        (page("https", 200), []),
        (certificate("2026-03-01T00:00:00Z"), ["certificate"]),
        (certificate("2026-03-03T00:00:00Z"), []),
        (certificate("soon"), []),
    ],
    ids=[
        "abroad", "Cyrillic", "ends alike", "another", "plain answer", "sent on", "TLS",
        "past its day", "its last day", "no date",
    ],
)  # fmt: skip
def test_own_names_under_kz(ecs: Json, told: list[str]) -> None:
    """An own name crosses where it is served abroad, or without a valid certificate."""
    assert crossed(ecs, SITE) == told


def test_a_certificate_that_was_not_accepted() -> None:
    """What the sensor says of a certificate counts."""
    one = event({"tls": {"client": {"server_name": "example.kz"}}, "destination": {"ip": OUT}})
    for word, told in (("ok", []), ("certificate has expired", ["certificate"])):
        one.native = {"validation_status": word}
        assert crossings(one, SITE) == told


_TREES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.integers() | st.booleans() | st.sampled_from(["", "10.1.1.1", OUT, "::1", "KZ"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["ip", "port", "geo", "nat", "interface", "egress", "name", "client", "x509",
                 "not_after", "server", "country_iso_code", "category", "domain", "direction"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)  # fmt: skip


@given(
    st.dictionaries(
        st.sampled_from(["event", "network", "observer", "http", "email", *sorted(BODY.needs)]),
        _TREES,
    )
)
def test_any_tree_gives_an_answer(ecs: Json) -> None:
    """Whatever stands in an event gives known words, and the same ones again."""
    words = {"internet", "mail", "transport", "integration", "records", "control", "domain",
             "certificate"}  # fmt: skip
    told = crossed(ecs)
    assert set(told) <= words
    assert crossed(ecs) == told == sorted(told)


@pytest.mark.parametrize("borders", [BODY, Borders(gateways=BODY.gateways, control=True)])
def test_an_event_without_what_is_needed_crosses_nothing(borders: Borders) -> None:
    """What lets an event be passed over unasked is no reason to miss a crossing."""
    whole = {**named("example.kz"), **page("http", 200), **certificate("2026-01-01T00:00:00Z")}
    whole |= {**MAIL, **flow("10.1.1.5", OUT, 25), "network": {"protocol": "smtp"}}
    rest = {name: part for name, part in whole.items() if name not in borders.needs}
    assert crossed(rest, borders) == []


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream of new addresses does not fill the memory, and changes no answer."""
    monkeypatch.setattr("pipeline.normalize.enrichment.crossings._MOST_REMEMBERED", 16)
    borders = Borders(gateways=BODY.gateways)
    for number in range(100):
        assert crossed(flow(f"10.0.0.{number}", f"198.51.100.{number}"), borders) == ["internet"]
    assert len(borders._remembered) <= 16
