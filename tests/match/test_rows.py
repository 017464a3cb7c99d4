"""Rows of logs in their vendor's own text: the rules of SigmaHQ fire on them."""

import pytest

from pipeline.content import Content
from pipeline.match import Matcher
from pipeline.model import Event
from tests.match.material import taxonomy
from tests.normalize.reading import batch_of, normalized

IIS = b"#Software: Microsoft Internet Information Services 10.0\n#Fields: date time s-ip cs-method"
IIS += b" cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status"
PROXY = b"#Software: SGOS 7.3\n#Fields: date time time-taken c-ip cs-username s-action sc-status"
PROXY += b" cs-method cs-uri-scheme cs-host cs-uri-port cs-uri-path c-uri cs(User-Agent)"
EXCHANGE = b"#Log-type: HttpProxy Logs\n#Fields: DateTime,ClientIpAddress,UrlHost,UrlStem,UrlQuery"
EXCHANGE += b",Method,HttpStatus,UserAgent"
ROWS = {
    "IIS": (
        "Path Traversal Exploitation Attempts",
        IIS,
        (
            "2026-03-02 10:00:00 192.0.2.1 GET /x ../../../../../lib/password 443 - 198.51.100.9 "
            "Mozilla/5.0+(X11) - 200"
        ),
    ),
    "IIS, an agent with blanks": (
        "Suspicious User-Agents Related To Recon Tools",
        IIS,
        "2026-03-02 10:00:00 192.0.2.1 GET / - 443 - 198.51.100.9 Wfuzz/3.1.0 - 404",
    ),
    "ProxySG": (
        "Rclone Activity via Proxy",
        PROXY,
        (
            "2026-03-02 10:00:00 12 10.0.0.5 aliya TCP_MISS 200 GET https files.example.org 443 /a "
            "https://files.example.org/a rclone/v1.60"
        ),
    ),
    "Exchange HttpProxy": (
        "Exchange ProxyShell Pattern",
        EXCHANGE,
        (
            "2026-03-02T10:00:00.000Z,198.51.100.9,mail.example.kz,/autodiscover/autodiscover.json,"
            "?@example.kz/powershell/&Email=autodiscover/autodiscover.json,POST,401,python-requests"
        ),
    ),
    "Windows DNS debug log": (
        "Cobalt Strike DNS Beaconing",
        b"",
        (
            "3/2/2026 3:00:00 PM 0E90 PACKET  00000000028657F0 UDP Rcv 10.0.0.5        0002   Q "
            "[0001   D   NOERROR] A      (3)aaa(5)stage(4)1234(7)example(0)"
        ),
    ),
}


@pytest.fixture(scope="module")
def every_rule(sigmahq: Content) -> Matcher:
    """All rules of SigmaHQ."""
    return Matcher(sigmahq, taxonomy())


@pytest.mark.parametrize(("title", "preamble", "record"), ROWS.values(), ids=ROWS)
def test_a_row_fires_the_rule_of_its_log(
    every_rule: Matcher, title: str, preamble: bytes, record: str
) -> None:
    """A rule on web servers, proxies or names fires on the row that its vendor writes."""
    (event,) = normalized(batch_of(record, preamble=preamble))
    assert isinstance(event, Event)
    rules = every_rule.content.rules
    assert title in {rules[match.rule_id].title for match in every_rule.match(event)}
