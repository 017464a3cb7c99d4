"""Tests of the verdict: every answer of every limb, pure, explained, the same everywhere."""

import hashlib
import itertools
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from pipeline.assess import assess
from pipeline.model import Assessment as Stored
from pipeline.model import Finding, Labels, Limb, Tri, as_document, from_json, instant, to_json
from tests.assess.making import (
    ATTEMPT,
    HARMS,
    INCIDENT,
    UNDECIDED,
    case,
    finding,
    kz,
    labels,
    plant,
)
from tests.registry.making import AT


def by_hand(failure: Tri, others: tuple[Tri, ...]) -> Tri:
    """Read 1(31) as a person would: a failure, and at least one of the rest."""
    if failure is Tri.NO or all(other is Tri.NO for other in others):
        return Tri.NO
    if failure is Tri.YES and Tri.YES in others:
        return Tri.YES
    return Tri.UNKNOWN


@pytest.mark.parametrize("failure", list(Tri))
@pytest.mark.parametrize("threat", list(Tri))
def test_the_predicate_holds_for_every_combination_of_answers(failure: Tri, threat: Tri) -> None:
    """All 6,561 combinations of the eight limbs give the verdict of article 1(31)."""
    for answers in itertools.product(Tri, repeat=len(HARMS)):
        harms = dict(zip(HARMS, answers, strict=True))
        said = Labels(failure=failure, functioning_threat=threat, harms=harms)
        found = assess(case(said))
        assert found.is_incident is by_hand(failure, (threat, *answers)), (failure, threat, harms)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param(labels(failure="no", act_copying="yes"), "unknown", id="insider-copies"),
        pytest.param(labels(failure="unknown", act_destruction_loss="yes"), "unknown",
                     id="carrier-lost"),
        pytest.param(labels(failure="unknown", act_leak="yes", functioning_threat="no",
                            harm_obtain="no", harm_copy="no", harm_distribute="no",
                            harm_modify="no", harm_destroy="no", harm_block="no"), "unknown",
                     id="act-although-every-limb-is-denied"),
        pytest.param(labels(failure="no", act_copying="unknown"), "no", id="act-not-known"),
        pytest.param(labels(failure="no", act_copying="no"), "no", id="act-denied"),
        pytest.param(labels(failure="yes", act_copying="yes"), "yes", id="act-with-failure"),
        pytest.param(labels(failure="yes", act_unlicensed_software="yes"), "unknown",
                     id="act-that-answers-no-limb"),
    ],
)  # fmt: skip
def test_an_act_without_failure_waits_for_a_person(said: Labels, expected: str) -> None:
    """Acts of article 53 need no failure: without one the verdict is unknown, never announced."""
    found = assess(case(said))
    assert found.is_incident.value == expected
    outside = {leg.role for leg in found.route} - {"duty_officer"}
    assert bool(outside) is (expected == "yes")


def test_a_failed_attack_is_kept_as_potential() -> None:
    """An attempt is no incident; it stays, with its reality, class and techniques."""
    found = assess(case(replace(ATTEMPT, attack=("T1110",), rsit="intrusion-attempts.brute-force")))
    assert found.is_incident is Tri.NO
    assert (found.reality, found.attack) == ("potential", ("T1110",))
    assert found.rsit == "intrusion-attempts.brute-force"


def test_every_limb_and_verdict_says_why_and_on_which_ground() -> None:
    """Reason and basis stand at each limb, at the verdict, the severity and each leg."""
    found = assess(case(INCIDENT))
    harms = found.predicate["harms"]
    failure = found.predicate["failure"]
    assert isinstance(harms, dict)
    assert isinstance(failure, Limb)
    assert set(harms) == set(HARMS)
    assert all(
        limb.reason and limb.basis == "kz-418-V/1(31)" for limb in [failure, *harms.values()]
    )
    assert found.basis["is_incident"] == "kz-418-V/1(31)"
    assert found.reasons["is_incident"] == "failure and (functioning_threat or any(harms)) is yes"
    assert all(leg.reason and leg.basis.startswith("kz-418-V/") for leg in found.route)


def test_acts_aims_and_class_follow_the_findings() -> None:
    """All eleven acts are answered, aims follow them, and without a class an act gives one."""
    found = assess(case(labels(failure="yes", act_disruption="yes", act_leak="no")))
    assert len(found.acts) == 11
    assert {act for act, holds in found.acts.items() if holds is Tri.YES} == {"disruption"}
    assert found.acts["leak"] is Tri.NO
    assert found.aims == ("no_unauthorised_acts", "uninterrupted_work")
    assert found.rsit == "availability.outage"
    assert assess(case(UNDECIDED)).rsit == "other.undetermined"


