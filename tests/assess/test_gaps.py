"""Tests of gaps: a pack that leaves a case without recipient or time is refused at load."""

from pathlib import Path

import pytest

from pipeline.assess import load_pack
from pipeline.errors import ConfigurationError
from tests.assess.making import edited


def problems(folder: Path, file: str, *edits: tuple[str, str]) -> list[str]:
    """Load the Kazakh pack with edits and give the problems."""
    with pytest.raises(ConfigurationError) as caught:
        load_pack(edited(folder, {file: edits}))
    return [str(one) for one in caught.value.problems]


ANY = "    parties: [infrastructure.holder]\n    basis: kz-418-V/7-2(1)(2)\n"
OTHERS = "    recipients: [owner, sectoral_centre, hosted_owner, hosted_holder]\n"
NCC = '    parties: ["role:ncc"]\n    basis: kz-418-V/7-2(1)(2)\n'


@pytest.mark.parametrize(
    ("file", "edits", "message"),
    [
        pytest.param(
            "routes.yml",
            [(ANY, ANY + "    when: {flags: [critical]}\n"),
             (NCC, NCC + "    when: {flags: [critical]}\n")],
            "nobody has the incident reported by 'centre' on an object with no flag",
            id="flags-without-route",
        ),
        pytest.param(
            "routes.yml",
            [(ANY, ANY + "    when: {without: [trial]}\n"),
             (NCC, NCC + "    reporters: [holder]\n")],
            "nobody has the incident reported by 'centre' on an object with trial",
            id="flag-that-takes-everyone-away",
        ),
        pytest.param(
            "routes.yml",
            [(ANY, ANY + "    reporters: [holder]\n"), (NCC, NCC + "    reporters: [holder]\n")],
            "nobody has the incident reported by 'centre'", id="reporter-without-route",
        ),
        pytest.param(
            "routes.yml", [("subject: candidate", "subject: threat")],
            "no row has the subject 'candidate'", id="verdict-without-route",
        ),
        pytest.param(
            "routes.yml",
            [("    effect: store\n", "    effect: store\n    when: {without: [trial]}\n")],
            "nobody has the event reported by 'centre' on an object with", id="events-in-trial",
        ),
        pytest.param(
            "routes.yml", [("  - id: candidate.duty_officer\n",
                            "  - id: candidate.duty_officer\n    valid_from: 2027-01-01\n")],
            "no row has the subject 'candidate' from 2022-05-02", id="a-day-without-route",
        ),
        pytest.param(
            "terms.yml", [(OTHERS, OTHERS + "    when: {without: [trial]}\n")],
            "to 'sectoral_centre' has no term", id="leg-without-term-in-trial",
        ),
        pytest.param(
            "terms.yml", [("    subjects: [threat]\n", "    subjects: [incident]\n")],
            "to 'holder' has no term reported by 'response_service'", id="threats-without-term",
        ),
        pytest.param(
            "terms.yml", [("    kind: correction\n", "    kind: update\n")],
            "none is of the kind 'correction'", id="kind-without-leg",
        ),
        pytest.param(
            "terms.yml", [("update\n    trigger: changed", "update\n    trigger: update")],
            "runs from itself", id="circle-of-terms",
        ),
    ],
)  # fmt: skip
def test_a_case_without_route_or_term_is_refused(
    tmp_path: Path, file: str, edits: list[tuple[str, str]], message: str
) -> None:
    """Every set of flags, every reporter, every span of time is tried before a case can meet it."""
    found = problems(tmp_path, file, *edits)
    assert any(message in one for one in found), found


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        pytest.param("impact.yml", "  - {property: confidentiality, grade: 2, holds: harms.copy",
                     "  - {property: confidentiality, grade: 4, holds: harms.obtain",
                     "nature: two rows are in force at the same time", id="two-grades-of-one-harm"),
        pytest.param("impact.yml", "property: integrity, grade: 2", "property: itegrity, grade: 2",
                     "property: nothing is named 'itegrity'", id="property"),
        pytest.param("impact.yml", "  - id: ENV\n", "  - id: cia\n",
                     "'cia' is a key of the impact itself", id="axis-of-our-own-name"),
        pytest.param("impact.yml", "aliases:\n      [state_of_emergency",
                     "aliases:\n      [quarantine, state_of_emergency",
                     "'quarantine' is a name of", id="regime-twice"),
        pytest.param("impact.yml", "    axes: [MIL]", "    axes: [WAR]",
                     "axes: nothing is named 'WAR'", id="axis-of-a-consequence"),
        pytest.param("routes.yml", "reporters: [response_service]", "reporters: [press]",
                     "reporters: nothing is named 'press'", id="reporter"),
        pytest.param("routes.yml", "subject: threat", "subject: treat",
                     "subject: nothing is named 'treat'", id="subject"),
        pytest.param("routes.yml", "of: guests\n    parties: [system.owner",
                     "of: object\n    parties: [system.owner", "", id="guests-elsewhere"),
        pytest.param("terms.yml", "leg: correction\n", "leg: corection\n",
                     "leg: nothing is named 'corection'", id="leg"),
        pytest.param("terms.yml", "trigger: closed", "trigger: shut",
                     "trigger: nothing is named 'shut'", id="trigger"),
        pytest.param("terms.yml", "duty_of: holder", "duty_of: nobody",
                     "duty_of: nothing is named 'nobody'", id="duty"),
        pytest.param("terms.yml", "    by_law: monitoring_rules\n", "    offset: PT3H\n",
                     "has a number of a by-law without its source", id="number-without-source"),
        pytest.param("predicate.yml", "mixed: real", "mixed: actual",
                     "mixed: nothing is named 'actual'", id="mixed"),
        pytest.param("predicate.yml", "id: incident\n    expression", "id: event\n    expression",
                     "predicate: has no row 'incident'", id="no-incident"),
        pytest.param("readings.yml", "disruption: availability.outage",
                     "disruption: availability.out", "'availability.out' is no RSIT class",
                     id="class-of-an-act"),
    ],
)  # fmt: skip
def test_contradictions_and_dangling_names_are_refused(
    tmp_path: Path, file: str, old: str, new: str, message: str
) -> None:
    """Rows that say two things at once, or name what is nowhere, do not load."""
    if not message:
        load_pack(edited(tmp_path, {file: [(old, new)]}))
        return
    found = problems(tmp_path, file, (old, new))
    assert any(message in one for one in found), found
    assert any(f"{file}:" in one for one in found if message in one) or "predicate" in message
