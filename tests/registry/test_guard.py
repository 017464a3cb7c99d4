"""Tests of the secrecy guard's decisions."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Tri, instant
from pipeline.registry import Standing, decide, standing
from tests.registry.making import AT, record

ATTESTED = {"attested_open_by": "Head", "at": "2026-01-01", "valid_until": "2026-06-30"}


@pytest.mark.parametrize(
    ("more", "at", "expected"),
    [
        pytest.param({}, "2026-03-02T12:00:00Z", Standing.OPEN, id="attested"),
        pytest.param({"restriction": "confidential"}, "2026-03-02T12:00:00Z", Standing.OPEN,
                     id="confidential-is-not-exempt"),
        pytest.param({"restriction": "state_secret"}, "2026-03-02T12:00:00Z", Standing.SECRET,
                     id="secret"),
        pytest.param({"restriction": "unknown"}, "2026-03-02T12:00:00Z",
                     Standing.RESTRICTION_UNKNOWN, id="restriction-unknown"),
        pytest.param({"attestation": None}, "2026-03-02T12:00:00Z", Standing.UNATTESTED,
                     id="unattested"),
        pytest.param({}, "2025-12-31T23:59:59Z", Standing.ATTESTATION_LATER, id="before"),
        pytest.param({}, "2026-01-01T00:00:00Z", Standing.OPEN, id="from-the-first-day"),
        pytest.param({}, "2026-06-30T23:59:59Z", Standing.OPEN, id="to-the-last-day"),
        pytest.param({}, "2026-07-01T00:00:00Z", Standing.ATTESTATION_EXPIRED, id="after"),
    ],
)  # fmt: skip
def test_only_a_standing_attestation_opens_an_object(
    more: dict[str, Any], at: str, expected: Standing
) -> None:
    """An object is open between the first and the last day of its attestation, and never else."""
    made = record(**{"attestation": ATTESTED, **more})
    assert standing(made, instant(at)) is expected
    decision = decide(made, instant(at), marked=Tri.NO, suspected=Tri.NO)
    assert (decision.decision == "open") is (expected is Standing.OPEN)
    assert decision.rule == expected.value


def test_an_object_that_is_not_registered_is_held() -> None:
    """Who is not in the registry is unknown, and unknown is held."""
    assert decide(None, AT, marked=Tri.NO, suspected=Tri.NO).decision == "hold"


@pytest.mark.parametrize(
    ("marked", "suspected", "decision", "rule"),
    [
        (Tri.NO, Tri.NO, "open", "attested_open"),
        (Tri.YES, Tri.NO, "stub", "mark_valid"),
        (Tri.YES, Tri.YES, "stub", "mark_valid"),
        (Tri.NO, Tri.YES, "stub", "mark_suspected"),
        (Tri.UNKNOWN, Tri.NO, "stub", "mark_unknown"),
        (Tri.NO, Tri.UNKNOWN, "stub", "suspicion_unknown"),
    ],
)
def test_marks_of_an_open_object_make_stubs(
    marked: Tri, suspected: Tri, decision: str, rule: str
) -> None:
    """A mark, a suspicion and not knowing send the stub; only a clear no is open."""
    found = decide(record(), AT, marked=marked, suspected=suspected)
    assert (found.decision, found.rule) == (decision, rule)


def test_silence_about_marks_is_not_open() -> None:
    """Without a word on marks the guard sends the stub."""
    assert decide(record(), AT).decision == "stub"


@given(
    attested=st.booleans(),
    restriction=st.sampled_from(["none", "confidential", "state_secret", "unknown"]),
    marked=st.sampled_from(list(Tri)),
    suspected=st.sampled_from(list(Tri)),
    years=st.integers(-5, 10),
)
def test_open_needs_every_answer_to_be_known_and_clean(
    attested: bool, restriction: str, marked: Tri, suspected: Tri, years: int
) -> None:
    """Whatever is unknown, the decision is not open."""
    more: dict[str, Any] = {} if attested else {"attestation": None}
    made = record(restriction=restriction, **more)
    at = AT + years * 365 * 86_400 * 10**9
    decision = decide(made, at, marked=marked, suspected=suspected).decision
    clean = marked is Tri.NO and suspected is Tri.NO
    known = attested and restriction in {"none", "confidential"}
    within = instant("2025-01-01T00:00:00Z") <= at < instant("2031-01-01T00:00:00Z")
    assert (decision == "open") is (clean and known and within)
    assert (decision == "hold") is not (known and within)
