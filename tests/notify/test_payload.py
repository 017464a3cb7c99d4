"""The closed schemas of what leaves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.model import Json
from pipeline.notify import notices_for
from pipeline.notify.payload import disclosure, payload_model, read_payload, stub_of
from tests.notify.made import NCC, TENANT, assessment, desk, guests, incident, registry

STUB_KEYS = {"incident_id", "object", "class", "time", "severity", "details_available"}


def payload(role: str) -> Json:
    leg = TENANT if role.startswith("hosted") else NCC
    [one] = notices_for(incident(assessment(route=(leg,))), None, registry(), desk())
    return one.payload


@pytest.mark.parametrize("role", ["ncc", "hosted_owner"])
def test_an_unknown_key_is_refused(role: str) -> None:
    """No role's schema takes a key that it does not list, at any depth."""
    for changed in (
        {**payload(role), "user": "aigul"},
        {**payload(role), "class": {**payload(role)["class"], "user": "aigul"}},
        {**payload(role), "occurred": {**payload(role)["occurred"], "host": "dc1"}},
    ):
        with pytest.raises(ValidationError):
            read_payload(changed)


@pytest.mark.parametrize("role", ["ncc", "hosted_owner"])
def test_every_role_reads_what_is_made_for_it(role: str) -> None:
    """What is composed for a role fits that role's own schema."""
    model = payload_model("first", guests(role))
    assert isinstance(read_payload(payload(role)), model)
    assert ("predicate" in model.model_fields) is (role == "ncc")


def test_an_unknown_role_gets_the_least() -> None:
    """A role that no table knows is given the poorest schema, without the verdict."""
    assert "predicate" not in payload_model("first", guests("visitor")).model_fields


@pytest.mark.parametrize("key", sorted(STUB_KEYS))
def test_a_stub_lacks_nothing(key: str) -> None:
    """A stub is exactly its six keys: each is needed."""
    stub = stub_of(payload("ncc"))
    assert stub is not None
    assert set(stub) == STUB_KEYS
    del stub[key]
    with pytest.raises(ValidationError):
        read_payload(stub)


@given(
    extra=st.dictionaries(
        st.text(max_size=8), st.recursive(st.text(max_size=9), st.lists, max_leaves=4), max_size=4
    )
)
def test_a_stub_keeps_nothing_but_its_keys(extra: dict[str, object]) -> None:
    """Whatever a payload holds beside them, only allowed keys are in its stub."""
    cut = stub_of({**extra, **payload("ncc")})
    assert cut == stub_of(payload("ncc"))


@given(st.dictionaries(st.sampled_from(sorted(STUB_KEYS | {"occurred"})), st.text(max_size=20)))
def test_a_stub_of_anything_is_a_stub_or_nothing(anything: dict[str, str]) -> None:
    """A payload that cannot be cut down gives nothing, never an exception."""
    cut = stub_of(anything)
    assert cut is None or set(cut) == STUB_KEYS


@pytest.mark.parametrize(
    ("role", "decision", "expected"),
    [
        ("ncc", "open", "open"),
        ("ncc", "stub", "stub"),
        ("ncc", "hold", "hold"),
        ("holder", "anything", "hold"),
        ("holder", "", "hold"),
        ("duty_officer", "hold", "stub"),
        ("duty_officer", "open", "open"),
    ],
)
def test_unknown_is_never_open(role: str, decision: str, expected: str) -> None:
    """A decision opens only by its own name; a page to the duty officer carries no content."""
    assert disclosure(role, decision) == expected