def test_the_gravest_class_among_findings_counts() -> None:
    """What harmed comes before what was tried."""
    classes = ["intrusion-attempts.brute-force", "availability.sabotage", "intrusions"]
    findings = [finding(replace(INCIDENT, rsit=name), n) for n, name in enumerate(classes)]
    assert assess(case(findings)).rsit == "availability.sabotage"


def test_a_critical_branch_without_an_entry_is_shown() -> None:
    """The flag follows the list, and a branch without an entry is told beside the verdict."""
    found = assess(case(INCIDENT, plant(critical={"sector": "heat"})))
    assert "without an entry" in found.reasons["critical"]
    assert "critical" not in assess(case(INCIDENT)).reasons


@pytest.mark.parametrize(
    ("at", "verdict", "since"),
    [
        pytest.param("2022-05-02T17:59:59Z", Tri.UNKNOWN, "2012-01-06", id="the-day-before"),
        pytest.param("2022-05-02T18:00:00Z", Tri.YES, "2022-05-03", id="from-midnight-in-almaty"),
    ],
)
def test_rows_count_from_their_first_day_in_the_packs_zone(
    at: str, verdict: Tri, since: str
) -> None:
    """Before its rows the pack has no predicate: nobody knows, and a person is paged."""
    eternal = {"attested_open_by": "Head", "at": "2020-01-01"}
    found = assess(case(INCIDENT, plant(attestation=eternal), at=instant(at)))
    assert found.is_incident is verdict
    assert found.versions["valid_from"] == since
    assert ({leg.role for leg in found.route} == {"duty_officer"}) is (verdict is Tri.UNKNOWN)


def test_versions_name_everything_the_verdict_depends_on() -> None:
    """Pack, registry, content and regime stand in every verdict."""
    made = case(INCIDENT, content="abc", regime="quarantine")
    assert assess(made).versions == {
        "pack": kz().revision,
        "valid_from": "2022-05-03",
        "labels": kz().revision,
        "content": "abc",
        "registry": made.registry.revision,
        "regime": "quarantine",
    }


def test_an_unknown_regime_is_refused() -> None:
    """A regime that the pack does not have is an error, never normal by default."""
    with pytest.raises(ValueError, match="no regime 'panic'"):
        assess(case(INCIDENT, regime="panic"))


def test_an_assessment_survives_its_json() -> None:
    """What is stored comes back equal."""
    found = assess(case(INCIDENT, plant(state_body=True)))
    assert from_json(Stored, to_json(found)) == found


def test_the_same_case_gives_the_same_verdict_and_shares_nothing() -> None:
    """Assessing is pure: again is equal, and changing one answer's dict changes no other."""
    made = case(INCIDENT)
    one, again = assess(made), assess(made)
    assert one == again
    one.impact["INF"] = 99
    one.acts["leak"] = Tri.YES
    assert assess(made) == again


PROGRAM = """
import sys
sys.path.insert(0, "")
from tests.assess.test_assessment import fingerprint
print(fingerprint())
"""


def fingerprint() -> str:
    """Hash many verdicts, so that another process can compare."""
    digest = hashlib.sha256(kz().bundle())
    objects: list[dict[str, Any]] = [
        {"state_body": True, "financial_subject": "bank", "personal_data": True},
        {"e_government": {"reason": "1(64)"}, "hosted_on": ["dc"], "sector": "transport"},
    ]
    for more in objects:
        for failure, threat, harm in itertools.product(Tri, repeat=3):
            said = [
                finding(Labels(failure=failure, functioning_threat=threat, attack=("T1", "T0"))),
                finding(Labels(harms={"copy": harm}, acts={"leak": harm}, intent="both"), 1),
            ]
            found = assess(case(said, plant(**more), reporter="response_service"))
            digest.update(orjson.dumps(as_document(found)))
    return digest.hexdigest()


@pytest.mark.parametrize("seed", ["0", "1", "4242"])
def test_verdicts_do_not_depend_on_process_or_hash_seed(seed: str) -> None:
    """Another process under another hash seed gives byte-equal verdicts."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == fingerprint()


def test_the_order_of_findings_changes_no_verdict() -> None:
    """Whatever order findings come in, verdict, weight and route are the same."""
    said: list[Finding] = [
        finding(INCIDENT, 0), finding(UNDECIDED, 1, first_event_at=AT + 1), finding(ATTEMPT, 2),
    ]  # fmt: skip
    seen = {
        orjson.dumps(as_document(replace(assess(case(list(order))), predicate={})))
        for order in itertools.permutations(said)
    }
    assert len(seen) == 1
