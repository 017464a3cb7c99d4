"""The signed checkpoints of the audit trail, read from their topic by whoever verifies it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from connectors.stores.kafka.reading import Reading
from connectors.stores.kafka.topics import Topics, Unread, unpack_checkpoint
from pipeline.errors import StoreError
from pipeline.model.checkpoint import ChainHead, Checkpoint
from pipeline.settings import ClusterSettings


@dataclass(frozen=True, slots=True)
class KafkaCheckpoints:
    """``ports.CheckpointStore`` to be read: the notifier of the administration alone writes it."""

    settings: ClusterSettings

    def append(self, checkpoint: Checkpoint) -> None:
        """Refuse: StoreError."""
        raise StoreError(f"checkpoint {checkpoint.number}: the notifier alone writes checkpoints")

    def last(self) -> Checkpoint | None:
        """Give the newest one; None where there is none yet."""
        return max(self.read(), key=lambda one: one.number, default=None)

    def read(self, after: int = 0) -> Iterator[Checkpoint]:
        """Give those behind a number, in order; what is there twice with other content, twice."""
        topic = Topics(self.settings.prefix)("checkpoints")
        with Reading(self.settings) as reading:
            bounds = reading.bounds(topic)
            begins, ends = [begin for begin, _ in bounds], [end for _, end in bounds]
            read = [unpack_checkpoint(one.value) for one in reading.messages(topic, begins, ends)]
        unread = next((one for one in read if isinstance(one, Unread)), None)
        if unread is not None:
            raise StoreError(f"{topic}: a checkpoint cannot be read: {unread.detail}")
        found: list[Checkpoint] = []
        for one in read:
            if isinstance(one, Checkpoint) and one.number > after and one not in found[-3:]:
                found.append(one)
        yield from sorted(found, key=lambda one: one.number)

    def covered(self) -> Sequence[ChainHead]:
        """Give the heads that the newest one covers, by chain."""
        heads = {head.chain: head for one in self.read() for head in one.moved}
        return [heads[chain] for chain in sorted(heads)]
