"""Tests of what a rule's finding is evidence for."""

import re
from pathlib import Path

import pytest

from pipeline.assess import labels_for, load_pack, read_tags
from pipeline.assess.labels import BETWEEN
from pipeline.assess.rows import LabelRow
from pipeline.model import Tri
from pipeline.registry.moments import LATEST
from tests.assess.making import edited, kz
from tests.registry.making import AT

SIGMA_TAG = re.compile(r"^[a-z0-9_-]+\.[a-z0-9._-]+$")
TAGS = [
    "saqshy.failure.yes",
    "saqshy.functioning-threat.no",
    "saqshy.harm.obtain",
    "saqshy.harm.copy.no",
    "saqshy.act.unauthorised-access",
    "saqshy.act.leak.unknown",
    "saqshy.intent.unauthorised",
    "saqshy.origin.external",
    "saqshy.reality.potential",
    "saqshy.rsit.intrusion-attempts.brute-force",
]


def test_every_tag_says_what_it_names() -> None:
    """Tags alone label a finding completely, and each is a valid Sigma tag."""
    found = labels_for(kz(), TAGS)
    assert found.failure is Tri.YES
    assert found.functioning_threat is Tri.NO
    assert found.harms == {"obtain": Tri.YES, "copy": Tri.NO}
    assert found.acts == {"unauthorised_access": Tri.YES, "leak": Tri.UNKNOWN}
    assert (found.intent, found.origin, found.reality) == ("unauthorised", "external", "potential")
    assert found.rsit == "intrusion-attempts.brute-force"
    assert "tag saqshy.failure.yes" in found.reason
    assert all(SIGMA_TAG.match(tag) for tag in TAGS)


@pytest.mark.parametrize(
    "tag",
    ["saqshy.failure.maybe", "saqshy.failure", "saqshy.harm.steal", "saqshy.act.hacking",
     "saqshy.intent.evil", "saqshy.harm.copy.perhaps", "saqshy.colour.red", "saqshy.rsit."],
)  # fmt: skip
def test_a_tag_that_says_nothing_known_is_a_fault(tag: str) -> None:
    """A misspelt tag labels nothing and is told to whoever checks rules."""
    read = read_tags(kz().at(LATEST - 1), [tag])
    assert read.faults == (tag,)
    assert labels_for(kz(), [tag]).failure is Tri.UNKNOWN


