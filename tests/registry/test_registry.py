"""Tests of the registry: history, hosting, roles, bundles."""

import pytest

from pipeline.errors import ConfigurationError
from pipeline.model import instant
from pipeline.registry import ObjectRecord, load_registry, make_registry, registry_from_bundle
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


class Counting(dict[str, object]):
    """A mapping that counts what it is asked."""

    asked = 0

    def get(self, key: str, default: object = None) -> object:
        """Give a value and count."""
        type(self).asked += 1
        return super().get(key, default)


def test_every_look_up_asks_as_much_of_ten_as_of_ten_thousand_objects() -> None:
    """Look-ups by id, code, party, branch and role cost the same at any size."""
    costs = []
    for size in (10, 10_000):
        records = [
            ObjectRecord.model_validate(
                {"id": f"o{n}", "code": f"C-{n}", "parties": {"system": {"owner": f"p{n}"}}}
            )
            for n in range(size)
        ]
        special = {"id": "x", "code": "X-1", "sector": "gas", "parties": {"users": ["px"]}}
        party = Party(id="px", names=Names(kk="a", ru="b"), roles=("ncc",))
        held = make_registry([*records, ObjectRecord.model_validate(special)], [party])
        for name in ("histories", "_codes", "_answers", "_sectors", "_roles", "_guests"):
            object.__setattr__(held, name, Counting(getattr(held, name)))
        Counting.asked = 0
        found = [
            held.object("x", AT),
            held.coded("X-1", AT),
            *held.of_party("px", AT),
            *held.in_sector("gas", AT),
        ]
        assert [record and record.id for record in found] == ["x"] * 4
        assert held.in_role("ncc") == ("px",)
        assert held.named_by("px") == ("x",)
        costs.append(Counting.asked)
    assert costs[0] == costs[1] > 0


def test_what_nobody_bears_is_found_nowhere() -> None:
    """A code, branch or party that no object has at the time gives nothing."""
    held = registry(record(code="P-1", sector="gas", valid_from="2026-01-01"))
    assert held.coded("P-1", AT) is not None
    assert held.coded("P-1", 0) is None
    assert held.coded("Q-1", AT) is None
    assert held.in_sector("heat", AT) == held.of_party("nobody", AT) == ()


def test_the_revision_does_not_depend_on_order() -> None:
    """Files in another order, and another hash seed, give the same revision."""
    records = [record(f"o{n}", valid_from=f"2026-01-0{n}") for n in range(1, 6)]
    assert registry(*records).revision == registry(*records[::-1]).revision
