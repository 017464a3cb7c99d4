"""Tests of an assessment in words."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import pytest

from pipeline.assess import Case, Moments, assess, labels_for, terms_due
from pipeline.assess.applied import apply_case
from pipeline.assess.assessment import case_flags
from pipeline.assess.case_file import read_cases
from pipeline.assess.explain import Explained, Explainer
from pipeline.assess.reason_texts import reason_texts
from pipeline.documents import read_yaml
from pipeline.model import Tri
from pipeline.registry import load_registry
from tests.assess.making import (
    ATTEMPT,
    EXAMPLES,
    HOUR,
    INCIDENT,
    KZ,
    UNDECIDED,
    case,
    finding,
    kz,
    labels,
    plant,
    world,
)
from tests.registry.making import AT, RULES

TEXTS = reason_texts(KZ)
CRITICAL = {"critical": {"sector": "electricity", "list_ref": "1", "listed_at": "2024-01-01"}}


def explained(given: Case, language: str = "en") -> list[Explained]:
    """Explain a case under the Kazakh pack."""
    return Explainer(kz().at(AT), language, TEXTS)(assess(given))


def many_cases() -> Sequence[Case]:
    """Give cases that between them bring every reason that an assessment gives."""
    dumped = labels_for(kz(), ["attack.t1003", "saqshy.harm.copy"], outcome="failure")
    several = [finding(INCIDENT, number) for number in range(5)]
    serial = [finding(INCIDENT, n, first_event_at=AT + n, last_event_at=AT + n) for n in range(2)]
    said = [INCIDENT, UNDECIDED, ATTEMPT, dumped, labels(act_leak="yes"), labels()]
    found = [case(one) for one in said]
    found += [case(several), case(serial), case([])]
    found += [case(labels(failure="yes", act_disruption="yes"), regime="emergency")]
    found += [case(labels(failure="yes", act_leak="yes", origin="external", intent="both"))]
    found += [case(INCIDENT, plant(attestation=None)), case(INCIDENT, plant(parties={}))]
    found += [case(INCIDENT, plant(restriction="state_secret"))]
    found += [case(INCIDENT, plant(restriction="unknown"))]
    found += [
        replace(case(INCIDENT), marked=marked, suspected=suspected)
        for marked, suspected in product(Tri, Tri)
    ]
    found += [replace(case(INCIDENT), at=0), replace(case(INCIDENT), object=None)]
    found += [replace(case(ATTEMPT), reporter="response_service")]
    found += [replace(case(INCIDENT), registry=world(plant()))]
    return found


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
    lines = explained(case(INCIDENT), language)
    assert (lines[0].subject, lines[0].value) == (verdict, answer)
    assert lines[0].basis == "kz-418-V/1(31)"
    assert severity in {line.value for line in lines}
    assert role in {line.subject for line in lines}
    assert all(line.basis for line in lines if line.section in {"verdict", "limb", "act", "axis"})


def test_every_element_is_explained_with_its_reason() -> None:
    """Limbs, acts, attributes, axes, weight, aims, guard, legs, versions: nothing is left out."""
    given = case(labels(failure="yes", act_leak="yes", intent="unauthorised"))
    found = assess(given)
    lines = explained(given)
    elements = {(line.section, line.element) for line in lines}
    limbs = {name for name in found.predicate if name != "harms"}
    harms = found.predicate["harms"]
    assert isinstance(harms, dict)
    assert {("limb", name) for name in limbs} <= elements
    assert {("limb", f"harms.{name}") for name in harms} <= elements
    assert ("act", "leak") in elements
    attributes = ("intent", "origin", "reality", "occurrence", "rsit")
    assert {("attribute", name) for name in attributes} <= elements
    assert {("axis", axis) for axis in ("PUB", "MIL", "POL", "ECO", "INF", "ENV")} <= elements
    assert {("weight", name) for name in ("severity", "priority", "scope")} <= elements
    assert {("aim", name) for name in found.aims} <= elements
    assert ("guard", "guard") in elements
    assert {("version", name) for name in found.versions} <= elements
    assert {leg.party_id for leg in found.route} <= {line.value for line in lines}
    assert all(line.reason and line.value for line in lines)


@pytest.mark.parametrize("language", ["kk", "ru"])
@pytest.mark.parametrize("number", range(len(many_cases())))
def test_no_reason_stays_english(language: str, number: int) -> None:
    """Whatever an assessment says as a reason has a text in Kazakh and in Russian."""
    given = many_cases()[number]
    told = explained(given, language)
    english = explained(given)
    assert [line.element for line in told] == [line.element for line in english]
    same = [
        (line.section, line.element, line.reason)
        for line, other in zip(told, english, strict=True)
        if line.reason == other.reason and any(char.isalpha() for char in line.reason)
    ]
    assert same == []
    for line in told:
        stripped = line.reason.replace("Rule", "").split("[")[0]
        assert "finding" not in stripped
        assert " the " not in f" {stripped} "


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_what_is_due_is_told_with_its_row_or_the_by_law_that_is_missing(language: str) -> None:
    """Every term has its reason and who set it; a number that only a by-law gives stays open."""
    file = EXAMPLES / "critical-intrusion.yml"
    known = load_registry([RULES / "objects"])
    (named,) = read_cases(read_yaml(file), kz(), known)
    applied = apply_case(named)
    lines = Explainer(kz().at(applied.at), language, TEXTS).due(applied.due)
    assert len(lines) == len(applied.due) > 2
    assert all(line.reason and line.basis and line.set_by for line in lines)
    open_ended = [line for line in lines if line.value == "-"]
    assert [line.basis for line in open_ended] == ["kz-418-V/17(2-1)(3)"]
    rules = kz().at(AT).names_of("by_laws", "monitoring_rules")
    assert rules is not None
    assert str(getattr(rules, language)) in open_ended[0].reason


def test_where_labels_come_from_is_told_part_by_part() -> None:
    """A finding's evidence names tag, technique and outcome, each with its reason in words."""
    said = labels_for(kz(), ["attack.t1003", "saqshy.harm.copy"], outcome="failure")
    text = Explainer(kz().at(AT), "ru", TEXTS).evidence(finding(said))
    assert "собственная метка правила saqshy.harm.copy" in text
    assert "T1003: хранилище учётных данных прочитано" in text
    assert "исход: неудача; каждое его событие говорит об отказе" in text


def test_a_silence_of_the_pack_is_no_gap() -> None:
    """A name that the pack of a revision does not know stands as it is."""
    found = replace(assess(case(INCIDENT)), scope="galactic", priority="soon", severity="odd")
    values = {line.element: line.value for line in Explainer(kz().at(AT), "kk", TEXTS)(found)}
    assert (values["scope"], values["priority"], values["severity"]) == ("galactic", "soon", "odd")


def test_duties_of_others_are_told_as_theirs() -> None:
    """The holder's own clock is shown beside the centre's."""
    given = case(INCIDENT, plant(**CRITICAL))
    moments = Moments(opened=AT, closed=AT + HOUR)
    owed = terms_due(kz(), assess(given), moments, case_flags(given))
    lines = Explainer(kz().at(AT), "en", TEXTS).due(owed)
    assert any("(holder)" in line.subject for line in lines)
    assert any(line.subject.startswith("final report") for line in lines)
