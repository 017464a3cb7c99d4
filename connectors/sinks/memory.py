"""A channel that keeps letters in memory: the sibling of the others, for tests and dry runs."""

from dataclasses import dataclass, field, replace

from connectors.sinks.letter import lateness, letter, sha256
from pipeline.errors import DeliveryRejected
from pipeline.model import Notice, Receipt


@dataclass(slots=True)
class MemorySink:
    """Keep each notice's letter and first receipt by id."""

    channel: str = "memory"
    letters: dict[str, bytes] = field(default_factory=dict)
    receipts: dict[str, Receipt] = field(default_factory=dict)
    late: dict[str, bytes] = field(default_factory=dict)

    def deliver(self, notice: Notice, now: int) -> Receipt:
        """Keep the letter; DeliveryRejected where the id is taken by another content."""
        body = letter(notice)
        if self.letters.setdefault(notice.id, body) != body:
            raise DeliveryRejected(f"notice {notice.id}: kept already with another content")
        first = self.receipts.get(notice.id)
        if first is not None:
            return replace(first, duplicate=True)
        said = lateness(notice, now)
        if said is not None:
            self.late[notice.id] = said
        kept = {"kind": "receipt", "sha256": sha256(body)}
        to = f"{notice.recipient.role}:{notice.recipient.party_id}"
        self.receipts[notice.id] = Receipt(notice.id, to, now, kept)
        return self.receipts[notice.id]

    def close(self) -> None:
        """Keep everything: there is nothing to let go of."""
