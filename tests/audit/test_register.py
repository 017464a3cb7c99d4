"""The registry read twice: flags, parties, hosts and standing, by two readings of one bundle."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.audit.record import attested_open, party_of
from pipeline.audit.register import Register
from pipeline.model import NANOSECONDS
from pipeline.registry import (
    ObjectRecord,
    Standing,
    load_registry,
    make_registry,
    standing,
)
from pipeline.registry.parties import PARTY_PATHS
from pipeline.runtime.configuration import bundled
from tests.runtime.centre import AT

DAY = 86_400 * NANOSECONDS
INSTANTS = st.integers(0, 20).map(lambda n: n * DAY)
NAMES = ("a", "b", "c", "d")


def optional(**kept: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Give None, or a part with these keys."""
    return st.one_of(st.none(), st.fixed_dictionaries(kept))


def holdings() -> st.SearchStrategy[Any]:
    """Give holdings of few parties."""
    party = st.sampled_from([None, "p", "q"])
    return st.fixed_dictionaries({"owner": party, "holder": party})


def records() -> st.SearchStrategy[ObjectRecord]:
    """Give revisions of a few objects: late-recorded, withdrawn, bounded, hosted on each other."""
    said = st.fixed_dictionaries(
        {
            "id": st.sampled_from(NAMES),
            "valid_from": INSTANTS,
            "withdrawn": st.booleans(),
            "state_body": st.booleans(),
            "restriction": st.sampled_from(["none", "confidential", "unknown"]),
            "classes": st.sampled_from([(), ("essential",)]),
            "hosted_on": st.sampled_from([(), ("a",), ("b",), ("a", "c")]),
            "critical": optional(
                sector=st.just("gas"),
                list_ref=st.sampled_from(["", "ref"]),
                listed_at=INSTANTS,
                delisted_at=st.one_of(st.none(), INSTANTS),
            ),
            "lifecycle": optional(stage=st.just("trial")),
            "attestation": optional(
                attested_open_by=st.just("head"), at=INSTANTS, valid_until=INSTANTS
            ),
            "parties": st.fixed_dictionaries({"system": holdings(), "infrastructure": holdings()}),
        },
        optional={
            "valid_to": INSTANTS,
            "change": st.fixed_dictionaries({"recorded_at": INSTANTS}),
        },
    )
    return said.map(lambda one: ObjectRecord.model_validate(one, context={"bundle": True}))


def instants(record: ObjectRecord) -> tuple[str, int, int]:
    """Give what tells two revisions of one object apart: since when, and since when known."""
    return record.id, record.valid_from, record.change.recorded_at if record.change else 0


@settings(max_examples=300, deadline=None)
@given(st.lists(records(), min_size=1, max_size=8, unique_by=instants), INSTANTS)
def test_two_readings_of_a_registry_agree(made: list[ObjectRecord], at: int) -> None:
    """Whatever was recorded when, both see the same record, flags, parties, guests and standing."""
    registry = make_registry(made)
    register = Register(registry.bundle())
    for name in NAMES:
        record, mine = registry.object(name, at), register.at(name, at)
        assert (record is None) == (mine is None)
        guests = [one.id for one in registry.hosted_on(name, at)]
        assert [one["id"] for one in register.guests(name, at)] == guests
        assert attested_open(mine, at) == (standing(record, at) is Standing.OPEN)
        if record is None or mine is None:
            continue
        flags = record.flags(at) | ({"hosts"} if guests else frozenset())
        assert register.flags(name, mine, at) == flags
        assert [party_of(mine, path) or None for path in PARTY_PATHS] == [
            record.party_at(path) for path in PARTY_PATHS
        ]


def test_the_example_registry_reads_the_same() -> None:
    """The bundled objects and parties come out the same, each with every flag it has."""
    registry = load_registry([bundled("objects")])
    register = Register(registry.bundle())
    for record in registry.objects(AT):
        mine = register.at(record.id, AT)
        assert mine is not None
        assert register.flags(record.id, mine, AT) >= record.flags(AT)
        assert register.code(record.id, AT) == (record.code or record.id)
    assert {name: one.get("language", "kk") for name, one in register.parties.items()} == {
        party.id: party.language for party in registry.parties.values()
    }
    for role in ("ncc", "sectoral_centre", "duty_officer"):
        assert register.in_role(role) == list(registry.in_role(role))


@pytest.mark.parametrize("data", [b"[]", b"{}", b"not json"])
def test_what_is_no_registry_is_refused(data: bytes) -> None:
    """Bytes that are no registry raise an error and are never read as an empty one."""
    with pytest.raises(ValueError, match=r"registry|unexpected|expected|char"):
        Register(data)
