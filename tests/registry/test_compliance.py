"""Tests of the facts of compliance."""

import pytest

from pipeline.model import instant
from pipeline.registry.compliance import Critical

LISTED = {"list_ref": "1", "listed_at": "2025-01-01", "delisted_at": "2026-01-01"}


@pytest.mark.parametrize(
    ("more", "at", "status"),
    [
        pytest.param({}, "2025-06-01", "branch", id="branch"),
        pytest.param({"proposed_by": "x"}, "2025-06-01", "proposed", id="proposed"),
        pytest.param({**LISTED, "proposed_by": "x"}, "2024-06-01", "proposed", id="not-yet"),
        pytest.param(LISTED, "2025-06-01", "listed", id="listed"),
        pytest.param(LISTED, "2026-01-01", "delisted", id="delisted"),
    ],
)
def test_a_critical_object_stands_where_the_list_says(
    more: dict[str, str], at: str, status: str
) -> None:
    """Status follows the list by its dates (6(4), 9(17-2))."""
    entry = Critical.model_validate({"sector": "gas", **more})
    assert entry.status(instant(f"{at}T00:00:00Z")) == status