@pytest.mark.parametrize(
    ("tags", "place", "failure", "reality"),
    [
        pytest.param(["attack.t1003.001"], ("windows", "process_access", None),
                     Tri.YES, "real", id="credential-dumping"),
        pytest.param(["attack.t1003.001"], (None, "antivirus", None),
                     Tri.UNKNOWN, "potential", id="found-by-the-antivirus"),
        pytest.param(["attack.t1003.001"], ("windows", None, "windefend"),
                     Tri.NO, "potential", id="blocked-by-the-host's-guard"),
        pytest.param(["attack.t1110"], ("linux", None, "sshd"),
                     Tri.NO, "potential", id="refused-logons"),
        pytest.param(["attack.t1110.003"], ("windows", "process_creation", None),
                     Tri.UNKNOWN, "unknown", id="a-guessing-tool"),
        pytest.param(["attack.t1190"], (None, "webserver", None),
                     Tri.UNKNOWN, "potential", id="exploit-request"),
        pytest.param(["attack.t1190"], ("linux", "process_creation", None),
                     Tri.YES, "real", id="exploited-service"),
        pytest.param(["attack.t1059.001"], ("windows", "ps_script", None),
                     Tri.UNKNOWN, "unknown", id="a-shell-ran"),
        pytest.param(["attack.t1033"], ("windows", "process_creation", None),
                     Tri.NO, "potential", id="who-am-i"),
        pytest.param(["attack.t1059.001", "attack.t1033"], ("windows", "ps_script", None),
                     Tri.NO, "potential", id="a-shell-is-a-mere-means"),
        pytest.param(["attack.t1482"], ("windows", "process_creation", None),
                     Tri.UNKNOWN, "potential", id="a-domain-mapped"),
        pytest.param(["attack.t1574.001"], ("windows", "image_load", None),
                     Tri.YES, "real", id="library-loaded-in-place-of-another"),
        pytest.param(["attack.t1574.001"], ("windows", "file_event", None),
                     Tri.UNKNOWN, "unknown", id="library-laid-down"),
        pytest.param(["attack.t1036.003", "attack.t1197"], ("windows", "process_creation", None),
                     Tri.UNKNOWN, "real", id="a-doubt-said-outright"),
        pytest.param(["attack.t1485"], ("azure", None, "activitylogs"),
                     Tri.UNKNOWN, "unknown", id="removed-by-an-account-with-rights"),
        pytest.param(["attack.t1078.004"], ("azure", None, "riskdetection"),
                     Tri.UNKNOWN, "potential", id="suspected-by-the-provider"),
        pytest.param(["attack.execution"], ("windows", "process_creation", None),
                     Tri.UNKNOWN, "unknown", id="tactic-alone"),
        pytest.param(["attack.command-and-control"], (None, "proxy", None),
                     Tri.YES, "real", id="controller-asked-for"),
        pytest.param(["attack.t1685.005"], ("windows", None, "security"),
                     Tri.YES, "real", id="log-cleared"),
        pytest.param(["attack.t1685.005"], ("windows", None, "wmi"),
                     Tri.NO, "potential", id="log-not-cleared"),
        pytest.param([], ("windows", "process_creation", None),
                     Tri.UNKNOWN, "unknown", id="no-tag"),
        pytest.param([], ("saqshy", "detector", "saqshy.silent-source"),
                     Tri.YES, "unknown", id="silent-source"),
        pytest.param([], ("saqshy", "detector", "saqshy.volume-drop"),
                     Tri.UNKNOWN, "unknown", id="volume-drop"),
        pytest.param(["attack.s0002", "attack.g0010"], (None, None, None),
                     Tri.UNKNOWN, "unknown", id="software-and-group"),
    ],
)  # fmt: skip
def test_the_table_speaks_by_technique_and_log_source(
    tags: list[str], place: tuple[str | None, str | None, str | None], failure: Tri, reality: str
) -> None:
    """The row nearest to technique and log source counts, and what no row says is unknown."""
    found = labels_for(kz(), tags, *place)
    assert (found.failure, found.reality) == (failure, reality)
    assert found.reason


def test_a_tag_beats_the_table_for_what_it_names_only() -> None:
    """A rule's own word replaces the table's for that element and leaves the others."""
    tags = ["attack.t1003", "saqshy.failure.unknown", "saqshy.harm.copy"]
    found = labels_for(kz(), tags, "windows", "process_access")
    assert found.failure is Tri.UNKNOWN
    assert found.harms == {"obtain": Tri.YES, "copy": Tri.YES}
    assert found.reality == "real"


def test_techniques_that_disagree_leave_it_unknown() -> None:
    """Where one technique says yes and another no, nobody knows."""
    found = labels_for(kz(), ["attack.t1110", "attack.t1003"], "linux", None, "sshd")
    assert found.failure is Tri.UNKNOWN
    assert found.harms == {"obtain": Tri.YES}
    assert found.attack == ("T1003", "T1110")


@pytest.mark.parametrize(
    ("tags", "place", "outcome", "failure", "reality"),
    [
        pytest.param(["attack.t1003.001"], ("windows", None, "security"), "failure",
                     Tri.NO, "potential", id="refused"),
        pytest.param(["attack.t1003.001"], ("windows", None, "security"), "success",
                     Tri.YES, "real", id="succeeded"),
        pytest.param(["attack.t1190"], (None, "webserver", None), "failure",
                     Tri.NO, "potential", id="refused-request"),
        pytest.param(["attack.t1190"], (None, "webserver", None), "success",
                     Tri.UNKNOWN, "potential", id="answered-request"),
        pytest.param(["attack.command-and-control"], (None, "proxy", None), "failure",
                     Tri.YES, "real", id="malware-whose-call-was-refused"),
        pytest.param(["attack.t1499.004"], (None, None, "nginx"), "failure",
                     Tri.YES, "real", id="an-error-that-is-the-failure"),
        pytest.param(["attack.t1110"], ("linux", None, "sshd"), "success",
                     Tri.UNKNOWN, "potential", id="a-guess-let-in"),
        pytest.param(["attack.t1059"], ("windows", "process_creation", None), "failure",
                     Tri.NO, "potential", id="refused-program"),
        pytest.param(["attack.t1003", "saqshy.failure.yes"], (None, None, None), "failure",
                     Tri.YES, "potential", id="the-rule's-own-word"),
    ],
)  # fmt: skip
def test_the_outcome_takes_back_what_the_table_said(
    tags: list[str],
    place: tuple[str | None, str | None, str | None],
    outcome: str,
    failure: Tri,
    reality: str,
) -> None:
    """A refused attempt is no failure; a refused call of malware still shows the malware."""
    found = labels_for(kz(), tags, *place, outcome=outcome)
    assert (found.failure, found.reality) == (failure, reality)


