"""A line to a receiver in memory: the sibling of the signed line, with the same promises."""

from dataclasses import dataclass, field

from connectors.sinks.letter import sha256
from connectors.sinks.peer_link import Consignment
from pipeline.errors import DeliveryDelayed
from pipeline.model import Receipt


@dataclass(slots=True)
class MemoryLine:
    """Keeps the first content of each id, in the order of arrival; ``down`` takes nothing."""

    held: dict[str, bytes] = field(default_factory=dict)
    down: bool = False
    deliveries: int = 0

    def send(self, consignment: Consignment) -> Receipt:
        """Keep content, or find the first under its id, and give the receipt for that one."""
        if self.down:
            raise DeliveryDelayed("the receiver in memory is down", "unreachable")
        self.deliveries += 1
        known = consignment.id in self.held
        first = self.held.setdefault(consignment.id, consignment.content)
        proof = {"kind": "receipt", "sha256": sha256(first), **consignment.beside}
        if first != consignment.content:
            proof["now"] = sha256(consignment.content)
        return Receipt(consignment.id, "memory", self.deliveries, proof, duplicate=known)

    def close(self) -> None:
        """Let go of nothing."""
