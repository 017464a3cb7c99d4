"""Whose record is it: from listener, peer, certificate, host name and declared fields to a source.

The registry is a closed list. Of the sources that take a record the most specific wins: one that
asks for fields before one that asks for a host, then for a certificate, then the longer network,
then a listener. Two equally specific sources that take the same records are refused at load.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Any, TypeAlias

from pipeline.registry.history import History
from pipeline.registry.part import certificate_key, host_key
from pipeline.registry.records import ObjectRecord
from pipeline.registry.registry import Registry
from pipeline.registry.sources import SourceMatch, SourceProfile

_Address: TypeAlias = IPv4Address | IPv6Address
_Network: TypeAlias = IPv4Network | IPv6Network
_Specificity: TypeAlias = tuple[int, int, int, int, int]
_NO_NAMES: frozenset[str] = frozenset()
MOST_REMEMBERED = 65_536
REPORTS = "reports"  # the source of what people enter by hand, built in with every object


_ENTERED = SourceProfile(id=REPORTS, match=SourceMatch(listeners=(REPORTS,)), format="json")


@dataclass(frozen=True, slots=True)
class Claim:
    """One source of one object, and what it asks of a record, ready to compare."""

    record: ObjectRecord
    source: SourceProfile
    listeners: frozenset[str]
    networks: tuple[_Network, ...]
    hosts: frozenset[str]
    fields: tuple[tuple[str, str], ...]
    certificates: frozenset[str]

    def takes(
        self,
        listener: str,
        address: _Address | None,
        fields: Mapping[str, str],
        names: frozenset[str] = _NO_NAMES,
    ) -> _Specificity | None:
        """Give how specifically this takes a record whose host already fits; None where not."""
        if self.listeners and listener not in self.listeners:
            return None
        if self.certificates and self.certificates.isdisjoint(names):
            return None
        prefix = 0
        if self.networks:
            fitting = (net.prefixlen + 1 for net in self.networks if address and address in net)
            prefix = max(fitting, default=0)
            if not prefix:
                return None
        if any(fields.get(name) != value for name, value in self.fields):
            return None
        certified = bool(self.certificates)
        return (len(self.fields), bool(self.hosts), certified, prefix, bool(self.listeners))


def claim(record: ObjectRecord, source: SourceProfile) -> Claim:
    """Make the claim of one source."""
    match: SourceMatch = source.match
    return Claim(
        record,
        source,
        frozenset(match.listeners),
        tuple(ip_network(address, strict=False) for address in match.addresses),
        frozenset(map(host_key, match.hosts)),
        tuple(sorted(match.fields.items())),
        frozenset(map(certificate_key, match.certificates)),
    )


@dataclass(frozen=True, slots=True)
class Epoch:
    """The claims in force between two changes of the registry.

    Each claim stands in one index only: by host, else by certificate, else by network, else by
    listener, else by field.
    """

    by_host: Mapping[str, tuple[Claim, ...]]
    by_certificate: Mapping[str, tuple[Claim, ...]]
    by_network: Mapping[tuple[int, int], Mapping[int, tuple[Claim, ...]]]
    by_listener: Mapping[str, tuple[Claim, ...]]
    by_field: Mapping[tuple[str, str], tuple[Claim, ...]]
    by_id: Mapping[str, Claim]
    fields: tuple[str, ...]
    _known: dict[tuple[str, str, str, tuple[str, ...]], Claim | None] = field(default_factory=dict)

    def identify(
        self,
        listener: str,
        peer: str,
        host: str,
        fields: Mapping[str, str],
        certificates: tuple[str, ...] = (),
    ) -> Claim | None:
        """Give the most specific claim on a record; None where no source takes it."""
        if self.fields:
            return self._search(listener, peer, host, fields, certificates)
        key = (listener, peer, host, certificates)
        if key not in self._known:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            self._known[key] = self._search(listener, peer, host, fields, certificates)
        return self._known[key]

    def _search(
        self,
        listener: str,
        peer: str,
        host: str,
        fields: Mapping[str, str],
        certificates: tuple[str, ...],
    ) -> Claim | None:
        best: Claim | None = None
        rank: _Specificity = (-1, -1, -1, -1, -1)
        address = _address(peer)
        names = frozenset(map(certificate_key, certificates)) if certificates else _NO_NAMES
        for candidate in self._candidates(listener, address, host, fields, names):
            taken = candidate.takes(listener, address, fields, names)
            if taken is not None and taken > rank:
                best, rank = candidate, taken
        return best

    def _candidates(
        self,
        listener: str,
        address: _Address | None,
        host: str,
        fields: Mapping[str, str],
        names: frozenset[str],
    ) -> Iterator[Claim]:
        yield from self.by_host.get(host_key(host), ())
        for name in sorted(names):
            yield from self.by_certificate.get(name, ())
        if address is not None:
            number, bits = int(address), address.max_prefixlen
            for (version, prefix), networks in self.by_network.items():
                if version == address.version:
                    yield from networks.get(number >> (bits - prefix), ())
        yield from self.by_listener.get(listener, ())
        for pair in fields.items():
            yield from self.by_field.get(pair, ())


def _address(peer: str) -> _Address | None:
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


@dataclass(slots=True)
class _Gathering:
    hosts: dict[str, list[Claim]] = field(default_factory=dict)
    certificates: dict[str, list[Claim]] = field(default_factory=dict)
    networks: dict[tuple[int, int], dict[int, list[Claim]]] = field(default_factory=dict)
    listeners: dict[str, list[Claim]] = field(default_factory=dict)
    fields: dict[tuple[str, str], list[Claim]] = field(default_factory=dict)

    def add(self, made: Claim) -> None:
        for host in made.hosts:
            self.hosts.setdefault(host, []).append(made)
        if made.hosts:
            return
        for name in made.certificates:
            self.certificates.setdefault(name, []).append(made)
        if made.certificates:
            return
        for net in made.networks:
            shelf = self.networks.setdefault((net.version, net.prefixlen), {})
            number = int(net.network_address) >> (net.max_prefixlen - net.prefixlen)
            shelf.setdefault(number, []).append(made)
        if made.networks:
            return
        for name in made.listeners:
            self.listeners.setdefault(name, []).append(made)
        if not made.listeners:
            for pair in made.fields[:1]:
                self.fields.setdefault(pair, []).append(made)


def _epoch(records: Iterable[ObjectRecord]) -> Epoch:
    gathered = _Gathering()
    by_id: dict[str, Claim] = {}
    names: set[str] = set()
    for record in records:
        for source in record.sources:
            made = by_id[f"{record.id}/{source.id}"] = claim(record, source)
            names.update(name for name, _ in made.fields)
            gathered.add(made)
        by_id.setdefault(f"{record.id}/{REPORTS}", claim(record, _ENTERED))
    return Epoch(
        {host: tuple(claims) for host, claims in gathered.hosts.items()},
        {name: tuple(claims) for name, claims in gathered.certificates.items()},
        {
            kind: {number: tuple(claims) for number, claims in shelf.items()}
            for kind, shelf in gathered.networks.items()
        },
        {name: tuple(claims) for name, claims in gathered.listeners.items()},
        {pair: tuple(claims) for pair, claims in gathered.fields.items()},
        by_id,
        tuple(sorted(names)),
    )


@dataclass(frozen=True, slots=True)
class Identification:
    """The claims of a registry at any instant; built once for each change of it."""

    registry: Registry
    boundaries: tuple[int, ...]
    _epochs: dict[int, Epoch] = field(default_factory=dict)

    def at(self, instant: int) -> Epoch:
        """Give the claims in force at an instant."""
        place = bisect_right(self.boundaries, instant)
        epoch = self._epochs.get(place)
        if epoch is None:
            epoch = self._epochs[place] = _epoch(self.registry.objects(instant))
        return epoch


def identification(registry: Registry) -> Identification:
    """Prepare a registry's claims."""
    edges = {
        edge
        for history in registry.histories.values()
        for begin, end, _ in history.spans()
        for edge in (begin, end)
    }
    return Identification(registry, tuple(sorted(edges)))


