"""An event's addresses, names, URLs and hashes against all indicators, in one pass.

Source: ECS 9.5, ``threat.enrichments`` (nested): ``indicator`` is what the feed says, ``matched``
what in the event it met.
"""

from functools import lru_cache
from ipaddress import ip_address
from typing import Any

from pipeline.model import Event, Json
from pipeline.normalize.enrichment.delta import NOTHING
from pipeline.normalize.enrichment.domains import name_parts
from pipeline.normalize.enrichment.indicators.index import Found, IndicatorIndex
from pipeline.normalize.enrichment.indicators.indicator import Kind, canonical, hash_name

MATCHED = "indicator_match"
MOST_MATCHED = 16  # indicators that one event names
MOST_VALUES = 32  # of one list in an event
_REMEMBERED = 65_536
_LONGEST = 2048

Hit = tuple[Kind, str, Found]
Place = tuple[str, tuple[str, ...], str]  # field, path below two names, how it is looked up

_ENDS = ("source", "destination", "client", "server")
_HASHED = ("md5", "sha1", "sha256", "sha384", "sha512")


def _places() -> dict[str, tuple[tuple[str, list[Place]], ...]]:
    """Give where values stand, by the first and the second part of their names."""
    told = [(f"{end}.ip", "address") for end in _ENDS]
    told += [(f"{end}.domain", "name") for end in _ENDS]
    told += [
        ("dns.question.name", "name"),
        ("dns.resolved_ip", "address"),
        ("dns.answers.data", "name"),
        ("url.full", "url"),
        ("url.original", "url"),
        ("url.domain", "name"),
        ("http.request.referrer", "url"),
        ("tls.client.server_name", "name"),
        ("email.from.address", "email"),
        ("email.sender.address", "email"),
        ("email.reply_to.address", "email"),
        ("email.to.address", "email"),
        ("user.email", "email"),
    ]
    holders = ("file", "process", "process.parent", "dll", "email.attachments.file")
    told += [(f"{holder}.hash.{name}", "hash") for holder in holders for name in _HASHED]
    told += [
        (f"tls.{side}.hash.{name}", "hash")
        for side in ("client", "server")
        for name in ("md5", "sha1", "sha256")
    ]
    found: dict[str, dict[str, list[Place]]] = {}
    for field, how in told:
        first, second, *rest = field.split(".")
        found.setdefault(first, {}).setdefault(second, []).append((field, tuple(rest), how))
    return {first: tuple(below.items()) for first, below in found.items()}


_PLACES = _places()
NEEDS = frozenset(_PLACES)


