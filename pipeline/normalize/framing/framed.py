"""One record out of a file or stream."""

from typing import NamedTuple, Protocol

CHUNK = 256 * 1024  # bytes read at once


class Framed(NamedTuple):
    """A record's exact bytes without its frame, and where reading continues after it.

    ``note_kind`` is "" or what kept the record from being whole: ``oversized`` (cut at the limit,
    its rest skipped), ``truncated`` (the input ends inside it), ``corrupt`` (its container does not
    read). ``end`` resumes behind the record: a byte offset in the unpacked content, in an EVTX file
    the chunk and record. ``open``: the record ended with the input and not with a delimiter, so
    that a file which still grows may bring more of it. ``preamble``: the lines of the file that say
    how its records are read (column names), as they stand before this record; ``header`` is where
    they begin.
    """

    data: bytes
    note_kind: str = ""
    note_detail: str = ""
    end: int = 0
    open: bool = False
    preamble: bytes = b""
    header: int = 0


class Feed(Protocol):
    """Bytes in their order; fewer than asked only at the end, b"" there."""

    def read(self, size: int, /) -> bytes:
        """Give the next bytes, at most ``size``."""


def cut(limit: int, length: int) -> str:
    """Say that a record was cut."""
    return f"a record of {length} bytes, more than the {limit} that one may have"
