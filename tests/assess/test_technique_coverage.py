"""Tests of how far the table of labels reaches."""

import tarfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

from pipeline.assess.technique_coverage import (
    LabelledRule,
    Tally,
    TechniqueCoverage,
    technique_coverage,
)
from pipeline.model import Labels, Tri
from tests.assess.making import kz
from tests.registry.making import AT

SIGMAHQ = Path(__file__).parents[3] / "shared" / "data" / "sigmahq-rules.tar.xz"


def rules() -> Iterator[LabelledRule]:
    """Read what the table asks for from every rule file of SigmaHQ."""
    with tarfile.open(SIGMAHQ) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.name.endswith(".yml") else None
            if file is not None:
                said = yaml.load(file.read(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
                source = said["logsource"]
                yield LabelledRule(
                    said["id"],
                    said["title"],
                    tuple(said.get("tags") or ()),
                    source.get("product") or "",
                    source.get("category") or "",
                    source.get("service") or "",
                )


@cache
def sigmahq() -> TechniqueCoverage:
    """Ask the table about SigmaHQ's rules once."""
    if not SIGMAHQ.exists():
        pytest.skip("SigmaHQ's rules are absent")
    return technique_coverage(kz().at(AT), rules())


def test_the_table_neither_says_yes_to_all_nor_knows_nothing() -> None:
    """Of SigmaHQ's rules at most two fifths are failures, at most seven tenths stay open.

    More yes would announce what administrators do daily (about half of these rules look at
    process creation); more unknown would leave a person with nearly every finding.
    """
    tally = sigmahq().tally
    assert tally.total == 3757
    assert 0.20 < tally.share("failure", "yes") < 0.40
    assert tally.share("failure", "no") > 0.05
    assert tally.share("failure", "unknown") < 0.70
    assert tally.share("functioning_threat", "yes") < 0.05
    assert tally.share("functioning_threat", "no") > 0.10
    assert all(tally.answers[f"harms.{harm}"]["yes"] for harm in ("obtain", "block", "destroy"))


def test_every_technique_of_sigmahq_has_a_row() -> None:
    """No technique that those rules carry is unknown to the table; 471 of them carry none."""
    assert dict(sigmahq().unmapped) == {}
    assert len(sigmahq().mapped) == 398
    assert len(sigmahq().untold) == 471


def test_a_technique_without_a_row_is_listed_and_a_rule_without_one_too() -> None:
    """What the table does not name is told, not passed over."""
    found = technique_coverage(
        kz().at(AT),
        [
            LabelledRule("a", "A new technique", ("attack.t9999.001",)),
            LabelledRule("b", "No technique", ("attack.execution",)),
            LabelledRule("c", "Its own word", ("saqshy.failure.yes", "attack.t1003")),
            LabelledRule("d", "Nothing", ()),
        ],
    )
    assert dict(found.unmapped) == {"T9999.001": 1}
    assert [one.id for one in found.untold] == ["b", "d"]
    assert dict(found.spoken) == {"nobody": 2, "tactic": 1, "tag": 1}
    assert found.document()["without_technique"] == [
        {"id": "b", "title": "No technique"},
        {"id": "d", "title": "Nothing"},
    ]


def test_a_tally_counts_every_limb_act_and_attribute() -> None:
    """What labels do not name is counted as unknown, so that each element adds up to the total."""
    tally, view = Tally(), kz().at(AT)
    tally.add(view, Labels(failure=Tri.YES, harms={"obtain": Tri.NO}, origin="external"))
    tally.add(view, Labels())
    assert tally.answers["failure"] == {"yes": 1, "unknown": 1}
    assert tally.answers["harms.obtain"] == {"no": 1, "unknown": 1}
    assert tally.answers["origin"] == {"external": 1, "unknown": 1}
    assert {sum(counted.values()) for counted in tally.answers.values()} == {2}
    assert len(tally.answers) == 2 + 6 + 11 + 3
    assert tally.share("failure", "yes") == 0.5
    assert Tally().share("failure", "yes") == 0