class Indicators:
    """Adds ``threat.enrichments`` to events that hold a value of an indicator valid at their time.

    A domain name also meets indicators of the domains that it is in, down to its registered one.
    """

    def __init__(self, index: IndicatorIndex) -> None:
        self._index = index
        remembered = lru_cache(maxsize=_REMEMBERED)
        self._look_up = {
            "address": remembered(self._address),
            "name": remembered(self._name),
            "url": remembered(self._url),
            "email": remembered(self._email),
            "hash": remembered(self._hash),
        }

    def __call__(self, event: Event) -> Json:
        """Give what indicators say of an event."""
        ecs, time = event.ecs, event.time
        found: list[Json] = []
        told: set[tuple[str, str]] = set()
        for first, part in ecs.items():
            if part.__class__ is not dict or first not in _PLACES:
                continue
            for second, places in _PLACES[first]:
                value = part.get(second)
                if value is None:
                    continue
                for field, path, how in places:
                    for kind, atomic, one in self._hits(value, path, how):
                        valid = one.valid_from <= time < one.valid_until
                        if valid and (one.id, atomic) not in told:
                            told.add((one.id, atomic))
                            found.append(_enrichment(kind, atomic, field, one))
        if not found:
            return NOTHING
        found.sort(key=_order)
        return {"threat": {"enrichments": found[:MOST_MATCHED]}}

    def _hits(self, value: Any, path: tuple[str, ...], how: str) -> tuple[Hit, ...]:
        if path:
            value = _follow(value, path)
        if value.__class__ is str:
            return self._look_up[how](value) if len(value) <= _LONGEST else ()
        if value.__class__ is list:
            found, listed = self._look_up[how], value[:MOST_VALUES]
            texts = [one for one in listed if one.__class__ is str and len(one) <= _LONGEST]
            return tuple(hit for one in texts for hit in found(one))
        return ()

    def _address(self, text: str) -> tuple[Hit, ...]:
        try:
            address = ip_address(text)
        except ValueError:
            return ()
        address = getattr(address, "ipv4_mapped", None) or address
        found = self._exact("ip", str(address))
        number, bits = int(address), address.max_prefixlen
        for version, length in self._index.prefixes:
            if version == address.version:
                begin = number >> (bits - length) << (bits - length)
                found += self._exact("network", f"{type(address)(begin)}/{length}")
        return found

    def _name(self, text: str) -> tuple[Hit, ...]:
        name = canonical("domain", text)
        if not name:
            return self._address(text)
        found = self._exact("domain", name)
        widest = name_parts(name).get("registered_domain", name)
        while name != widest and "." in name:
            name = name.partition(".")[2]
            found += self._exact("domain", name)
        return found

    def _url(self, text: str) -> tuple[Hit, ...]:
        url = canonical("url", text)
        return self._exact("url", url) if url else ()

    def _email(self, text: str) -> tuple[Hit, ...]:
        address = canonical("email", text)
        return self._exact("email", address) if address else ()

    def _hash(self, text: str) -> tuple[Hit, ...]:
        value = canonical("hash", text)
        return self._exact("hash", value) if value else ()

    def _exact(self, kind: Kind, value: str) -> tuple[Hit, ...]:
        return tuple((kind, value, one) for one in self._index.find(kind, value))


def _follow(value: Any, path: tuple[str, ...]) -> Any:
    """Follow a path through objects, and through lists of them; texts found in those as a list."""
    for at, name in enumerate(path):
        if value.__class__ is list:
            below = path[at:]
            found = [_follow(one, below) for one in value[:MOST_VALUES] if one.__class__ is dict]
            return [one for one in found if one.__class__ is str]
        if value.__class__ is not dict:
            return None
        value = value.get(name)
    return value


def _order(enrichment: Json) -> tuple[str, str, str]:
    matched = enrichment["matched"]
    return matched["field"], matched["atomic"], matched.get("id", "")


def _enrichment(kind: Kind, atomic: str, field: str, one: Found) -> Json:
    sheet = one.sheet
    indicator: Json = {"type": _type(kind, atomic), **_value(kind, atomic)}
    said = {
        "provider": sheet.provider,
        "confidence": sheet.confidence,
        "reference": sheet.reference,
        "name": sheet.name,
    }
    indicator |= {name: text for name, text in said.items() if text}
    if sheet.tlp:
        indicator["marking"] = {"tlp": sheet.tlp, "tlp_version": sheet.tlp_version}
    matched = {"atomic": atomic, "field": field, "type": MATCHED}
    if one.id:
        matched["id"] = one.id
    return {"indicator": indicator, "matched": matched}


def _type(kind: Kind, atomic: str) -> str:
    if kind in ("ip", "network"):
        return "ipv6-addr" if ":" in atomic else "ipv4-addr"
    return {"domain": "domain-name", "url": "url", "email": "email-addr", "hash": "file"}[kind]


def _value(kind: Kind, atomic: str) -> Json:
    if kind == "ip":
        return {"ip": atomic}
    if kind == "domain":
        return {"url": {"domain": atomic}}
    if kind == "url":
        return {"url": {"full": atomic}}
    if kind == "email":
        return {"email": {"address": atomic}}
    if kind == "hash":
        return {"file": {"hash": {hash_name(atomic): atomic}}}
    return {}  # a network is no address: what matched says it
