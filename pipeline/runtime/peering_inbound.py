"""What another centre sent, on its way into ours: indicators as a feed, incidents as commands.

A peer's indicators are files of a folder of its own, which ``enrichment.indicators`` may name and
which is watched like rules; validity, source and revocation are STIX's own. Its incidents are left
in the spool folder of our store, journalled, and stand in the audit trail.
"""

from dataclasses import dataclass
from pathlib import Path

from connectors.sinks.durable import write_whole
from pipeline.model import Command, Json
from pipeline.notify.exports.stix import TLP
from pipeline.notify.peers_read import Bundle
from pipeline.runtime.leaving import leave
from pipeline.runtime.peering import PEER, PEERS_RECEIVED

MOST_TOLD = 50  # incidents of one bundle
_NAMES = {marking: name for name, marking in TLP.items()}


@dataclass(frozen=True, slots=True)
class Inbound:
    """Hands bundles on: ``folder`` holds the peers' feeds, ``spool`` is our store's."""

    folder: Path
    spool: Path

    def __call__(self, peer: str, bundle: Bundle, at: int) -> None:
        """Hand a bundle on; again changes nothing. OSError where it cannot be written."""
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
        given = Command(PEERS_RECEIVED, PEER, peer, "sent by another operations centre", at, detail)
        try:
            leave(self.spool, given)
        except FileExistsError:  # a kill left half of it
            (self.spool / f".{at:020d}-{given.id}").unlink(missing_ok=True)
            leave(self.spool, given)


def _told(incident: Json) -> Json:
    marks = [_NAMES[one] for one in incident["object_marking_refs"] if one in _NAMES]
    return {
        "id": incident["id"],
        "tlp": marks[:1],
        "revoked": incident.get("revoked") is True,
    }
