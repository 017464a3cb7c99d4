"""Tests of what cannot hold together within one record."""

from typing import Any

import pytest

from pipeline.registry.contradictions import record_contradictions
from tests.registry.making import record

TOLD = [
    pytest.param({"valid_from": "2026-02-01", "valid_to": "2026-01-01"}, "valid_to", id="span"),
    pytest.param({"kind": "eir", "ici_kind": "is"}, "1(25)", id="kind"),
    pytest.param({"access": "public", "restriction": "confidential"}, "32(4)", id="access"),
    pytest.param({"access": "public", "restricted_by": "law"}, "32(6)", id="restricted-by"),
    pytest.param(
        {"critical": {"sector": "gas", "listed_at": "2026-01-01", "delisted_at": "2025-01-01"}},
        "6(4)",
        id="delisted-before-listed",
    ),
    pytest.param(
        {"critical": {"sector": "gas", "listed_at": "2026-01-01", "proposed_at": "2026-05-01"}},
        "9(17-2)",
        id="proposed-after-listed",
    ),
    pytest.param({"personal_data_facts": {"mfa": True}}, "(36)", id="persons"),
    pytest.param({"requirements": ["state_body"]}, "54(3)", id="requirements"),
    pytest.param({"integrations": [{}]}, "either", id="integration-with-nobody"),
    pytest.param({"integrations": [{"object": "plant"}]}, "itself", id="integration-with-itself"),
    pytest.param({"restriction": "unknown"}, "restriction is not stated", id="attested-unknown"),
    pytest.param({"parties": {}}, "names no holder", id="attested-without-holder"),
    pytest.param(
        {"attestation": {"attested_open_by": "x", "at": "2026-01-01", "valid_until": "2025-01-01"}},
        "not after attestation.at",
        id="attestation-span",
    ),
    pytest.param({"backup": {"last_restore_test_at": "2026-01-01"}}, "backup", id="backup"),
]


@pytest.mark.parametrize(("more", "message"), TOLD)
def test_contradictions_are_told(more: dict[str, Any], message: str) -> None:
    """Each contradiction is told once, with its article or its fields, and a place."""
    found = list(record_contradictions(record(**more)))
    assert len(found) == 1
    assert message in found[0][0]


def test_a_plain_record_contradicts_nothing() -> None:
    """What fits together is no contradiction."""
    assert list(record_contradictions(record())) == []
