"""Where a public address is and whose network it is in, from mmdb files of the operator.

Sources: MaxMind DB file format 2.0; the schemas of GeoIP2 City, Country and ASN, which DB-IP and
IP2Location write too, and the flat one of IPinfo; ECS 9.5, ``geo`` and ``as``.
"""

import io
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import ip_address
from typing import Any

import maxminddb

from pipeline.errors import ConfigurationError, Problem
from pipeline.model import Event, Json
from pipeline.normalize.enrichment.delta import NOTHING

_SIDES = ("source", "destination", "client", "server")
NEEDS = frozenset(_SIDES)
_REMEMBERED = 65_536
_MOST_TEXT = 256


class Geo:
    """Adds ``geo`` and ``as`` to the ends of a connection; the first file that knows counts."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        """Open the files by name; ConfigurationError names each that is none, with the reason."""
        problems: list[Problem] = []
        self._readers: list[maxminddb.Reader] = []
        for name, data in files.items():
            try:
                reader = maxminddb.open_database(io.BytesIO(data), maxminddb.MODE_FD)
                _probe(reader)
            except (maxminddb.InvalidDatabaseError, ValueError, KeyError, TypeError) as error:
                reason = f"is no mmdb file: {error}"
                problems.append(Problem(name, 0, reason, "download it again"))
                continue
            self._readers.append(reader)
        if problems:
            raise ConfigurationError(problems)
        self._found = lru_cache(maxsize=_REMEMBERED)(self._look_up)

    def __call__(self, event: Event) -> Json:
        """Give geo and network of an event's public addresses."""
        ecs = event.ecs
        delta: Json = {}
        for side in _SIDES:
            part = ecs.get(side)
            if part.__class__ is dict:
                address = part.get("ip")
                if address.__class__ is str:
                    found = self._found(address)
                    if found:
                        delta[side] = found
        return delta or NOTHING

    def _look_up(self, text: str) -> Json:
        try:
            address = ip_address(text)
        except ValueError:
            return NOTHING
        address = getattr(address, "ipv4_mapped", None) or address
        if not address.is_global or address.is_multicast:
            return NOTHING
        found: Json = {}
        for reader in self._readers:
            if address.version == 6 and reader.metadata().ip_version == 4:
                continue
            try:
                row = reader.get(address)
            except (maxminddb.InvalidDatabaseError, ValueError, IndexError):
                continue  # one rotten record is no reason to lose the event
            if isinstance(row, dict):
                for name, part in (("geo", _geo(row)), ("as", _network(row))):
                    if part and name not in found:
                        found[name] = part
        return found


def _probe(reader: Any) -> None:
    """Read a file's own data and some addresses, so that a torn file shows itself at once."""
    if not reader.metadata().node_count:
        raise ValueError("it knows no network")
    for first in range(1, 224, 8):
        reader.get(f"{first}.1.1.1")


def _geo(row: Json) -> Json:
    country, continent, location = _part(row, "country"), _part(row, "continent"), {}
    place = _part(row, "location")
    latitude, longitude = place.get("latitude"), place.get("longitude")
    if isinstance(latitude, int | float) and isinstance(longitude, int | float):
        location = {"lat": float(latitude), "lon": float(longitude)}
    code = country.get("iso_code") or row.get("country_code") or _flat(row, "country")
    regions = row.get("subdivisions")
    region = regions[0] if isinstance(regions, list) and regions else {}
    region = region if isinstance(region, dict) else {}
    region_code = region.get("iso_code")
    fields = {
        "continent_code": continent.get("code") or row.get("continent_code"),
        "continent_name": _name(continent) or _flat(row, "continent"),
        "country_iso_code": code,
        "country_name": _name(country) or row.get("country_name"),
        "region_iso_code": f"{code}-{region_code}" if code and region_code else None,
        "region_name": _name(region) or row.get("region"),
        "city_name": _name(_part(row, "city")) or _flat(row, "city"),
        "postal_code": _part(row, "postal").get("code"),
        "timezone": place.get("time_zone"),
    }
    found: Json = {name: text for name, value in fields.items() if (text := _text(value))}
    if location:
        found["location"] = location
    return found


def _network(row: Json) -> Json:
    number = row.get("autonomous_system_number")
    if number is None and isinstance(row.get("asn"), str):
        digits = row["asn"].removeprefix("AS")
        number = int(digits) if digits.isascii() and digits.isdigit() else None
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 1 << 32:
        return {}
    name = _text(row.get("autonomous_system_organization") or row.get("as_name"))
    return {"number": number, **({"organization": {"name": name}} if name else {})}


def _part(row: Json, name: str) -> Json:
    value = row.get(name)
    return value if isinstance(value, dict) else {}


def _flat(row: Json, name: str) -> Any:
    value = row.get(name)
    return value if isinstance(value, str) else None


def _name(part: Json) -> Any:
    names = part.get("names")
    return names.get("en") if isinstance(names, dict) else None


def _text(value: Any) -> str:
    return value[:_MOST_TEXT] if isinstance(value, str) and value != "-" else ""
