"""A data file as an enrichment was made from it, kept so that the same can be made again."""

from dataclasses import dataclass, field

import zstandard


@dataclass(frozen=True, slots=True)
class DataFile:
    """One file as it was read: its use, its name, who is its source, its hash, packed content.

    ``place`` is where it was read from, for messages.
    """

    use: str
    name: str
    provider: str
    digest: str
    packed: bytes = field(repr=False)
    place: str = ""

    @property
    def data(self) -> bytes:
        """Give the content."""
        return zstandard.ZstdDecompressor().decompress(self.packed)


def packed(data: bytes) -> bytes:
    """Pack a file's content: it is held until a store has it."""
    return zstandard.ZstdCompressor(level=1).compress(data)
