"""Frames of syslog over TCP: octet counting and non-transparent framing, told per connection.

Pure and incremental: bytes in, frames out. Memory is bounded by the longest record and one read.
Source: RFC 6587, section 3.4.1 (octet counting: ``MSG-LEN SP SYSLOG-MSG``) and 3.4.2
(non-transparent framing: ``SYSLOG-MSG`` up to LF).
"""

import re
from typing import NamedTuple

_COUNT = re.compile(rb"([1-9][0-9]{0,9}) ")
_UNDECIDED = re.compile(rb"[1-9][0-9]{0,9}(?: |$)$|$")  # digits that the next read may continue
_ENDS = b"\r\x00"


class Frame(NamedTuple):
    """One message's bytes; ``note_kind`` is "", ``oversized``, ``truncated`` or ``corrupt``."""

    data: bytes
    note_kind: str = ""
    note_detail: str = ""


class Rfc6587:
    """The frames of one connection.

    The first bytes decide: a count, a space and what begins a message mean octet counting, anything
    else lines. A message longer than ``record_bytes`` is cut and the rest of it passed over. Where
    a count is lost, what stands up to the next line end is a corrupt frame, and counting goes on.
    """

    def __init__(self, record_bytes: int) -> None:
        self._limit = record_bytes
        self._buffer = bytearray()
        self._searched = 0  # so far the buffer holds no line end
        self._counting: bool | None = None
        self._kept = b""  # the beginning of a message whose rest is passed over
        self._long = 0  # its length so far in lines, in full by count
        self._skip = 0  # bytes of it still to pass over, by count
        self._skip_line = False  # pass over the rest of a line

    def feed(self, data: bytes) -> list[Frame]:
        """Take what a read gave; give the messages that end in it."""
        self._buffer += data
        if self._counting is None and not self._decide():
            return []
        return self._counted() if self._counting else self._lines()

    def end(self) -> list[Frame]:
        """Give what a closed connection leaves: a line without its end, or a cut-off message."""
        rest, self._buffer, self._searched = bytes(self._buffer), bytearray(), 0
        if self._skip or self._skip_line:
            detail = f"a message of more than {self._limit} bytes, and the connection ended in it"
            return [Frame(self._kept, "oversized", detail)]
        if not rest.strip(b"\r\n\x00 "):
            return []
        if self._counting:
            match = _COUNT.match(rest)
            detail = "the connection ended inside a counted message"
            return [Frame(rest[match.end() :] if match else rest, "truncated", detail)]
        return [Frame(rest.rstrip(_ENDS))]

    def _decide(self) -> bool:
        """Choose the framing as soon as the bytes show it; False while they do not."""
        match = _COUNT.match(self._buffer)
        if match is not None and match.end() < len(self._buffer):
            self._counting = self._buffer[match.end()] in b"<{"
            return True
        if self._buffer and not _UNDECIDED.match(self._buffer):
            self._counting = False
            return True
        return False

    def _counted(self) -> list[Frame]:
        found: list[Frame] = []
        at = 0
        if self._skip:
            at = min(self._skip, len(self._buffer))
            self._skip -= at
            if not self._skip:
                found.append(self._cut(self._long))
        while at < len(self._buffer) and not self._skip:
            step = self._counted_one(at, found)
            if not step:
                break
            at += step
        del self._buffer[:at]
        self._searched = 0 if at else self._searched
        return found

    def _counted_one(self, at: int, found: list[Frame]) -> int:
        """Take one message, or one byte between two; gives the bytes taken, 0: wait for more."""
        buffer = self._buffer
        if buffer[at] in b"\r\n\x00 ":  # some senders end counted messages by a line end too
            return 1
        match = _COUNT.match(buffer, at)
        if match is None:
            return self._lost(at, found)
        length, begin = int(match[1]), match.end()
        if length <= self._limit:
            if begin + length > len(buffer):
                return 0
            found.append(Frame(bytes(buffer[begin : begin + length])))
            return begin + length - at
        if len(buffer) - begin < self._limit:
            return 0  # wait for as much as is kept
        self._kept, self._long = bytes(buffer[begin : begin + self._limit]), length
        taken = min(length, len(buffer) - begin)
        self._skip = length - taken
        if not self._skip:
            found.append(self._cut(length))
        return begin + taken - at

    def _lost(self, at: int, found: list[Frame]) -> int:
        """Pass over what should be a count and is none; gives how many bytes, 0: wait for more."""
        buffer = self._buffer
        if len(buffer) - at < 11 and _UNDECIDED.match(buffer[at:]):
            return 0
        stop = buffer.find(b"\n", max(at, self._searched))
        if stop < 0 and len(buffer) - at <= self._limit:
            self._searched = len(buffer) if not at else 0
            return 0
        stop = stop if stop >= 0 else len(buffer)
        detail = "no octet count stands where one must: the sender mixes framings, use one"
        cut = bytes(buffer[at : min(stop, at + self._limit)])
        found.append(Frame(cut, "corrupt", detail))
        return stop - at

    def _lines(self) -> list[Frame]:
        found: list[Frame] = []
        if (stop := self._buffer.rfind(b"\n", self._searched)) >= 0:
            lines = bytes(self._buffer[:stop]).split(b"\n")
            del self._buffer[: stop + 1]
            for line in lines:
                self._line(line, found)
        self._searched = len(self._buffer)
        if self._skip_line:
            self._long += len(self._buffer)
            self._drop()
        elif len(self._buffer) > self._limit + len(_ENDS):
            self._kept, self._long = bytes(self._buffer[: self._limit]), len(self._buffer)
            self._skip_line = True
            self._drop()
        return found

    def _line(self, line: bytes, found: list[Frame]) -> None:
        if self._skip_line:
            self._skip_line = False
            found.append(self._cut(self._long + len(line)))
            return
        message = line.rstrip(_ENDS)
        if len(message) > self._limit:
            self._kept = message[: self._limit]
            found.append(self._cut(len(message)))
        elif message.strip():
            found.append(Frame(message))

    def _drop(self) -> None:
        self._buffer.clear()
        self._searched = 0

    def _cut(self, length: int) -> Frame:
        kept, self._kept = self._kept, b""
        detail = f"a message of {length} bytes, more than the {self._limit} that one may have"
        return Frame(kept, "oversized", detail)
