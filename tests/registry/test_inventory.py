"""Tests of the software inventory: kept whole, found by name or package URL."""

from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError
from pipeline.registry.cyclonedx import Component
from pipeline.registry.inventory import (
    Inventories,
    Inventory,
    purl_key,
    read_inventories,
    write_inventory,
)
from tests.registry.making import AT

HTTPD = Component("httpd", "2.4.57", "apache", "pkg:deb/debian/apache2@2.4.57", "cpe:x", "Apache")
REQUESTS = Component("requests", "2.31.0", purl="pkg:pypi/Requests@2.31.0")
NAMELESS = Component("httpd")


def known() -> Inventories:
    """Give inventories of three objects."""
    held = {"plant": (HTTPD, REQUESTS), "mill": (NAMELESS,), "bank": (REQUESTS,)}
    return Inventories({name: Inventory(name, parts) for name, parts in held.items()})


@pytest.mark.parametrize(
    ("what", "versions", "expected"),
    [
        pytest.param("httpd", "", [("mill", True), ("plant", True)], id="name"),
        pytest.param("HTTPD", "<2.4.58", [("mill", False), ("plant", True)], id="range"),
        pytest.param("httpd", ">=2.4.58", [("mill", False)], id="outside"),
        pytest.param("apache/httpd", "", [("plant", True)], id="group"),
        pytest.param("pkg:pypi/requests", "", [("bank", True), ("plant", True)], id="purl"),
        pytest.param("pkg:pypi/requests@2.31", "", [("bank", True), ("plant", True)], id="exact"),
        pytest.param("pkg:pypi/requests@2.30", "", [], id="other-version"),
        pytest.param("pkg:npm/requests", "", [], id="other-type"),
        pytest.param("curl", "", [], id="nobody"),
    ],
)
def test_software_is_found_where_it_runs(
    what: str, versions: str, expected: list[tuple[str, bool]]
) -> None:
    """A name or package URL and a range give the objects; an unknown version is not certain."""
    found = [(one.object_id, one.certain) for one in known().who_has(what, versions)]
    assert found == expected


@pytest.mark.parametrize(
    ("purl", "expected"),
    [
        ("pkg:pypi/My_Lib@1.0", ("pypi", "my-lib", "1.0")),
        ("pkg:npm/%40scope/Name@2", ("npm", "@scope/Name", "2")),
        ("pkg:maven/org.x/a@1?type=jar#b", ("maven", "org.x/a", "1")),
        ("pkg:DEB/Debian/curl", ("deb", "debian/curl", "")),
        ("curl", None),
    ],
)
def test_package_urls_are_folded_as_their_types_ask(
    purl: str, expected: tuple[str, str, str] | None
) -> None:
    """Type and, for some types, name are compared without case (package-url types)."""
    assert purl_key(purl) == expected


def test_an_inventory_is_kept_and_read(tmp_path: Path) -> None:
    """What is written is read again; a new import takes the place of the former."""
    write_inventory(tmp_path, Inventory("plant", (NAMELESS,), AT, "a", "b", "c"))
    write_inventory(tmp_path, Inventory("plant", (HTTPD, REQUESTS), AT, "a", "b", "bom.json"))
    held = read_inventories([tmp_path]).by_object
    assert held["plant"].components == (HTTPD, REQUESTS)
    assert (held["plant"].author, held["plant"].source) == ("a", "bom.json")
    assert [path.name for path in (tmp_path / "inventory").iterdir()] == ["plant.ndjson"]


@pytest.mark.parametrize("text", ["", "{", "[]\n", "{}\n", '{"object": "x"}\n'])
def test_a_broken_inventory_is_told(tmp_path: Path, text: str) -> None:
    """A file that is none is an error with its name, never an empty inventory."""
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory" / "plant.ndjson").write_text(text)
    with pytest.raises(ConfigurationError, match=r"plant\.ndjson: is no inventory"):
        read_inventories([tmp_path])
