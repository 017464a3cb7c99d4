"""Tests of an assessment in words."""

import pytest

from pipeline.assess import assess
from pipeline.assess.explain import Explainer
from tests.assess.making import INCIDENT, case, kz
from tests.registry.making import AT


@pytest.mark.parametrize(
    ("language", "verdict", "answer", "severity", "role"),
    [
        ("kk", "ақпараттық қауіпсіздіктің оқыс оқиғасы", "иә", "орташа", "иеленуші"),
        ("ru", "инцидент информационной безопасности", "да", "средняя", "владелец"),
        ("en", "information security incident", "yes", "medium", "holder"),
    ],
)
def test_an_assessment_is_explained_in_each_language(
    language: str, verdict: str, answer: str, severity: str, role: str
) -> None:
    """Verdict, limbs, weight and legs are told by the glossary, each with reason and ground."""
    lines = Explainer(kz().at(AT), language)(assess(case(INCIDENT)))
    assert (lines[0].subject, lines[0].value) == (verdict, answer)
    assert lines[0].basis == "kz-418-V/1(31)"
    by_value = {line.value for line in lines}
    assert severity in by_value
    assert role in {line.subject for line in lines}
    assert all(line.basis for line in lines[:9])


def test_every_limb_and_leg_is_explained() -> None:
    """Eight limbs, every answered act, every leg: nothing of the verdict is left out."""
    found = assess(case(INCIDENT))
    lines = Explainer(kz().at(AT))(found)
    assert len([line for line in lines if line.basis == "kz-418-V/1(31)"]) == 9
    assert {leg.party_id for leg in found.route} <= {line.value for line in lines}
