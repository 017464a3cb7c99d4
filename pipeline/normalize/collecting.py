"""Records that belong together made one record, their bytes kept: lines parted by LF.

One event of the Linux audit system is several lines with one serial, and lines of other serials may
stand between them; a message of PostgreSQL goes on in lines that begin with a tab. Whoever cuts or
collects records joins them here, before a batch is made: a batch may be read on any worker.
Source: audit userspace, auparse (lines of one event lie close, at most two seconds apart);
PostgreSQL, error reporting and logging (a line break in a message is followed by a tab).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeAlias

from pipeline.model import RecordNote
from pipeline.normalize.formats import rfc3164, rfc5424

MOST_LINES = 2048  # joined into one record
MOST_BYTES = 1024 * 1024
WINDOW = 32  # records of others that may stand between two lines of one serial
_SECONDS = 2  # after which no further line of an event comes

Key: TypeAlias = tuple[bytes, str]

_AUDIT = re.compile(
    rb"(?:\btype=([A-Z0-9_\[\]]{1,48}) msg=|\btype=(\d{4,5}) (?:msg=)?)"
    rb"audit\((\d{1,12})\.(\d{1,9}:\d{1,20})\)"
)
_HEAD = 1024  # bytes in which the serial stands
# A record of these types comes last; one of a user-space program (1100 to 1199) comes alone.
_LAST = frozenset({b"EOE", b"PROCTITLE", b"1320", b"1327"})
_ALONE = (b"USER_", b"CRED_", b"SERVICE_", b"SYSTEM_", b"DAEMON_", b"ADD_", b"DEL_", b"11")
_BEGINS = frozenset({b"SYSCALL", b"1300"})
_POSTGRESQL = re.compile(
    rb"(?:LOG|ERROR|FATAL|PANIC|WARNING|NOTICE|INFO|DEBUG[1-5]?|STATEMENT|DETAIL|HINT|CONTEXT|QUERY"
    rb"|LOCATION):  "
)


class AuditLine(NamedTuple):
    """What a line of the audit system says of its event; ``second`` of its time."""

    key: Key
    type: bytes
    second: int


@dataclass(slots=True)
class Group:
    """Lines of one record to be; ``waits``: its event has begun and has not been seen to end."""

    lines: list[bytes]
    indices: list[int]
    size: int
    second: int = 0
    waits: bool = False

    def data(self) -> bytes:
        """Give the record."""
        return self.lines[0] if len(self.lines) == 1 else b"\n".join(self.lines)


@dataclass(slots=True)
class Gathering:
    """Puts lines together as they come; ``groups`` are in the order of their first lines."""

    most_bytes: int = MOST_BYTES
    groups: list[Group] = field(default_factory=list)
    count: int = 0
    _open: dict[Key, Group] = field(default_factory=dict)
    _last: Group | None = None
    _newest: int = 0

    def knows(self, line: AuditLine | None) -> bool:
        """Tell whether a line belongs to a group that is here."""
        return line is not None and line.key in self._open

    def take(self, record: bytes, line: AuditLine | None) -> None:
        """Add a record to the group that it belongs to, or begin one with it."""
        group = self._home(record, line)
        if group is None:
            group = Group([], [], 0, line.second if line else 0)
            self.groups.append(group)
            if line is not None:
                self._open[line.key] = group
        group.lines.append(record)
        group.indices.append(self.count)
        group.size += len(record) + 1
        self.count += 1
        self._last = group
        if line is not None:
            self._newest = max(self._newest, line.second)
            if line.type in _LAST or line.type.startswith(_ALONE):
                group.waits = False
            elif line.type in _BEGINS:
                group.waits = True

    def settled(self) -> bool:
        """Tell whether no group waits for more lines."""
        return not any(self.waiting(group) for group in self.groups)

    def waiting(self, group: Group) -> bool:
        """Tell whether further lines of a group may still come."""
        return (
            group.waits
            and self.count - group.indices[-1] <= WINDOW
            and self._newest - group.second <= _SECONDS
        )

    def _home(self, record: bytes, line: AuditLine | None) -> Group | None:
        if line is not None:
            group = self._open.get(line.key)
            if group is not None and self.count - group.indices[-1] > WINDOW:
                group = None
        elif record[:1] == b"\t" and self._last is not None:
            group = self._last if _POSTGRESQL.search(self._last.lines[0][:_HEAD]) else None
        else:
            group = None
        if group is None or len(group.lines) >= MOST_LINES:
            return None
        return group if group.size + len(record) <= self.most_bytes else None


class Gathered(NamedTuple):
    """Records with notes of their own numbering; ``carried`` are lines whose event goes on."""

    records: tuple[bytes, ...]
    notes: tuple[RecordNote, ...] = ()
    carried: tuple[bytes, ...] = ()


def gathered(
    records: Sequence[bytes],
    notes: Sequence[RecordNote] = (),
    carried: Sequence[bytes] = (),
    *,
    final: bool = True,
) -> Gathered:
    """Join the records of one peer that belong together, within bounds; a noted one stays alone.

    ``carried`` are the lines that the call before kept back, and stand before the records; unless
    this call is ``final``, the lines of events that were not seen to end are kept back in turn.
    """
    lines = [audit_line(record) for record in (*carried, *records)]
    if not any(lines) and not any(record[:1] == b"\t" for record in records):
        return Gathered(tuple(records), tuple(notes))
    kept = {note.index + len(carried): note for note in notes}
    all_notes = [replace(note, index=note.index + len(carried)) for note in notes]
    gathering = Gathering()
    for index, (record, line) in enumerate(zip((*carried, *records), lines, strict=True)):
        gathering.take(record, None if index in kept else line)
    waiting = [] if final else [one for one in gathering.groups if gathering.waiting(one)]
    left = sorted(
        (at, line) for one in waiting for at, line in zip(one.indices, one.lines, strict=True)
    )
    given = [one for one in gathering.groups if one not in waiting]
    places = {one.indices[0]: place for place, one in enumerate(given)}
    return Gathered(
        tuple(one.data() for one in given),
        tuple(replace(note, index=places[note.index]) for note in all_notes),
        tuple(line for _, line in left),
    )


def audit_line(record: bytes) -> AuditLine | None:
    """Give which event a line of the audit system is of; None where it is no such line.

    An event is known by its time and serial, and by who sent it: what names its node, or the host
    of the syslog header before it.
    """
    if b"audit(" not in record[:_HEAD]:
        return None
    match = _AUDIT.search(record, 0, _HEAD)
    if match is None or b"\n" in record:
        return None
    head = record[: match.start()]
    sender = _sender(head.decode("utf-8", "replace")) if head else ""
    key = (match[3] + b"." + match[4], sender)
    return AuditLine(key, match[1] or match[2], int(match[3]))


def _sender(head: str) -> str:
    if head.startswith("node="):
        return head
    node = head.rfind("node=")
    host = rfc5424.peek_host(head)
    if host is None:
        host = rfc3164.peek_host(head)
    return f"{host} {head[node:] if node >= 0 else ''}"