def ambiguities(
    histories: Mapping[str, History],
) -> Iterator[tuple[ObjectRecord, int, str, str]]:
    """Give (record, index of its source, other object, other source) where two take the same.

    Only claims of equal specificity count, in spans of time that meet.
    """
    by_key: dict[tuple[str, str], list[tuple[int, int, ObjectRecord, int]]] = {}
    for history in histories.values():
        for begin, end, record in history.spans():
            for index, source in enumerate(record.sources):
                for key in _keys(source.match):
                    by_key.setdefault(key, []).append((begin, end, record, index))
    told: set[tuple[int, int]] = set()
    for entries in by_key.values():
        if len(entries) == 1:
            continue
        claims = [claim(record, record.sources[index]) for _, _, record, index in entries]
        for place, (begin, end, record, index) in enumerate(entries):
            for other, (their_begin, their_end, theirs, their_index) in enumerate(entries[:place]):
                meets = begin < their_end and their_begin < end
                told_already = (id(record), index) in told
                if meets and not told_already and _same_records(claims[place], claims[other]):
                    told.add((id(record), index))
                    yield record, index, theirs.id, theirs.sources[their_index].id


def _keys(match: SourceMatch) -> list[tuple[str, str]]:
    """Give the keys under which an equally specific rival must also stand."""
    if match.hosts:
        return [("host", host) for host in sorted(set(map(host_key, match.hosts)))]
    if match.certificates:
        return [
            ("certificate", one) for one in sorted(set(map(certificate_key, match.certificates)))
        ]
    if match.addresses:
        networks = {str(ip_network(address, strict=False)) for address in match.addresses}
        return [("network", network) for network in sorted(networks)]
    if match.listeners:
        return [("listener", name) for name in sorted(set(match.listeners))]
    return [("fields", "")]


def _same_records(one: Claim, other: Claim) -> bool:
    if len(one.fields) != len(other.fields):
        return False
    theirs = dict(other.fields)
    return (
        _meet(one.listeners, other.listeners)
        and _meet(frozenset(one.networks), frozenset(other.networks))
        and _meet(one.certificates, other.certificates)
        and bool(one.hosts) == bool(other.hosts)
        and all(theirs.get(name, value) == value for name, value in one.fields)
    )


def _meet(one: frozenset[Any], other: frozenset[Any]) -> bool:
    """Tell whether one of the values serves both, or neither asks."""
    return bool(one & other) or not (one or other)
