"""Tests of case files: what is absent is unknown, what is wrong is told with its line."""

from pathlib import Path

import pytest

from pipeline.assess.applied import Applied, apply_case
from pipeline.assess.case_file import read_cases
from pipeline.documents import parse_yaml, read_yaml
from pipeline.errors import ConfigurationError
from pipeline.model import Tri, instant
from pipeline.registry import load_registry
from tests.assess.making import EXAMPLES, kz
from tests.registry.making import RULES

KNOWN = load_registry([RULES / "objects"])
OBJECT = """\
objects:
  - id: plant
    restriction: none
    parties: {infrastructure: {owner: firm, holder: firm}}
    attestation: {attested_open_by: Head, at: 2025-01-01}
"""


def applied(text: str, *, known: bool = False) -> list[Applied]:
    """Judge the cases of a text."""
    document = parse_yaml(text, "case.yml")
    return [apply_case(one) for one in read_cases(document, kz(), KNOWN if known else None)]


def test_what_is_absent_is_unknown() -> None:
    """A case that says nothing has every limb unknown, and an unknown mark is never open."""
    (found,) = applied(f"at: 2026-03-02T12:00:00Z\n{OBJECT}facts: {{object: plant}}\n")
    assert found.assessment.is_incident is Tri.UNKNOWN
    assert set(found.assessment.acts.values()) == {Tri.UNKNOWN}
    assert found.assessment.guard == "stub"


@pytest.mark.parametrize("word", ["yes", "'yes'", "Yes", "true", '"yes"'])
def test_yaml_and_json_yes_are_the_same(word: str) -> None:
    """However a yes is written, it is a yes."""
    facts = f"facts: {{failure: {word}, harms: {{copy: {word}}}}}\n"
    (found,) = applied(f"at: 2026-03-02T12:00:00Z\n{OBJECT}{facts}")
    assert found.assessment.is_incident is Tri.YES


def test_a_date_is_a_day_of_the_packs_zone() -> None:
    """A bare date begins at midnight where the law holds."""
    (found,) = applied(f"at: 2026-03-02\n{OBJECT}facts: {{failure: no}}\n")
    assert found.at == instant("2026-03-01T19:00:00Z")


def test_several_facts_are_several_cases() -> None:
    """A list of facts gives a case each, in its order."""
    text = f"at: 2026-03-02\n{OBJECT}facts:\n  - {{failure: yes}}\n  - {{failure: no}}\n"
    assert [one.assessment.is_incident for one in applied(text)] == [Tri.UNKNOWN, Tri.NO]


def test_findings_of_one_object_are_one_case() -> None:
    """The facts follow from the labels of all its findings."""
    text = (
        f"at: 2026-03-02\n{OBJECT}findings:\n"
        "  - {labels: {failure: yes}}\n  - {labels: {harms: [copy]}, event_count: 3}\n"
    )
    (found,) = applied(text)
    assert found.assessment.is_incident is Tri.YES
    assert found.assessment.guard == "open"


def test_roles_of_the_file_stand_before_those_of_the_registry() -> None:
    """A file that brings its own coordination centre is told by that one alone."""
    party = "parties: [{id: my-ncc, names: {kk: a, ru: b}, roles: [ncc]}]\n"
    text = f"at: 2026-03-02\n{OBJECT}{party}facts: {{failure: yes, harms: [copy]}}\n"
    (found,) = applied(text, known=True)
    assert [leg.party_id for leg in found.assessment.route if leg.role == "ncc"] == ["my-ncc"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("facts: {object: x}\n", "at: is missing"),
        ("at: soon\nfacts: {object: x}\n", "case.yml:1: at:"),
        ("at: 2026-03-02\n", "neither facts nor findings"),
        ("at: 2026-03-02\nfacts: {failure: yes}\n", "which object"),
        ("at: 2026-03-02\nregime: panic\nfacts: {object: x}\n", "case.yml:2: regime:"),
        ("at: 2026-03-02\nreporter: me\nfacts: {object: x}\n", "case.yml:2: reporter:"),
        ("at: 2026-03-02\nfacts: {object: x, failre: yes}\n", "did you mean 'failure'?"),
        ("at: 2026-03-02\nfacts: {object: x, failure: perhaps}\n", "facts.0.failure"),
        ("at: 2026-03-02\nfacts:\n  object: x\n  harms:\n    theft: yes\n", "case.yml:5: harms:"),
        ("at: 2026-03-02\nfacts: {object: x, acts: [theft]}\n", "acts: nothing is named 'theft'"),
        ("at: 2026-03-02\nfacts: {object: x, intent: evil}\n", "intent cannot be 'evil'"),
        ("at: 2026-03-02\nobjects: [{id: x, colour: red}]\nfacts: {}\n", "case.yml:2"),
        ("- 1\n", "case.yml"),
    ],
)
def test_a_wrong_case_is_told_with_its_line(text: str, message: str) -> None:
    """Every mistake in a case file is an error, never an answer."""
    with pytest.raises(ConfigurationError) as caught:
        applied(text)
    assert any(message in str(one) for one in caught.value.problems), caught.value.problems


