"""One row of a store as it is read where a record's content is sought or taken away."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Carried:
    """A row's place, what it is of, and its content decompressed.

    ``place``: journal, events, findings, incidents, notices, failures, state, audit or bundles.
    ``of`` is the batch id, the noun's id, the object of a state row or the chain of an entry;
    ``key`` the key of a state row, else "".
    """

    place: str
    of: str
    key: str
    data: bytes


Change: TypeAlias = Callable[[Carried], bytes | None]
"""Gives a row's new content, the same for no change; None takes the row away."""
