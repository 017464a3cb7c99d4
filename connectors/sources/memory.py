"""A source that holds its records: the sibling of every other source, for tests and for replay."""

from collections.abc import Sequence

from pipeline.errors import SourceError
from pipeline.ports import Delivery


class MemorySource:
    """Gives records in their order, each peer's apart; ``resume`` counts records given.

    More may be put in while it is open; with ``endless`` it is never exhausted, like a network
    source.
    """

    def __init__(
        self,
        name: str,
        records: Sequence[tuple[str, bytes]] = (),
        format: str = "",  # noqa: A002 (the word of the port)
        *,
        endless: bool = False,
    ) -> None:
        self.name = name
        self.dropped = 0
        self.acknowledged: list[Delivery] = []
        self._records = list(records)
        self._format = format
        self._endless = endless
        self._at: int | None = None

    def put(self, peer: str, *records: bytes) -> None:
        """Add records behind all others."""
        self._records += [(peer, record) for record in records]

    def open(self, resume: str) -> None:
        """Start behind the record that ``resume`` counts; SourceError where it is no count."""
        if resume and not resume.isdigit():
            raise SourceError(f"{self.name}: {resume!r} is no position; start without one")
        self._at = int(resume or 0)

    def poll(self, limit: int, timeout: float) -> Delivery | None:  # noqa: ARG002 (nothing to wait for)
        """Give up to ``limit`` records of the next peer."""
        if self._at is None:
            raise SourceError(f"{self.name}: is not open; open it before polling")
        begin = stop = self._at
        while (
            stop < len(self._records)
            and stop - begin < limit
            and self._records[stop][0] == self._records[begin][0]
        ):
            stop += 1
        if stop == begin:
            return None
        self._at = stop
        records = tuple(record for _, record in self._records[begin:stop])
        peer = self._records[begin][0]
        return Delivery(self.name, peer, records, resume=str(stop), format=self._format)

    def acknowledge(self, delivery: Delivery) -> None:
        """Remember that a delivery is durable."""
        self.acknowledged.append(delivery)

    def exhausted(self) -> bool:
        """Tell whether all records were given."""
        return not self._endless and self._at is not None and self._at >= len(self._records)

    def close(self) -> None:
        """Stop giving."""
        self._at = None
