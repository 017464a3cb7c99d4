"""Tests of the registry: history, hosting, roles, bundles."""

import pytest

from pipeline.errors import ConfigurationError
from pipeline.model import instant
from pipeline.registry import load_registry, make_registry, registry_from_bundle
from pipeline.registry.records import Names, Party
from tests.registry.making import AT, RULES, record, registry


@pytest.mark.parametrize(
    ("at", "sector"),
    [
        pytest.param("2025-01-01T00:00:00Z", None, id="before-the-first"),
        pytest.param("2025-06-01T00:00:00Z", "gas", id="first"),
        pytest.param("2025-12-31T23:59:59Z", "gas", id="first-to-its-last-second"),
        pytest.param("2026-01-01T00:00:00Z", "heat", id="second"),
        pytest.param("2026-06-30T23:59:59Z", "heat", id="second-to-its-last-day"),
        pytest.param("2026-07-01T00:00:00Z", None, id="gap"),
    ],
)
def test_the_revision_in_force_at_an_instant_is_given(at: str, sector: str | None) -> None:
    """An event is judged by the record in force at its time."""
    held = registry(
        record(sector="heat", valid_from="2026-01-01", valid_to="2026-06-30"),
        record(sector="gas", valid_from="2025-06-01"),
    )
    found = held.object("plant", instant(at))
    assert (found.sector if found else None) == sector
    assert [one.id for one in held.objects(instant(at))] == (["plant"] if sector else [])


def test_unknown_ids_are_nothing() -> None:
    """An unknown object or party is None, not an error."""
    assert registry(record()).object("other", AT) is None
    assert registry(record()).party("other") is None


def test_what_stands_on_a_host_is_found_through_other_hosts() -> None:
    """Hosting reaches through a platform to what stands on it."""
    held = registry(
        record("dc"), record("platform", hosted_on=["dc"]), record("app", hosted_on=["platform"])
    )
    assert [one.id for one in held.hosted_on("dc", AT)] == ["app", "platform"]
    assert [one.id for one in held.hosted_on("platform", AT)] == ["app"]
    assert held.hosted_on("app", AT) == ()


def test_hosting_follows_history() -> None:
    """What left a host is no longer hosted there."""
    held = registry(
        record("dc"),
        record("app", hosted_on=["dc"], valid_from="2024-01-01"),
        record("app", valid_from="2026-01-01"),
    )
    assert [one.id for one in held.hosted_on("dc", instant("2025-01-01T00:00:00Z"))] == ["app"]
    assert held.hosted_on("dc", AT) == ()


def test_a_bundle_gives_the_same_registry() -> None:
    """What travels with the journal has the same revision, bytes and answers."""
    held = load_registry([RULES / "objects"])
    again = registry_from_bundle(held.bundle())
    assert (again.revision, again.bundle()) == (held.revision, held.bundle())
    assert again.objects() == held.objects()
    assert again.marks == held.marks


def test_the_order_of_records_does_not_change_the_revision() -> None:
    """The revision is the hash of what is said, not of how it is ordered."""
    parties = [Party(id=name, names=Names(kk=name, ru=name), roles=("ncc",)) for name in "ab"]
    one = make_registry([record("a"), record("b")], parties)
    other = make_registry([record("b"), record("a")], parties[::-1])
    assert one.revision == other.revision
    assert one.in_role("ncc") == other.in_role("ncc") == ("a", "b")
    assert one.revision != make_registry([record("a")], parties).revision


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"objects": [{}]}', b"\xff"])
def test_bytes_that_are_no_bundle_are_refused(data: bytes) -> None:
    """A broken bundle is a configuration error, never an empty registry."""
    with pytest.raises(ConfigurationError):
        registry_from_bundle(data)
