"""Tests of object records: flags, parties, what is absent."""

from typing import Any

import pytest
from pydantic import ValidationError

from pipeline.model import instant
from pipeline.registry import FLAG_PATTERN, ObjectRecord
from tests.registry.making import AT, record

LISTED = {"sector": "heat", "list_ref": "list, 3", "listed_at": "2026-01-01"}


@pytest.mark.parametrize(
    ("given", "flags"),
    [
        pytest.param({}, set(), id="nothing-said"),
        pytest.param({"state_body": True}, {"state_body"}, id="state-body"),
        pytest.param({"e_government": {"reason": "1(64)"}}, {"e_government"}, id="e-government"),
        pytest.param(
            {"financial_subject": "insurer"}, {"financial", "financial:insurer"}, id="financial"
        ),
        pytest.param({"hosted_on": ["dc"]}, {"hosted"}, id="hosted"),
        pytest.param(
            {"sector": "gas", "reach": "region"}, {"sector:gas", "reach:region"}, id="gas"
        ),
        pytest.param({"lifecycle": {"stage": "trial"}}, {"stage:trial", "trial"}, id="trial"),
        pytest.param({"classes": ["essential"]}, {"class:essential"}, id="other-regime"),
        pytest.param(
            {"critical": LISTED}, {"critical", "critical:heat", "sector:heat"}, id="listed"
        ),
        pytest.param(
            {"critical": {"sector": "heat"}},
            {"critical_branch_unlisted", "sector:heat"},
            id="branch-without-entry",
        ),
    ],
)
def test_flags_say_what_the_record_says(given: dict[str, Any], flags: set[str]) -> None:
    """Every flag of a record comes from a field of it, and packs may ask for it."""
    found = record(**given).flags(AT)
    assert found - {"connected"} == flags
    assert all(FLAG_PATTERN.match(flag) for flag in found)


@pytest.mark.parametrize(
    ("at", "critical"),
    [
        pytest.param("2025-12-31T23:59:59Z", False, id="before-listing"),
        pytest.param("2026-01-01T00:00:00Z", True, id="from-listing"),
        pytest.param("2026-05-31T23:59:59Z", True, id="until-delisting"),
        pytest.param("2026-06-01T00:00:00Z", False, id="after-delisting"),
    ],
)
def test_the_critical_flag_follows_the_list_by_its_dates(at: str, critical: bool) -> None:
    """An object is critical from its listing until its delisting (1(24), 6(4))."""
    made = record(critical={**LISTED, "delisted_at": "2026-06-01"})
    assert ("critical" in made.flags(instant(at))) is critical


def test_restriction_that_is_not_said_is_unknown() -> None:
    """What a record leaves out is unknown, never open."""
    assert ObjectRecord(id="x").restriction == "unknown"


@pytest.mark.parametrize(
    "given",
    [
        {"sector": "electricty"},
        {"restriction": "secret"},
        {"colour": "red"},
        {"sources": [{"id": "s", "match": {"addresses": ["10.0.0.300"]}}]},
        {"sources": [{"id": "s", "match": {}, "zone": "Asia/Atlantis"}]},
        {"lifecycle": {"stage": "pilot"}},
    ],
)
def test_unknown_words_are_refused(given: dict[str, Any]) -> None:
    """A value outside an enumeration, an unknown key, address or zone is an error."""
    with pytest.raises(ValidationError):
        record(**given)


def test_parties_are_found_by_facet_and_role() -> None:
    """Owner, holder and operator of each facet are separate; what is not named is nobody."""
    made = record()
    assert made.party_at("infrastructure.holder") == "holder"
    assert made.party_at("system.holder") is None
    assert made.party_at("nothing.at_all") is None
