"""What a count asks the registry of an incident's object: where it belongs, never which it is."""

from dataclasses import dataclass

UNKNOWN = "unknown"
UNREGISTERED_CLASS = "unregistered"
ORDINARY_CLASS = "ordinary"


@dataclass(frozen=True, slots=True)
class Subject:
    """Branch, reach and classes of an object when its incident opened (1(24), 1(31-1), 1(64)).

    ``classes`` are the flags that overlap (``critical``, ``e_government``, ``state_body``,
    ``financial``); an object with none of them is ``ordinary``.
    """

    sector: str = UNKNOWN
    reach: str = UNKNOWN
    classes: tuple[str, ...] = (ORDINARY_CLASS,)


UNREGISTERED = Subject(classes=(UNREGISTERED_CLASS,))
"""Stands for a sender that no object of the registry knows."""
