"""Which of several words counts, and what contradicts one."""

from dataclasses import replace

import pytest

from pipeline.incidents.decisions import carried, counting, element_of, said, verdict_of
from pipeline.model import Decision, Limb, Tri
from tests.incidents.making import BASE, Office, found, judged


def word(at: int, machine: str = "unknown", **says: str) -> Decision:
    """Give a word of an instant."""
    return Decision(at, "analyst/a", "why", says, {"is_incident": machine})


def test_the_last_word_on_each_element_counts() -> None:
    """Words on other elements stand, and an empty one takes its own back."""
    words = [word(1, origin="internal", failure="yes"), word(2, origin="external")]
    assert said(words) == {"origin": "external", "failure": "yes"}
    assert counting(words)["failure"].at == 1
    assert said([*words, word(3, failure="")]) == {"origin": "external"}


VERDICTS = [
    ("no word", [], Tri.YES, None),
    ("yes, whatever is found", [word(1, is_incident="yes")], Tri.UNKNOWN, Tri.YES),
    ("yes, and denied since", [word(1, is_incident="yes")], Tri.NO, Tri.YES),
    ("no", [word(1, is_incident="no")], Tri.UNKNOWN, Tri.NO),
    ("no, and shown since", [word(1, is_incident="no")], Tri.YES, Tri.UNKNOWN),
    ("no, against what was shown", [word(1, "yes", is_incident="no")], Tri.YES, Tri.NO),
    ("taken back", [word(1, is_incident="no"), word(2, is_incident="")], Tri.YES, None),
]


@pytest.mark.parametrize(
    ("words", "machine", "wanted"),
    [row[1:] for row in VERDICTS],
    ids=[row[0] for row in VERDICTS],
)
def test_a_verdict_stands_until_it_is_contradicted(
    words: list[Decision], machine: Tri, wanted: Tri | None
) -> None:
    """A no that findings come to contradict is unknown again; a yes that was told stays."""
    assert verdict_of(words, machine) is wanted


def test_elements_are_read_by_their_names() -> None:
    """Limbs, members of groups, acts and attributes; "" where the assessment has none."""
    limb = Limb(Tri.YES, "r", "b")
    predicate: dict[str, Limb | dict[str, Limb]] = {"failure": limb, "harms": {"copy": limb}}
    assessment = replace(
        judged("o", [found("f", 0)], BASE), predicate=predicate, acts={"leak": Tri.NO}
    )
    names = ("failure", "harms.copy", "harms.fun", "acts.leak", "acts.fly", "origin", "handover")
    assert [element_of(assessment, one) for one in names] == [
        "yes", "yes", "", "no", "unknown", "unknown", "",
    ]  # fmt: skip


def test_what_was_said_of_a_merged_incident_is_kept_once() -> None:
    """The words of both stand by time, none twice."""
    office = Office()
    (kept,) = office.find(found("f1", 0))
    (gone,) = office.find(found("f2", 20))
    first, second = word(1, origin="internal"), word(2, origin="external")
    kept, gone = replace(kept, decisions=(second,)), replace(gone, decisions=(first, second))
    assert carried(kept, gone) == (first, second)