def judged(name: str) -> Applied:
    """Judge one of the bundled examples."""
    (case,) = read_cases(read_yaml(EXAMPLES / name), kz(), KNOWN)
    return apply_case(case)


@pytest.mark.parametrize(
    ("name", "verdict", "severity", "guard", "told"),
    [
        ("critical-intrusion.yml", "yes", "high", "open", ["holder tec-holder", "ncc kz-ncc"]),
        ("insider-copy.yml", "unknown", "medium", "open", ["duty_officer duty"]),
        ("response-service-threat.yml", "no", "low", "open",
         ["holder dala-bank", "ncc kz-ncc", "owner dala-bank"]),
        ("marked-record.yml", "yes", "high", "stub", ["holder archive-agency", "ncc kz-ncc"]),
        ("unattested.yml", "yes", "medium", "hold",
         ["duty_officer centre-duty", "holder foundry", "ncc kz-ncc"]),
        ("hosted-findings.json", "yes", "high", "open",
         ["holder dc-holder", "hosted_holder clinic-holder", "hosted_owner clinic-owner",
          "ncc kz-ncc"]),
    ],
)  # fmt: skip
def test_the_bundled_cases_end_as_they_say(
    name: str, verdict: str, severity: str, guard: str, told: list[str]
) -> None:
    """Each example shows what its comment says."""
    found = judged(name).assessment
    assert (found.is_incident.value, found.severity, found.guard) == (verdict, severity, guard)
    assert sorted(f"{leg.role} {leg.party_id}" for leg in found.route) == told


def test_every_bundled_case_is_in_the_table() -> None:
    """No example is left out of the tests."""
    assert len(list(EXAMPLES.iterdir())) == 6


def test_notices_say_what_the_guard_makes_of_them() -> None:
    """Held legs are held, the duty officer is paged with the stub, and clocks are another's."""
    document = judged("unattested.yml").document()
    states = {one["recipient"]["role"]: one["state"] for one in document["notices"]}
    assert states == {"holder": "held", "ncc": "held", "duty_officer": "pending"}
    document = judged("critical-intrusion.yml").document()
    assert {one["state"] for one in document["notices"]} == {"pending"}
    assert [one["missing"] for one in document["clocks"]] == ["", "", "monitoring_rules"]
    assert document["at"] == "2026-03-02T16:40:00Z"


def test_a_secret_object_is_told_to_nobody(tmp_path: Path) -> None:
    """A case may say what the registry has no word for: the machine tells nobody."""
    text = (
        "at: 2026-03-02\nobjects:\n  - {id: x, restriction: state_secret}\n"
        "facts: {failure: yes, harms: [copy], secrecy: {marked: no, suspected: no}}\n"
    )
    (tmp_path / "case.yml").write_text(text, encoding="utf-8")
    (case,) = read_cases(read_yaml(tmp_path / "case.yml"), kz(), KNOWN)
    found = apply_case(case)
    assert found.assessment.guard == "hold"
    assert [leg.role for leg in found.assessment.route] == ["duty_officer"]
