"""Exchange with other operations centres in the cluster: each partition owes for its own incidents.

Lines are a process's, what they carry is a partition's: a bundle is written from the stores of the
partition that has the incident.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from connectors.sinks.peer_link import Consignment
from connectors.stores.partition_outbox import PartitionOutbox
from connectors.stores.partition_stores import PartitionStores
from pipeline.errors import DeliveryError
from pipeline.model import Notice
from pipeline.notify.payload import Shared
from pipeline.ports import WHATEVER, Sink, Turn
from pipeline.runtime.knowledge import Knowledge
from pipeline.runtime.peering import PeerContent, Peering, join_peer_sinks
from pipeline.settings import PeerSettings, Settings


@dataclass(frozen=True, slots=True)
class Remade:
    """``ports.Outbox`` without what a rebuild took over and has not made again yet.

    A bundle's id counts those before it, so that a replay must not count those behind it.
    """

    outbox: PartitionOutbox

    def put(self, notices: Sequence[Notice]) -> None:
        """Keep new notices; a known one stays as it stands."""
        self.outbox.put(notices)

    def due(
        self, now: int, limit: int, channel: str | None = None, turn: Turn = WHATEVER
    ) -> Sequence[Notice]:
        """Give what is due."""
        return self.outbox.due(now, limit, channel, turn)

    def change(self, before: Notice, after: Notice) -> bool:
        """Keep a notice's new state."""
        return self.outbox.change(before, after)

    def get(self, notice_id: str) -> Notice | None:
        """Give one notice, where it was made here."""
        return None if self.outbox.new(notice_id) else self.outbox.get(notice_id)

    def list(self, incident_id: str | None = None, last: int | None = None) -> Iterator[Notice]:
        """Give notices that were made here, by creation and id."""
        found = [one for one in self.outbox.list(incident_id) if not self.outbox.new(one.id)]
        yield from found if last is None else found[max(len(found) - last, 0) :]


def peering_of(
    settings: Settings, knowledge: Callable[[], Knowledge]
) -> Callable[[PartitionStores], Peering | None]:
    """Give what makes the exchange of a partition; None where there are no peers."""
    peers = settings.notify.peers

    def made(held: PartitionStores) -> Peering | None:
        if not peers:
            return None
        return Peering(replace(held.stores, outbox=Remade(held.outbox)), knowledge, peers)

    return made


@dataclass(frozen=True, slots=True)
class HeldContent:
    """Writes the bundle of a notice from whichever partition of this process has its incident."""

    held: Callable[[], Sequence[PartitionStores]]
    knowledge: Callable[[], Knowledge]
    peers: Mapping[str, PeerSettings]
    centre: str

    def __call__(self, notice: Notice, now: int) -> Consignment:
        """Give the bundle; DeliveryError where another process has the partition by now."""
        incident = Shared.model_validate(notice.payload).incident_id
        for one in self.held():
            if one.incidents.revision(incident, 1) is not None:
                content = PeerContent(one.stores, self.knowledge, self.peers, self.centre)
                return content(notice, now)
        raise DeliveryError("another notifier has this incident by now: it delivers")


def join_peers_held(
    settings: Settings,
    held: Callable[[], Sequence[PartitionStores]],
    knowledge: Callable[[], Knowledge],
    sinks: dict[str, Sink],
) -> None:
    """Make the channels to peers beside others; ConfigurationError as ``join_peer_sinks``."""
    content = HeldContent(held, knowledge, settings.notify.peers, settings.centre)
    join_peer_sinks(settings, content, sinks)
