"""Place and network of public addresses."""

from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError
from pipeline.model import Json
from pipeline.normalize.ecs_schema import fitting
from tests.normalize.enrichment.made import enriched, made, mmdb

CITY: Json = {
    "continent": {"code": "AS", "names": {"en": "Asia", "ru": "Азия"}},
    "country": {"iso_code": "KZ", "names": {"en": "Kazakhstan"}},
    "subdivisions": [{"iso_code": "75", "names": {"en": "Almaty"}}],
    "city": {"names": {"en": "Almaty", "ru": "Алма-Ата"}},
    "postal": {"code": "050000"},
    "location": {"latitude": 43.25, "longitude": 76.92, "time_zone": "Asia/Almaty"},
}
ASN: Json = {"autonomous_system_number": 9198, "autonomous_system_organization": "JSC Example"}
GEO = {
    "continent_code": "AS", "continent_name": "Asia", "country_iso_code": "KZ",
    "country_name": "Kazakhstan", "region_iso_code": "KZ-75", "region_name": "Almaty",
    "city_name": "Almaty", "postal_code": "050000", "timezone": "Asia/Almaty",
    "location": {"lat": 43.25, "lon": 76.92},
}  # fmt: skip
AS = {"number": 9198, "organization": {"name": "JSC Example"}}


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Give a file of cities and one of networks."""
    city = mmdb(tmp_path / "city.mmdb", {"2.72.0.0/16": CITY, "2a00:5da0::/32": CITY})
    return [city, mmdb(tmp_path / "asn.mmdb", {"2.72.0.0/16": ASN}, "GeoLite2-ASN")]


def test_a_public_address_has_place_and_network(files: list[Path]) -> None:
    """The ends of a connection get what the files know, each field as ECS takes it."""
    geo = made(geo=files)
    told = enriched(geo, {"source": {"ip": "2.72.1.1"}, "destination": {"ip": "2a00:5da0::1"}})
    assert told["source"] == {"ip": "2.72.1.1", "geo": GEO, "as": AS}
    assert told["destination"] == {"ip": "2a00:5da0::1", "geo": GEO}
    for name, value in GEO.items():
        assert fitting(f"source.geo.{name}", value) == value
    assert fitting("source.as.number", 9198) == 9198


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1", "127.0.0.1", "169.254.1.1", "100.64.0.1", "192.0.2.1", "203.0.113.45", "::1",
        "fe80::1", "fc00::1", "2001:db8::9", "224.0.0.1", "0.0.0.0", "no address", "", "2.72.1.1%x",
    ],
)  # fmt: skip
def test_what_is_not_public_is_not_looked_up(tmp_path: Path, address: str) -> None:
    """Private, loopback, documentation and other special addresses have no place on the map."""
    everywhere = mmdb(tmp_path / "all.mmdb", {"::/1": CITY, "8000::/1": CITY})
    assert enriched(made(geo=[everywhere]), {"source": {"ip": address}}) == {
        "source": {"ip": address}
    }


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (
            {"country_code": "KZ", "asn": "AS9198", "as_name": "Example"},
            {
                "geo": {"country_iso_code": "KZ"},
                "as": {"number": 9198, "organization": {"name": "Example"}},
            },
        ),
        (
            {"country": "KZ", "city": "Astana"},
            {"geo": {"country_iso_code": "KZ", "city_name": "Astana"}},
        ),
        (
            {"country": {"iso_code": "KZ"}, "city": {"names": {"en": "-"}}},
            {"geo": {"country_iso_code": "KZ"}},
        ),
        ({"country": 7, "location": {"latitude": "x"}, "subdivisions": [3], "asn": "AS-"}, {}),
        ({"autonomous_system_number": 0}, {}),
    ],
    ids=["flat", "flat names", "dashes for nothing", "other types", "no number"],
)
def test_every_schema_is_read(tmp_path: Path, row: Json, told: Json) -> None:
    """Files of other makers are read by the fields that they have; odd values say nothing."""
    path = mmdb(tmp_path / "x.mmdb", {"2.72.0.0/16": row})
    assert enriched(made(geo=[path]), {"client": {"ip": "2.72.9.9"}}) == {
        "client": {"ip": "2.72.9.9", **told}
    }


def test_what_the_event_says_stays(files: list[Path]) -> None:
    """Geo fields that a sender filled are not replaced, only completed."""
    told = enriched(made(geo=files), {"source": {"ip": "2.72.1.1", "geo": {"city_name": "Астана"}}})
    assert told["source"]["geo"]["city_name"] == "Астана"
    assert told["source"]["geo"]["country_iso_code"] == "KZ"


@pytest.mark.parametrize("keep", [0, 10, 200, -60])
def test_a_broken_file_is_refused_with_its_name(files: list[Path], keep: int) -> None:
    """A file that is cut short, or none at all, is a problem that names it."""
    data = files[0].read_bytes()
    files[0].write_bytes(data[:keep])
    with pytest.raises(ConfigurationError, match=r"city\.mmdb"):
        made(geo=files)


def test_a_missing_file_is_refused_with_its_name(tmp_path: Path) -> None:
    """A file that is not there is a problem that names it."""
    with pytest.raises(ConfigurationError, match=r"gone\.mmdb"):
        made(geo=[tmp_path / "gone.mmdb"])


def test_an_address_of_six_is_not_sought_in_a_file_of_four(tmp_path: Path) -> None:
    """A file that knows IPv4 only is passed over for other addresses."""
    four = mmdb(tmp_path / "four.mmdb", {"2.72.0.0/16": ASN}, "GeoLite2-ASN", of=4)
    geo = made(geo=[four])
    ecs = {"source": {"ip": "2a00::1"}, "destination": {"ip": "::ffff:2.72.0.1"}}
    told = enriched(geo, ecs)
    assert (told["source"], told["destination"]["as"]) == ({"ip": "2a00::1"}, AS)
