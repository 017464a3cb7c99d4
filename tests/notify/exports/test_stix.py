"""STIX 2.1 bundles, held to the validator of OASIS."""

from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given, settings
from stix2validator import ValidationOptions, validate_string

from pipeline.notify.exports import Exported, stix
from tests.notify.exports.made import UNTITLED, exports, stubbed, titled, whole

# The specification wants version 5 only of observables, and advises version 4 for the rest (a
# warning, 103): ours follow from our own ids, so that a bundle can be sent twice. A URL without a
# hash (302) is a page that changes.
OPTIONS = {"version": "2.1", "disabled": "103,302"}


def problems(data: bytes) -> list[str]:
    """Give the errors and warnings that the validator has."""
    found: Any = validate_string(data.decode("utf-8"), ValidationOptions(**OPTIONS))
    return [str(one) for one in (*found.errors, *found.warnings)]


def objects(record: Exported, kind: str) -> list[dict[str, Any]]:
    held = orjson.loads(stix.write([record], UNTITLED))["objects"]
    return [one for one in held if one["type"] == kind]


@pytest.mark.parametrize("record", [whole(), stubbed()], ids=["whole", "stub"])
def test_it_is_valid(record: Exported) -> None:
    """A whole incident and a stub pass the validator without an error or a warning."""
    assert problems(stix.write([record], titled(record, "оқиға"))) == []


@settings(max_examples=15)
@given(record=exports)
def test_any_is_valid(record: Exported) -> None:
    """Whatever stands in an incident, the bundle has no error."""
    found: Any = validate_string(
        stix.write([record], UNTITLED).decode("utf-8"), ValidationOptions(**OPTIONS)
    )
    assert found.is_valid, found.errors


def test_the_validator_is_asked() -> None:
    """What is against the specification is found: the check can fail."""
    data = stix.write([whole()], UNTITLED)
    assert problems(data.replace(b'"identity_class"', b'"identity_kind"'))


def test_ids_are_version_5_and_stay() -> None:
    """Every id but those that OASIS fixed follows from ours, also when another day writes it."""
    names = [one["id"] for one in orjson.loads(stix.write([whole()], UNTITLED))["objects"]]
    ours = [name for name in names if name not in stix.TLP.values()]
    assert {UUID(name.partition("--")[2]).version for name in ours} == {5}
    assert len(set(names)) == len(names)
    assert names == [one["id"] for one in orjson.loads(stix.write([whole()], UNTITLED))["objects"]]


def test_an_address_has_the_id_that_everybody_gives_it() -> None:
    """An observable's id follows from its value by section 2.9 of the specification."""
    (found,) = objects(whole(), "ipv4-addr")
    assert found["value"] == "203.0.113.45"
    assert found["id"] == "ipv4-addr--cb9d70c5-d244-531c-9efb-bcae57adc793"


def test_masked_people_of_two_incidents_are_two() -> None:
    """A number that masks a person means nothing outside its incident."""
    users = objects(whole(), "user-account")
    assert [one["user_id"] for one in users] == [f"{'a' * 32}/user-1", f"{'a' * 32}/user-2"]


def test_everything_of_ours_bears_the_mark() -> None:
    """Each object that tells of the incident refers to its TLP 2.0 marking."""
    held = orjson.loads(stix.write([whole()], UNTITLED))["objects"]
    (marking,) = [one for one in held if one["type"] == "marking-definition"]
    assert marking["extensions"][stix.TLP_EXTENSION]["tlp_2_0"] == "amber"
    telling = {"incident", "relationship", "observed-data", "attack-pattern"}
    for one in held:
        if one["type"] in telling:
            assert one["object_marking_refs"] == [marking["id"]]


def test_what_is_in_a_bundle_hangs_together() -> None:
    """The incident is related to object, techniques, hosts and what was observed."""
    record = whole()
    held = {one["id"]: one for one in orjson.loads(stix.write([record], UNTITLED))["objects"]}
    related = {held[one["target_ref"]]["type"] for one in objects(record, "relationship")}
    assert related == {"identity", "attack-pattern", "observed-data"}
    (victim,) = [one for one in held.values() if one.get("roles") == ["victim"]]
    assert victim["sectors"] == ["energy"]
    assert victim["name"] == "KZ-EN-1"
