"""The kinds of events that are known of an object: a bounded sketch with a memory of epochs.

A kind is what the observation counts by: dataset and code (``system.security/4688``), or action.
Codes come from records, so what could name a person is not kept: addresses, long numbers and long
texts stand as ``#``. A kind is remembered by 48 bits of a keyed BLAKE2b of its text, in 16 rows of
at most 256 for this epoch and the one before: what is not seen for one to two epochs is new again.
A known kind is never told as new for want of room: where a row is full its new kinds are only
counted. An unknown one passes for known with a probability of 16 * 512 / 2^48.
"""

import re
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

from pipeline.model.rows import Rows

LETTERS = 12  # of a kind's name in the sketch: hexadecimal digits
MOST = 256  # kinds of a row and epoch
MOST_CODE = 64
MOST_WORDS = 4
_PRIVATE = re.compile(
    r"[^\s@/]+@[^\s@/]+"  # an address of mail
    r"|\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?"
    r"|(?:[0-9a-f]{1,4}:){3,}[0-9a-f:]*"
    r"|\{?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}?"
    r"|\b(?=[a-f]*\d)[0-9a-f]{12,}\b"
    r"|\d{7,}",
    re.IGNORECASE,
)


class Epoch(NamedTuple):
    """A stretch of time in which what is seen counts as seen now: its begin and its length."""

    begin: int
    length: int

    @classmethod
    def at(cls, instant: int, length: int) -> "Epoch":
        """Give the epoch of this length that an instant (nanoseconds) lies in."""
        return cls(instant - instant % length, length)


@dataclass(slots=True)
class KnownRow:
    """A sixteenth of the kinds that are known: their names, one behind the other.

    ``now`` were seen in the epoch that began at ``began``, ``before`` only in the one before.
    """

    began: int = 0
    now: str = ""
    before: str = ""

    def turn(self, epoch: Epoch) -> bool:
        """Let an epoch begin; tell whether anything changed."""
        if epoch.begin <= self.began:
            return False
        self.before = self.now if epoch.begin - self.began <= epoch.length else ""
        self.began, self.now = epoch.begin, ""
        return True


def shown(kind: str) -> str:
    """Give the text of a kind without what could name a person, or make kinds without end."""
    if _plain(kind):
        return kind
    dataset, slash, code = kind.rpartition("/")
    code = _PRIVATE.sub("#", code)
    if len(code) > MOST_CODE or len(code.split()) > MOST_WORDS or not code.isprintable():
        code = "#"
    return f"{_PRIVATE.sub('#', dataset)}{slash}{code}"


_plain = re.compile(r"[a-z_.]{1,64}/[A-Za-z_.-]{0,32}\d{0,6}").fullmatch


def name_of(object_id: str, text: str) -> str:
    """Give the name of a kind in the sketch of an object."""
    key = object_id.encode()[:64]
    return blake2b(text.encode(), digest_size=LETTERS // 2, key=key).hexdigest()


def known(state: Rows, name: str, epoch: Epoch) -> bool:
    """Tell whether a kind is known of an object; one of the epoch before is taken over."""
    row = state.get(KnownRow, "known", name[0]) or KnownRow(epoch.begin)
    turned = row.turn(epoch)
    found = _among(row.now, name)
    if not found and _among(row.before, name):
        found = True
        if len(row.now) < MOST * LETTERS:
            row.now += name
            turned = True
    if turned:
        state.put(row, "known", name[0])
    return found


def learn(state: Rows, name: str, epoch: Epoch) -> bool:
    """Keep a kind that is not known; False where there is no room."""
    row = state.get(KnownRow, "known", name[0]) or KnownRow(epoch.begin)
    row.turn(epoch)
    if len(row.now) >= MOST * LETTERS:
        return False
    row.now += name
    state.put(row, "known", name[0])
    return True


def _among(names: str, name: str) -> bool:
    at = names.find(name)
    while at >= 0 and at % LETTERS:
        at = names.find(name, at + 1)
    return at >= 0
