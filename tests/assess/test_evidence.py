"""Tests of what findings say together."""

import pytest

from pipeline.assess import assess
from pipeline.assess.evidence import gather
from pipeline.model import Finding, Labels, Limb, Tri
from tests.assess.making import case, finding, kz, labels
from tests.registry.making import AT

VIEW = kz().at(AT)


def holds(findings: list[Finding], key: str) -> Tri:
    """Give one limb's answer."""
    stored = {limb.key: one.holds for limb, one in gather(VIEW, findings).limbs}
    return stored.get(key, Tri.UNKNOWN)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param([], Tri.UNKNOWN, id="nobody"),
        pytest.param([Tri.UNKNOWN], Tri.UNKNOWN, id="unknown"),
        pytest.param([Tri.NO], Tri.NO, id="no"),
        pytest.param([Tri.NO, Tri.NO], Tri.NO, id="all-say-no"),
        pytest.param([Tri.NO, Tri.UNKNOWN], Tri.UNKNOWN, id="one-does-not-know"),
        pytest.param([Tri.NO, None], Tri.UNKNOWN, id="one-is-silent"),
        pytest.param([Tri.NO, Tri.YES], Tri.YES, id="one-says-yes"),
        pytest.param([None, Tri.YES, Tri.UNKNOWN], Tri.YES, id="yes-among-silence"),
    ],
)
def test_one_yes_is_yes_and_only_all_nos_are_no(said: list[Tri | None], expected: Tri) -> None:
    """Silence denies nothing, whatever the order."""
    findings = [
        finding(Labels(harms={"copy": answer} if answer else {}), number)
        for number, answer in enumerate(said)
    ]
    assert holds(findings, "harms.copy") is expected
    assert holds(findings[::-1], "harms.copy") is expected


@pytest.mark.parametrize(
    ("act", "limb"),
    [
        ("unauthorised_access", "harms.obtain"),
        ("leak", "harms.obtain"),
        ("copying", "harms.copy"),
        ("destruction_loss", "harms.destroy"),
        ("blocking", "harms.block"),
        ("disruption", "functioning_threat"),
        ("subscriber_data_access", "harms.obtain"),
    ],
)
def test_an_act_answers_the_limb_that_it_cannot_be_without(act: str, limb: str) -> None:
    """What was done was possible; only a yes of the act and an unanswered limb make it so."""
    assert holds([finding(Labels(acts={act: Tri.YES}))], limb) is Tri.YES
    assert holds([finding(Labels(acts={act: Tri.UNKNOWN}))], limb) is Tri.UNKNOWN
    assert holds([finding(Labels(acts={act: Tri.NO}))], limb) is Tri.UNKNOWN
    harm = {limb.partition(".")[2]: Tri.NO} if "." in limb else {}
    denied = Labels(acts={act: Tri.YES}, harms=harm, functioning_threat=Tri.NO)
    assert holds([finding(denied)], limb) is Tri.NO


@pytest.mark.parametrize(
    ("attribute", "values", "expected"),
    [
        ("intent", ["unknown"], "unknown"),
        ("intent", ["unauthorised", "unknown"], "unauthorised"),
        ("intent", ["unauthorised", "unintentional"], "both"),
        ("origin", ["external", "internal"], "unknown"),
        ("origin", ["external", "external"], "external"),
        ("reality", ["potential", "real"], "real"),
        ("reality", ["potential"], "potential"),
        ("reality", [], "unknown"),
    ],
)
def test_attributes_join_as_the_pack_says(attribute: str, values: list[str], expected: str) -> None:
    """Findings that differ take the pack's mixed value."""
    findings = [finding(labels(**{attribute: value}), n) for n, value in enumerate(values)]
    assert gather(VIEW, findings).attributes[attribute] == expected


def test_a_limb_says_who_answers_it_on_which_ground() -> None:
    """Reasons name rules and where their labels come from, a few of many."""
    findings = [finding(labels(failure="yes", reason=f"why {n}"), n) for n in range(5)]
    ((_, limb),) = gather(VIEW, findings).limbs
    assert limb.reason == "shown by Rule 0 [why 0], Rule 1 [why 1], Rule 2 [why 2] and 2 more"
    assert limb.basis == "kz-418-V/1(31)"


def test_retracted_findings_say_nothing() -> None:
    """What late data refuted is no evidence any more."""
    findings = [finding(labels(failure="yes", harm_copy="yes"), 0, retracted=True)]
    judged = assess(case(findings))
    limb = judged.predicate["failure"]
    assert isinstance(limb, Limb)
    assert limb.holds is Tri.UNKNOWN
