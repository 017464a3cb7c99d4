"""The book of what was refused: audited, told with the way in, and paged without content.

An object's refused records page the duty officer at most once an hour. So does a sender that no
object knows, by its network: under an object id of the form ``@unregistered:<network>`` that no
registry can hold. Made-up senders make no storm: at most 16 networks are paged in an hour and 256
in all, what is beyond them as one.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

import structlog

from pipeline.incidents.audit import Draft
from pipeline.model import NANOSECONDS, BatchKind, Revisions, identity
from pipeline.ports import CollectorStores
from pipeline.registry import UNKNOWN_SOURCE, Refusal
from pipeline.runtime.chainer import audited
from pipeline.runtime.own_batches import own_batch, place

log = structlog.get_logger("saqshy.refused")
REFUSALS = "saqshy-refusals"  # the source of what was refused
UNREGISTERED = "@unregistered:"  # no object id begins so
PAGES_EVERY = 3600 * NANOSECONDS
MOST_SENDERS = 64  # named in one telling; the rest is counted together
MOST_NETWORKS = 256  # paged each on its own, ever
MOST_PAGES = 16  # networks that are paged within an hour
MOST_TOLD = 8  # senders with their way in, in one telling
_PREFIX = {4: 24, 6: 48}
_OTHERS = "others"


@dataclass(slots=True)
class _Sender:
    certificates: tuple[str, ...]
    count: int
    last_at: int


@dataclass(slots=True)
class Refused:
    """Counts refusals and tells them; one thread at a time. ``name`` is the collector's."""

    name: str
    stores: CollectorStores
    _counted: dict[tuple[str, str, str], int] = field(default_factory=dict)
    _unknown: dict[tuple[str, str], _Sender] = field(default_factory=dict)
    _paged: dict[str, int] = field(default_factory=dict)
    _networks: set[str] | None = None

    @property
    def waiting(self) -> bool:
        """Tell whether anything is counted and not told."""
        return bool(self._counted)

    def count(
        self, listener: str, refusal: Refusal, now: int, certificates: tuple[str, ...] = ()
    ) -> None:
        """Count one refusal; of a flood of senders the rest is counted together.

        ``certificates`` is what the sender's verified certificate says of it.
        """
        key = (listener, refusal.reason, refusal.sender)
        if key not in self._counted and len(self._counted) >= MOST_SENDERS:
            key = (listener, refusal.reason, _OTHERS)
        self._counted[key] = self._counted.get(key, 0) + refusal.count
        if refusal.reason == UNKNOWN_SOURCE and refusal.sender != _OTHERS:
            self._remember(listener, refusal, now, certificates)

    def tell(self, now: int, revisions: Revisions, *, pages: bool) -> None:
        """Write what was refused since the last time into the administration's chain, and page."""
        if not self._counted:
            return
        drafts = [
            Draft(
                chain="administration",
                entry_id=identity("refused", self.name, listener, reason, sender, now),
                kind="records_refused",
                subject=listener,
                at=now,
                actor="saqshy",
                detail={"sender": sender, "reason": reason, "count": count},
            )
            for (listener, reason, sender), count in sorted(self._counted.items())
        ]
        if pages:
            self.page(self._counted, now, revisions)
        with self.stores.database.transaction():
            audited(self.stores.audit, drafts)
        self._tell_ways_in()
        self._counted.clear()

    def page(self, refused: Iterable[tuple[str, str, str]], now: int, revisions: Revisions) -> None:
        """Page what was not paged within the hour; ``refused``: listener, reason and sender."""
        due = self._due(refused, now)
        if not due:
            return
        with self.stores.database.transaction():
            for (object_id, source_id), reasons in sorted(due.items()):
                self._page(object_id, source_id, reasons, now, revisions)
        self._paged.update((object_id, now) for object_id, _ in due)

    def troubles(self, now: int) -> Iterator[str]:
        """Say of each unknown sender of the last hour how its source is registered."""
        recent = [
            (sender, of) for sender, of in self._unknown.items() if now - of.last_at < PAGES_EVERY
        ]
        recent.sort(key=lambda item: (-item[1].count, item[0]))
        for (listener, sender), of in recent[:MOST_TOLD]:
            peer, _, host = sender.partition(" ")
            yield (
                f"{listener}: {of.count} records of {shown(sender)} are of no registered source; "
                "to take them, add this to the sources of its object in the registry: "
                f"{registration(listener, peer, host, of.certificates)}"
            )
        if len(recent) > MOST_TOLD:
            yield f"{len(recent) - MOST_TOLD} more senders of no registered source"

    def _remember(
        self, listener: str, refusal: Refusal, now: int, certificates: tuple[str, ...]
    ) -> None:
        key = (listener, refusal.sender)
        known = self._unknown.get(key)
        if known is None:
            if len(self._unknown) >= MOST_SENDERS:
                oldest = min(self._unknown, key=lambda one: self._unknown[one].last_at)
                del self._unknown[oldest]
            known = self._unknown[key] = _Sender(certificates, 0, now)
        known.count += refusal.count
        known.last_at = now

    def _tell_ways_in(self) -> None:
        unknown = [
            (count, listener, sender)
            for (listener, reason, sender), count in self._counted.items()
            if reason == UNKNOWN_SOURCE and sender != _OTHERS
        ]
        for count, listener, sender in sorted(unknown, reverse=True)[:MOST_TOLD]:
            peer, _, host = sender.partition(" ")
            known = self._unknown.get((listener, sender))
            way_in = registration(listener, peer, host, known.certificates if known else ())
            log.warning("source.unknown", listener=listener, count=count, register=way_in)

    def _due(
        self, refused: Iterable[tuple[str, str, str]], now: int
    ) -> dict[tuple[str, str], set[str]]:
        """Give (object, source) to the reasons of which the duty officer is to be told now."""
        self._paged = {one: at for one, at in self._paged.items() if now - at < PAGES_EVERY}
        due: dict[tuple[str, str], set[str]] = {}
        for listener, reason, sender in sorted(refused):
            object_id, slash, _ = sender.partition("/")
            if reason == UNKNOWN_SOURCE:
                object_id = self._unregistered(listener, sender, due)
            elif not slash:
                continue
            if object_id not in self._paged:
                due.setdefault((object_id, REFUSALS), set()).add(reason)
        return due

    def _unregistered(
        self, listener: str, sender: str, due: dict[tuple[str, str], set[str]]
    ) -> str:
        """Give the name under which an unknown sender's network is paged."""
        if self._networks is None:
            known = self.stores.state.objects()
            self._networks = {one for one in known if one.startswith(UNREGISTERED)}
        name = UNREGISTERED + network_of(sender.partition(" ")[0], listener)
        waiting = {object_id for object_id, _ in due}
        within = {one for one in (*self._paged, *waiting) if one.startswith(UNREGISTERED)}
        if name in within:
            return name
        too_many = name not in self._networks and len(self._networks) >= MOST_NETWORKS
        if too_many or len(within) >= MOST_PAGES:
            return UNREGISTERED + _OTHERS
        self._networks.add(name)
        return name

    def _page(
        self, object_id: str, source_id: str, reasons: set[str], now: int, revisions: Revisions
    ) -> None:
        """Journal, without any content, that records are refused: so the duty officer is paged.

        SPEC 5: without attestation hold and page.
        """
        behind = place(self.stores.journal, object_id, source_id)
        known = identity("batch", object_id, source_id, self.name, behind.last + 1)
        records = [reason.encode() for reason in sorted(reasons)]
        batch = own_batch(behind, known, BatchKind.REFUSED, records, now, revisions, "refused")
        self.stores.journal.append(REFUSALS, [batch])


def network_of(peer: str, listener: str) -> str:
    """Give the network of a peer, /24 or /48; the listener where the peer is no address."""
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return listener
    return str(ip_network((address, _PREFIX[address.version]), strict=False))


def registration(listener: str, peer: str, host: str, certificates: tuple[str, ...] = ()) -> str:
    """Write the source that would let a sender in, as one line of an object's ``sources``.

    A certificate's name is asked for before an address: it proves more, and stays when that moves.
    """
    name = re.sub(r"[^a-z0-9_.-]+", "-", (host or peer).casefold()).strip("-._")[:40] or "new"
    match = {"listeners": [listener]}
    if certificates:
        match["certificates"] = [certificates[0]]
    elif _is_address(peer):
        match["addresses"] = [peer.partition("%")[0]]
    if host:
        match["hosts"] = [host[:100]]
    return f"- {json.dumps({'id': name, 'match': match})}"


def shown(sender: str) -> str:
    """Give a sender as printable ASCII: a host name is whatever a stranger wrote."""
    return json.dumps(sender[:100])[1:-1]


def _is_address(peer: str) -> bool:
    try:
        ip_address(peer.partition("%")[0])
    except ValueError:
        return False
    return True