def test_a_refused_act_is_only_possible() -> None:
    """What the table named as harm is denied and as act left open; nothing is added."""
    found = labels_for(kz(), ["attack.t1003"], "windows", None, "security", outcome="failure")
    assert found.harms == {"obtain": Tri.NO}
    assert found.acts == {"unauthorised_access": Tri.UNKNOWN}
    assert found.functioning_threat is Tri.NO
    assert "outcome failure: " in found.reason


def test_reasons_are_whole_and_apart() -> None:
    """Each part of a reason names what it speaks for, and is a row's reason to the letter."""
    known = {row.reason for row in kz().at(LATEST - 1).labels}
    tags = ["attack.t1003", "attack.t1110", "saqshy.harm.copy"]
    parts = labels_for(kz(), tags, outcome="failure").reason.split(BETWEEN)
    assert parts[0] == "tag saqshy.harm.copy"
    assert {part.partition(": ")[0] for part in parts[1:]} == {"T1003", "T1110", "outcome failure"}
    assert {part.partition(": ")[2] for part in parts[1:]} <= known


@pytest.mark.parametrize("row", kz().rows["labels"], ids=lambda row: row.reason[:40])
def test_every_row_of_the_table_has_its_reason(row: LabelRow) -> None:
    """A row says why in our own words, without what parts reasons from each other."""
    assert len(row.reason) > 20
    assert BETWEEN not in row.reason


def test_a_withheld_record_has_a_class_of_its_own() -> None:
    """Content may not describe a marked record, so the pack's fixed class does."""
    found = labels_for(kz(), (), "saqshy", "detector", "saqshy.withheld-record")
    assert found.fixed_class == "withheld_record"
    assert found.failure is Tri.YES


def test_the_level_of_a_rule_is_no_argument() -> None:
    """Nothing in the table or the call knows how loud a rule is."""
    assert not any("level" in row.model_dump() for row in kz().rows["labels"])


def test_rows_that_begin_later_speak_later(tmp_path: Path) -> None:
    """The rows in force at the asked time count."""
    row = """
  - techniques: [T1059]
    valid_from: 2026-06-01
    labels: {failure: yes}
    reason: a later row
"""
    folder = edited(tmp_path, {"labels.yml": [("\nlabels:\n", f"\nlabels:{row}")]})
    pack = load_pack(folder)
    assert labels_for(pack, ["attack.t1059"], at=AT).failure is Tri.UNKNOWN
    assert labels_for(pack, ["attack.t1059"]).failure is Tri.YES


@pytest.mark.parametrize(
    ("service", "failure"), [("sshd", Tri.NO), ("kernel", Tri.YES)], ids=["nearer", "general"]
)
def test_the_nearer_log_source_counts_wherever_its_row_stands(
    tmp_path: Path, service: str, failure: Tri
) -> None:
    """A row that asks for the log source beats a general one before it in the file."""
    general = "  - techniques: [T1110, T1110.009]\n    labels: {failure: yes}\n"
    row = f"\n{general}    reason: a general row"
    pack = load_pack(edited(tmp_path, {"labels.yml": [("\nlabels:\n", f"\nlabels:{row}\n")]}))
    assert labels_for(pack, ["attack.t1110"], "linux", None, service).failure is failure
