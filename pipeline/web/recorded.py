"""Reads on their way into the audit trail: who, in which role, on which ground, what (35(4)).

A read is left as a command before anything is shown. A page that is read again, in further parts or
by a live list, is not left anew each time: reads of the same thing, by the same session, on the
same ground, within a bounded time are one record, and a second one that says how often it was read
again when the time is over. So a flood of reads is a flood of neither files nor journal batches.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from pipeline.access import Viewer
from pipeline.model import Command, Instant, identity, rfc3339

READ = "read"
MOST_KEYS = 10_000
LONGEST = 200
LONGEST_QUERY = 2_000
SHORTEST_GROUND = 10

_Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Read:
    """What is read: ``what`` names the page, the others what of it."""

    what: str
    of: str = ""
    incident: str = ""
    notice: str = ""
    query: str = ""

    def detail(self) -> dict[str, str]:
        """Give what the record says; nothing that a terminal obeys stands in it."""
        given = {
            "what": _plain(self.what, LONGEST),
            "of": _plain(self.of, LONGEST),
            "incident": self.incident,
            "notice": self.notice,
            "query": _plain(self.query, LONGEST_QUERY),
        }
        return {name: value for name, value in given.items() if value}


@dataclass(slots=True)
class _Window:
    command: Command
    until: Instant
    again: int = 0
    last: Instant = 0


@dataclass(slots=True)
class Recorded:
    """Leaves records of reads; ``leave`` keeps a command durably, ``window`` is in nanoseconds."""

    leave: Callable[[Command], None]
    window: Instant
    _windows: dict[_Key, _Window] = field(default_factory=dict)
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _last: Instant = 0

    def note(self, viewer: Viewer, basis: str, read: Read, now: Instant) -> None:
        """Leave the record of a read, or count it to one of just now; OSError where it cannot be.

        ``now`` is in nanoseconds.
        """
        detail = read.detail()
        glass = now < viewer.broke_glass
        key = (viewer.actor, viewer.session, basis, str(glass), *sorted(detail.values()))
        with self._turn:
            self._close(now)
            window = self._windows.get(key)
            if window is not None:
                window.again += 1
                window.last = now
                return
            if viewer.session:
                detail["session"] = identity("session", viewer.session)[:12]
            if glass:
                detail["glass"] = _plain(viewer.glass_reason, LONGEST)
            command = Command(READ, viewer.role.value, viewer.subject, basis, self._at(now), detail)
            self.leave(command)
            if len(self._windows) >= MOST_KEYS:
                self._end(next(iter(self._windows)))
            self._windows[key] = _Window(command, now + self.window)

    def flush(self, now: Instant, *, everything: bool = False) -> None:
        """Leave what became of the windows that are over; of all, where the process ends."""
        with self._turn:
            self._close(now)
            if everything:
                for key in list(self._windows):
                    self._end(key)

    def _close(self, now: Instant) -> None:
        """End the windows whose time is over; they stand in the order in which they began."""
        while self._windows:
            key = next(iter(self._windows))
            if now < self._windows[key].until:
                return
            self._end(key)

    def _end(self, key: _Key) -> None:
        """Leave a window's number of further reads; it stays where that cannot be."""
        window = self._windows[key]
        if not window.again:
            del self._windows[key]
            return
        first = window.command
        detail = {
            **first.detail,
            "again": str(window.again),
            "until": rfc3339(window.last),
            "first": first.id,
        }
        at = self._at(window.last)
        self.leave(Command(READ, first.role, first.author, first.reason, at, detail))
        del self._windows[key]

    def _at(self, now: Instant) -> Instant:
        """Give each record an instant of its own: its id is made of it."""
        self._last = max(now, self._last + 1)
        return self._last


def _plain(text: str, most: int) -> str:
    """Give a text without what does not print, cut with the hash of the whole."""
    if not text.isprintable():
        text = text.encode("unicode_escape", "surrogatepass").decode("ascii")
    if len(text) <= most:
        return text
    return f"{text[: most - 50]}… sha256:{identity(text)}"
