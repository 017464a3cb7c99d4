"""Tests of which findings make one incident."""

import pytest

from pipeline.assess import fold_key
from pipeline.model import Labels
from tests.assess.making import HOUR, finding, kz, labels
from tests.registry.making import AT


@pytest.mark.parametrize(
    ("said", "key"),
    [
        pytest.param(labels(act_unauthorised_access="yes"), "access", id="access"),
        pytest.param(labels(act_leak="yes"), "access", id="leak"),
        pytest.param(labels(act_modification="yes"), "integrity", id="modification"),
        pytest.param(labels(act_disruption="yes", act_leak="yes"), "availability",
                     id="gravest-first"),
        pytest.param(labels(act_disruption="unknown", act_leak="yes"), "access",
                     id="yes-before-unknown"),
        pytest.param(labels(act_disruption="unknown"), "availability", id="unknown"),
        pytest.param(labels(act_leak="no"), "other", id="denied"),
        pytest.param(labels(), "other", id="no-act"),
        pytest.param(labels(act_unlicensed_software="yes"), "licence", id="licence"),
        pytest.param(labels(act_leak="yes", fixed_class="withheld_record"), "withheld_record",
                     id="fixed-class"),
    ],
)  # fmt: skip
def test_a_finding_folds_by_what_it_does_to_the_object(said: Labels, key: str) -> None:
    """The family of its act decides; a fixed class is a kind of its own."""
    assert fold_key(kz(), finding(said)) == key
    assert fold_key(kz(), finding(said), AT) == key


def test_without_rows_everything_folds_as_other() -> None:
    """Before the pack's first day there are no families."""
    assert fold_key(kz(), finding(labels(act_leak="yes")), 0) == "other"


def test_findings_of_a_day_join() -> None:
    """How far apart findings may lie is the pack's."""
    assert kz().join_within == 24 * HOUR
