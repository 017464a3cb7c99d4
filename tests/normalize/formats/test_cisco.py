"""Messages of Cisco's devices beyond the reviewed records, and rules of SigmaHQ on them."""

import tarfile

import pytest
from hypothesis import given

from pipeline.match import Matcher
from pipeline.normalize.cisco.asa import wordings as asa
from pipeline.normalize.cisco.ios import wordings as ios
from pipeline.normalize.cisco.said import GROUPS, MOST_CHARACTERS
from tests.match.material import content_of, taxonomy
from tests.match.sigmahq import RULES, need
from tests.normalize.mutations import broken, expect_one_outcome
from tests.normalize.reading import at, event_of


def test_every_part_of_every_wording_has_a_name() -> None:
    """What a message's pattern finds is kept under a name, and no placeholder is left."""
    for number, one in {**asa(), **ios()}.items():
        assert set(one.pattern.groupindex) <= set(GROUPS), number


def test_an_unknown_wording_keeps_code_and_text() -> None:
    """A message worded otherwise than the guide says is an event of its code."""
    event = event_of("%ASA-6-302013: Built something else")
    assert at(event.ecs, "event.code") == "ASA-6-302013"
    assert at(event.ecs, "message") == "%ASA-6-302013: Built something else"


def test_a_message_too_long_is_not_read_by_its_wording() -> None:
    """What is longer than any message of the guide keeps its code and its text."""
    event = event_of("%ASA-6-106015: Deny TCP (no connection) from " + "a" * MOST_CHARACTERS)
    assert "source" not in event.ecs


@pytest.mark.parametrize(
    ("rule", "record"),
    [
        (
            "rules/network/cisco/aaa/cisco_cli_disable_logging.yml",
            "<189>57: %PARSER-5-CFGLOG_LOGGEDCMD: User:admin  logged command:no logging buffered",
        ),
        (
            (
                "rules-emerging-threats/2023/Exploits/CVE-2023-20198/"
                "cisco_syslog_cve_2023_20198_ios_xe_web_ui.yml"
            ),
            (
                "<189>57: %SEC_LOGIN-5-WEBLOGIN_SUCCESS: Login Success [user: cisco_support] "
                "[Source: 198.51.100.66] at 09:00:05 UTC Mon Mar 2 2026"
            ),
        ),
        (
            "rules-emerging-threats/2017/TA/Equation-Group/net_firewall_apt_equationgroup_c2.yml",
            (
                "%ASA-4-106023: Deny tcp src inside:10.1.1.5/50 dst outside:89.185.234.145/443 by "
                'access-group "IN"'
            ),
        ),
    ],
)
def test_a_rule_of_sigmahq_fires(rule: str, record: str) -> None:
    """A rule on Cisco's devices or on any firewall sees what they send."""
    with tarfile.open(need(RULES)) as archive:
        stream = archive.extractfile(rule)
        assert stream is not None
        matcher = Matcher(content_of(stream.read().decode()), taxonomy())
    assert matcher.match(event_of(record))


@given(record=broken("cisco"))
def test_broken_records_come_to_an_end(record: bytes) -> None:
    """Whatever is done to a record, it gives an event or a failure."""
    expect_one_outcome(record, "auto")
    expect_one_outcome(record, "cisco")
