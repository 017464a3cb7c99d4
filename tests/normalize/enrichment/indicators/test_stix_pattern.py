"""The look-ups in STIX patterns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.normalize.enrichment.indicators.stix_pattern import Unsupported, pattern_values

MD5, SHA1 = "d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709"
# STIX 2.1, section 9.8 (examples) and 9.5 (comparison operators).
READ = {
    "an address": ("[ipv4-addr:value = '198.51.100.7']", [("ip", "198.51.100.7")]),
    "a network": ("[ipv4-addr:value = '198.51.100.0/24']", [("network", "198.51.100.0/24")]),
    "a subset": ("[ipv4-addr:value ISSUBSET '198.51.100.0/24']", [("network", "198.51.100.0/24")]),
    "a network of one": ("[ipv4-addr:value = '198.51.100.7/32']", [("ip", "198.51.100.7")]),
    "IPv6 in another form": ("[ipv6-addr:value = '2001:DB8:0::9']", [("ip", "2001:db8::9")]),
    "a name": ("[domain-name:value = 'C2.Example.ORG']", [("domain", "c2.example.org")]),
    "a Cyrillic name": ("[domain-name:value = 'зло.қаз']", [("domain", "xn--g1aij.xn--80ao21a")]),
    "a URL": (
        "[url:value = 'HTTP://Example.org:80/A?b=c#d']",
        [("url", "http://example.org/A?b=c")],
    ),
    "a mail address": ("[email-addr:value = 'A.B@Example.ORG']", [("email", "A.B@example.org")]),
    "a hash": (f"[file:hashes.MD5 = '{MD5.upper()}']", [("hash", MD5)]),
    "a quoted hash name": (f"[file:hashes.'SHA-1' = '{SHA1}']", [("hash", SHA1)]),
    "a set": (
        "[ipv4-addr:value IN ('192.0.2.1', '192.0.2.2')]",
        [("ip", "192.0.2.1"), ("ip", "192.0.2.2")],
    ),
    "alternatives inside": (
        "[ipv4-addr:value = '192.0.2.1' OR domain-name:value = 'a.example.org']",
        [("ip", "192.0.2.1"), ("domain", "a.example.org")],
    ),
    "alternatives outside": (
        "[ipv4-addr:value='192.0.2.1']OR[url:value='http://example.org']",
        [("ip", "192.0.2.1"), ("url", "http://example.org/")],
    ),
    "hashes of one file": (
        f"[file:hashes.MD5 = '{MD5}' AND file:hashes.'SHA-1' = '{SHA1}']",
        [("hash", MD5), ("hash", SHA1)],
    ),
    "an end of a connection": (
        "[network-traffic:dst_ref.value = '192.0.2.1']",
        [("ip", "192.0.2.1")],
    ),
    "an end of a connection and its type": (
        "[network-traffic:dst_ref.type='ipv4-addr' AND network-traffic:dst_ref.value='192.0.2.1']",
        [("ip", "192.0.2.1")],
    ),
    "a network and its type": (
        "[network-traffic:src_ref.type='ipv4-addr' AND network-traffic:src_ref.value='10.0.0.0/8']",
        [("network", "10.0.0.0/8")],
    ),
    "a hash with its file's name and size": (
        f"[file:name = 'a.exe' AND file:size = 7 AND file:hashes.MD5 = '{MD5}']",
        [("hash", MD5)],
    ),
    "hashes of two files": (
        f"[file:hashes.MD5='{MD5}' OR file:hashes.MD5='{MD5}' AND file:hashes.'SHA-1'='{SHA1}']",
        [("hash", MD5), ("hash", SHA1)],
    ),
    "an escaped quote": (
        r"[url:value = 'http://example.org/\'x\\']",
        [("url", "http://example.org/'x\\")],
    ),
}
UNSUPPORTED = {
    "a conjunction": ("[ipv4-addr:value = '192.0.2.1' AND url:value = 'http://a.kz/']", "AND"),
    "a type without its address": (
        "[network-traffic:dst_ref.type = 'ipv4-addr']",
        "network-traffic:dst_ref.type",
    ),
    "a file's name alone": ("[file:name = 'a.exe']", "file:name"),
    "a file's name or a hash": (f"[file:name = 'a' OR file:hashes.MD5 = '{MD5}']", "file:name"),
    "a port": (
        "[network-traffic:dst_ref.value = '192.0.2.1' AND network-traffic:dst_port = 443]",
        "network-traffic:dst_port",
    ),
    "an order": (
        "[ipv4-addr:value = '192.0.2.1'] FOLLOWEDBY [url:value = 'http://a.kz/']",
        "FOLLOWEDBY",
    ),
    "a window": ("[ipv4-addr:value = '192.0.2.1'] WITHIN 5 SECONDS", "WITHIN"),
    "a likeness": ("[domain-name:value LIKE '%.example.org']", "LIKE"),
    "a regular expression": ("[domain-name:value MATCHES '.*']", "MATCHES"),
    "a negation": ("[domain-name:value NOT = 'a.kz']", "NOT"),
    "an inequality": ("[domain-name:value != 'a.kz']", "!="),
    "another property": ("[process:command_line = 'x']", "process:command_line"),
    "a bracket": ("[(ipv4-addr:value = '192.0.2.1')]", "( )"),
    "no address": ("[ipv4-addr:value = '192.0.2.256']", "no value of ipv4-addr:value"),
    "half of all addresses": ("[ipv4-addr:value = '0.0.0.0/0']", "no value of ipv4-addr:value"),
    "a number": ("[ipv4-addr:value = 7]", "a constant that is no text"),
    "nothing": ("", "syntax at its end"),
    "an open bracket": ("[ipv4-addr:value = '192.0.2.1'", "syntax at its end"),
    "an open quote": ("[ipv4-addr:value = '192.0.2.1]", "a constant that is no text"),
}


@pytest.mark.parametrize(("pattern", "values"), READ.values(), ids=READ)
def test_equality_is_read(pattern: str, values: list[tuple[str, str]]) -> None:
    """Equality, sets and subsets on what events carry become values to look up."""
    assert pattern_values(pattern) == values


@pytest.mark.parametrize(("pattern", "name"), UNSUPPORTED.values(), ids=UNSUPPORTED)
def test_what_is_no_look_up_is_named(pattern: str, name: str) -> None:
    """A pattern that asks for more says what it asks for, and gives nothing."""
    with pytest.raises(Unsupported) as raised:
        pattern_values(pattern)
    assert str(raised.value) == name


@given(
    pattern=st.text(alphabet="[]()'\\=, ANDORIS:-.vipalu40\n", max_size=200) | st.text(max_size=100)
)
def test_any_text_is_read_or_named(pattern: str) -> None:
    """Whatever a feed sends, it gives values or the name of what is not supported."""
    try:
        told = [value for _, value in pattern_values(pattern)]
    except Unsupported as reason:
        told = [str(reason)]
    assert all(0 < len(one) < 2100 for one in told)


def test_a_long_pattern_costs_what_it_is_long() -> None:
    """Patterns made to be slow come to an end."""
    for pattern in (
        "[" * 60_000,
        "'" * 60_000,
        "[a:b" + "'x" * 30_000,
        "[" + "a" * 60_000,
        "\\" * 60_000,
    ):
        with pytest.raises(Unsupported):
            pattern_values(pattern)
