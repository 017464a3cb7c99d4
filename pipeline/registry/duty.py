"""One compliance countdown as it stands at an instant."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

State: TypeAlias = Literal["met", "met_late", "pending", "overdue", "unknown", "source_missing"]


@dataclass(frozen=True, slots=True)
class Duty:
    """One duty of one object at an instant; times in nanoseconds.

    ``met``: done in time, or done for now where it repeats (``due_at`` is then the next term and
    the state pending). ``unknown``: a fact that it counts from is not recorded. ``source_missing``:
    nobody said how long; ``missing`` names who would.
    """

    id: str
    basis: str
    set_by: str
    counts_from: int | None
    due_at: int | None
    met_at: int | None
    state: State
    missing: str
    reason: str
