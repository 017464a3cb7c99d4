"""Suspected records that a cleared person lets pass: so many of a source, until an instant."""

import threading
from dataclasses import dataclass, field
from typing import TypeAlias

_Source: TypeAlias = tuple[str, str]


@dataclass(slots=True)
class Passes:
    """How many suspected records of a source may still pass, and until when; one lock for all."""

    _left: dict[_Source, tuple[int, int]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def grant(self, object_id: str, source_id: str, records: int, until: int) -> None:
        """Let so many records of a source pass; an earlier word on the source ends."""
        with self._lock:
            self._left[object_id, source_id] = (records, until)

    def __call__(self, object_id: str, source_id: str, at: int) -> bool:
        """Tell whether a suspected record may pass at an instant, and count it."""
        if not self._left:
            return False
        with self._lock:
            left, until = self._left.get((object_id, source_id), (0, 0))
            if not left or at >= until:
                self._left.pop((object_id, source_id), None)
                return False
            self._left[object_id, source_id] = (left - 1, until)
            return True
