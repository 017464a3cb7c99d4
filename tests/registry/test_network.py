"""Tests of what a record says of networks and domains."""

import pytest

from pipeline.registry.network import Domain, Network


@pytest.mark.parametrize(
    ("name", "national"),
    [("a.kz", True), ("A.KZ.", True), ("а.қаз", True), ("a.xn--80ao21a", True), ("kz.com", False)],
)
def test_the_kazakh_domains_are_known(name: str, national: bool) -> None:
    """.KZ and .ҚАЗ in every spelling are the Kazakh domains (56-1)."""
    assert Domain(name=name).national is national


def test_addresses_are_given_by_zone() -> None:
    """A zone's addresses are those of all its segments (29)."""
    network = Network.model_validate(
        {
            "segments": [
                {"name": "a", "zone": "state_transport", "addresses": ["10.0.0.0/8"]},
                {"name": "b", "zone": "public", "addresses": ["192.0.2.1"]},
                {"name": "c", "zone": "state_transport", "addresses": ["10.1.0.0/16"]},
            ]
        }
    )
    assert network.in_zone("state_transport") == ("10.0.0.0/8", "10.1.0.0/16")
    assert network.in_zone("process") == ()
