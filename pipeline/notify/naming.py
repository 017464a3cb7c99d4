"""By which code a recipient knows the object: its own, and never another's.

Whoever has something hosted on the object concerned is told of what is theirs on it
(Informatization Law 16(6), 17(3)); the hosting object itself stays unnamed, since an owner sees
own objects only.
"""

from collections.abc import Sequence

from pipeline.model import Incident, Recipient
from pipeline.registry import ObjectRecord, Registry

MOST_CODES = 20
UNNAMED = "-"


def object_code(
    incident: Incident, recipient: Recipient, registry: Registry, guests: Sequence[str] | None
) -> str:
    """Give the code of the object, or of what the recipient has on it, several joined by commas.

    ``guests``: by which parties of hosted objects the pack tells the role (``payload_model``).
    """
    at = incident.opened_at
    if guests == ():
        record = registry.object(incident.object_id, at)
        return _code(record) if record else incident.object_id
    codes = [
        _code(guest)
        for guest in registry.hosted_on(incident.object_id, at)
        if any(guest.party_at(path) == recipient.party_id for path in guests or ())
    ]
    more = f" +{len(codes) - MOST_CODES}" if len(codes) > MOST_CODES else ""
    return ", ".join(codes[:MOST_CODES]) + more or UNNAMED


def _code(record: ObjectRecord) -> str:
    return record.code or record.id
