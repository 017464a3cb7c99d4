"""What people ask through processes that only look, on its way into the collector's journal."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from connectors.stores.kafka.frames import Unread
from pipeline.model import Command

log = structlog.get_logger("saqshy.collect")
WAIT_SECONDS = 0.5


class Asked(Protocol):
    """Where commands wait."""

    def poll(self, seconds: float) -> list[tuple[int, Command | Unread]]:
        """Give what came, each with its offset; StoreError without a broker."""

    def done(self, offset: int) -> None:
        """Commit that all up to an offset was taken; StoreError where that is not kept."""

    def close(self) -> None:
        """Let go of the brokers."""


@dataclass(slots=True)
class AskedIntake:
    """Takes commands one after another; ``obey`` journals one, StoreError while nobody keeps it.

    A command of a newer version waits for a newer process, and all behind it: their order counts.
    """

    asked: Asked
    obey: Callable[[Command], None]
    trouble: str = ""
    _waiting: deque[tuple[int, Command | Unread]] = field(default_factory=deque)

    def take(self) -> int:
        """Take what waits; give how many commands were done with. StoreError: ask again later."""
        if not self._waiting:
            self._waiting.extend(self.asked.poll(WAIT_SECONDS))
        taken = 0
        while self._waiting:
            offset, found = self._waiting[0]
            if isinstance(found, Unread):
                if found.code == "newer":
                    self.trouble = f"a command waits for a newer collector: {found.detail}"
                    return taken
                log.warning("commands.broken", offset=offset, why=found.code, detail=found.detail)
            else:
                self.obey(found)
            self.asked.done(offset)
            self._waiting.popleft()
            self.trouble = ""
            taken += 1
        return taken

    def close(self) -> None:
        """Let go of the brokers; what was not done comes again."""
        self._waiting.clear()
        self.asked.close()
