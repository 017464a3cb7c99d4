"""Records of a file in batches, each under one header."""

from collections.abc import Iterable, Iterator

from pipeline.normalize.framing.framed import Framed


def in_batches(records: Iterable[Framed], most: int) -> Iterator[list[Framed]]:
    """Give up to ``most`` records at once; a batch ends where the records' preamble changes."""
    batch: list[Framed] = []
    for one in records:
        if batch and one.preamble != batch[0].preamble:
            yield batch
            batch = []
        batch.append(one)
        if len(batch) == most:
            yield batch
            batch = []
    if batch:
        yield batch
