"""What another centre sent, on its way into ours: indicators as a feed, incidents as commands.

A peer's indicators are files of a folder of its own, which ``enrichment.indicators`` may name and
which is watched like rules; validity, source and revocation are STIX's own. Its incidents are left
for the running system as a command, journalled, and stand in the audit trail.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from connectors.sinks.durable import write_whole
from pipeline.model import Command, Json
from pipeline.notify.exports.stix import TLP
from pipeline.notify.peers_read import Bundle
from pipeline.runtime.peering import PEER, PEERS_RECEIVED

MOST_TOLD = 50  # incidents of one bundle
_NAMES = {marking: name for name, marking in TLP.items()}


@dataclass(frozen=True, slots=True)
class Inbound:
    """Hands bundles on: ``folder`` holds the peers' feeds, ``leave`` takes commands for us."""

    folder: Path
    leave: Callable[[Command], None]

    def __call__(self, peer: str, bundle: Bundle, at: int) -> None:
        """Hand a bundle on; again changes nothing. OSError, StoreError where it is not kept."""
        feed = bundle.feed()
        if feed is not None:
            write_whole(self.folder / peer / f"{bundle.id}.json", feed, at)
        incidents = bundle.of("incident")
        if not incidents:
            return
        detail: Json = {
            "bundle": bundle.id,
            "incidents": [_told(one) for one in incidents[:MOST_TOLD]],
            "count": len(incidents),
        }
        said = "sent by another operations centre"
        self.leave(Command(PEERS_RECEIVED, PEER, peer, said, at, detail))


def _told(incident: Json) -> Json:
    marks = [_NAMES[one] for one in incident["object_marking_refs"] if one in _NAMES]
    return {
        "id": incident["id"],
        "tlp": marks[:1],
        "revoked": incident.get("revoked") is True,
    }
