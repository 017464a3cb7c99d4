"""Tests of whether everyone whom a pack names can be found in a registry."""

from pipeline.assess.reach import unreachable
from pipeline.registry import load_registry, make_registry
from tests.assess.making import kz, plant, world
from tests.registry.making import RULES


def test_the_bundled_pack_and_registry_fit() -> None:
    """In the example everyone who must be told can be told."""
    assert unreachable(kz(), load_registry([RULES / "objects"])) == []


def test_a_role_that_nobody_has_is_told() -> None:
    """A registry without a coordination centre cannot serve the pack."""
    found = [one.message for one in unreachable(kz(), make_registry([plant()]))]
    assert "no party has the role 'ncc'" in found
    assert "no party has the role 'duty_officer'" in found


def test_an_object_without_a_holder_is_told() -> None:
    """An object whose route finds nobody is named with the facet that is empty."""
    found = [one.message for one in unreachable(kz(), world(plant(parties={})))]
    assert "object 'plant' names nobody at infrastructure.holder" in found


def test_an_object_that_is_not_watched_needs_nobody() -> None:
    """Who is not attested open sends nothing, so that nobody is missing."""
    assert unreachable(kz(), make_registry([plant(parties={}, attestation=None)])) == []
