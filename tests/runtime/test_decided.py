"""Cases judged under what persons decided of them."""

from functools import cache

import pytest

from pipeline.assess import Case, Pack, assess, load_pack
from pipeline.assess.case_file import read_cases
from pipeline.documents import parse_yaml
from pipeline.incidents.decisions import element_of, machine_says
from pipeline.model import Decision, Tri
from pipeline.runtime.configuration import bundled
from pipeline.runtime.decided import decided, sayable

CASE = """
at: 2026-03-02T20:45:00+05:00
objects:
  - id: bank
    names: {{kk: Банк, ru: Банк, en: Bank}}
    access: restricted
    restriction: none
    attestation: {{attested_open_by: A. Head, at: 2025-09-01, valid_until: 2030-12-31}}
    {more}
facts:
  failure: {failure}
  acts: {acts}
  harms: {harms}
  secrecy: {{marked: no, suspected: no}}
"""
WHY = "the account's owner was on leave"


@cache
def pack(name: str = "kz") -> Pack:
    """Read a bundled pack."""
    return load_pack(bundled("law") / name)


def case(
    failure: str = "unknown", harms: str = "{}", more: str = "", acts: str = "{leak: yes}"
) -> Case:
    """Make a case of a leak at a bank."""
    text = CASE.format(failure=failure, harms=harms, more=more, acts=acts)
    (named,) = read_cases(parse_yaml(text, "case.yml"), pack())
    return named.case


def word(given: Case, at: int = 1, **says: str) -> Decision:
    """Give a person's word on a case, beside what the assessment says of it."""
    named = {name.replace("__", "."): value for name, value in says.items()}
    machine = machine_says(assess(given), named)
    return Decision(at, "analyst/a", WHY, named, machine, ("facts",))


def test_without_a_word_the_assessment_is_the_machine_s() -> None:
    """No decisions: the very same assessment."""
    given = case()
    assert decided(given, ()) == assess(given)


def test_limbs_that_a_person_answers_make_the_verdict() -> None:
    """A failure and a harm that a person sees satisfy the predicate, and name who said so."""
    given = case()
    assert assess(given).is_incident is Tri.UNKNOWN
    judged = decided(given, [word(given, failure="yes", harms__distribute="yes")])
    assert judged.is_incident is Tri.YES
    assert judged.occurrence == "single"
    for name in ("failure", "harms.distribute"):
        assert element_of(judged, name) == "yes"
    assert WHY in judged.predicate["failure"].reason  # type: ignore[union-attr]
    assert judged.predicate["failure"].basis == "kz-418-V/1(31)"  # type: ignore[union-attr]


def test_a_person_s_no_beats_what_findings_say() -> None:
    """Denied by a person, a limb is no, and an act without it waits for a person as ever."""
    given = case(failure="yes", harms="{copy: yes}")
    assert assess(given).is_incident is Tri.YES
    judged = decided(given, [word(given, failure="no")])
    assert element_of(judged, "failure") == "no"
    assert judged.is_incident is Tri.UNKNOWN


def test_a_limb_denied_before_it_was_shown_is_shown() -> None:
    """A word on a limb does not outlast findings that come to show it."""
    before, after = case(), case(failure="yes", harms="{copy: yes}")
    judged = decided(after, [word(before, failure="no")])
    assert element_of(judged, "failure") == "yes"
    assert judged.is_incident is Tri.YES
    assert "shown otherwise" in judged.predicate["failure"].reason  # type: ignore[union-attr]


VERDICTS = [
    ("yes where a limb is denied", "no", "yes", Tri.YES),
    ("yes where it is unknown", "unknown", "yes", Tri.YES),
    ("no where it is unknown", "unknown", "no", Tri.NO),
    ("no where the machine says yes", "yes", "no", Tri.NO),
]


@pytest.mark.parametrize(
    ("failure", "verdict", "wanted"),
    [row[1:] for row in VERDICTS],
    ids=[row[0] for row in VERDICTS],
)
def test_a_verdict_stands_in_the_predicate_s_place(failure: str, verdict: str, wanted: Tri) -> None:
    """Route and floors follow from a person's verdict as from any other, on the same ground."""
    given = case(failure, "{copy: yes}")
    judged = decided(given, [word(given, is_incident=verdict)])
    assert judged.is_incident is wanted
    assert judged.basis["is_incident"] == "kz-418-V/1(31)"
    assert "analyst/a" in judged.reasons["is_incident"]
    roles = {leg.role for leg in judged.route}
    assert ({"ncc", "holder"} <= roles) == (wanted is Tri.YES)
    assert element_of(judged, "failure") == failure


def test_a_yes_raises_what_only_an_incident_raises() -> None:
    """The floor of a critical object counts from the decision on."""
    listed = "critical: {sector: banking, list_ref: example, listed_at: 2024-01-01}"
    given = case(more=listed)
    assert assess(given).impact["floors"] == []
    assert decided(given, [word(given, is_incident="yes")]).impact["floors"]


def test_the_duty_officer_is_paged_where_a_yes_is_denied_later() -> None:
    """What findings come to deny stays told, and our own staff hear of it."""
    before, after = case(acts="{}"), case("no", acts="{}")
    said = word(before, is_incident="yes")
    assert (said.machine["is_incident"], assess(after).is_incident) == ("unknown", Tri.NO)
    judged = decided(after, [said])
    assert judged.is_incident is Tri.YES
    (paged,) = [leg for leg in judged.route if leg.role == "duty_officer"]
    assert "contradicts the decision of analyst/a" in paged.reason


def test_attributes_and_class_are_corrected() -> None:
    """Intent, origin, reality and RSIT class are as a person says."""
    given = case("yes", "{copy: yes}")
    said = word(given, intent="unintentional", origin="internal", rsit="availability.outage")
    judged = decided(given, [said])
    assert {name: element_of(judged, name) for name in said.says} == said.says
    assert WHY in judged.reasons["origin"]


def test_severity_is_the_person_s_down_to_a_floor() -> None:
    """A severity above the floor counts as it is said, one below it as the floor."""
    given = case("yes", "{copy: yes}")
    names = sayable(pack(), given.at)["severity"]
    raised = decided(given, [word(given, severity=names[-1])])
    assert raised.severity == names[-1]
    assert raised.basis["severity"] == "policy"
    listed = "critical: {sector: banking, list_ref: example, listed_at: 2024-01-01}"
    floored = case("yes", "{copy: yes}", listed)
    judged = decided(floored, [word(floored, severity=names[0])])
    assert names.index(judged.severity) > 0
    assert "floor" in judged.reasons["severity"]


def test_a_later_word_beats_an_earlier_and_an_empty_one_takes_it_back() -> None:
    """Element by element the last word counts; withdrawn, the machine's does."""
    given = case("yes", "{copy: yes}")
    words = [word(given, 1, is_incident="no"), word(given, 2, is_incident="yes")]
    assert decided(given, words).is_incident is Tri.YES
    back = [words[0], word(given, 3, is_incident="")]
    assert decided(given, back) == assess(given)


@pytest.mark.parametrize("name", ["kz", "nis2"])
def test_every_pack_says_what_may_be_decided(name: str) -> None:
    """Limbs, acts and attributes are the pack's; severities stand from the mildest."""
    known = sayable(pack(name), case().at)
    assert known["is_incident"] == ("yes", "no")
    view = pack(name).at(case().at)
    assert known["severity"] == tuple(view.levels[grade].severity for grade in sorted(view.levels))
    assert set(view.speech.asked) <= set(known)
