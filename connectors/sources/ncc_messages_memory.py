"""Messages that are held: the sibling of the link to the coordination centre, for tests."""

from collections.abc import Iterator

from pipeline.errors import SourceError
from pipeline.ports import CentreMessage


class MemoryMessages:
    """Gives messages by their place, from 1; ``down`` makes it unreachable."""

    name = "ncc-messages"

    def __init__(self) -> None:
        self.down = False
        self._held: list[tuple[str, bytes | None]] = []

    def put(self, token: str, content: bytes | None) -> None:
        """Add a message behind all others; without content it did not verify."""
        self._held.append((token, content))

    def pull(self, cursor: str) -> Iterator[CentreMessage]:
        """Give what lies behind a cursor, oldest first; SourceError while it is down."""
        if self.down:
            raise SourceError("the coordination centre cannot be reached")
        after = int(cursor) if cursor.isdigit() else 0
        begin = after if after <= len(self._held) else 0
        for place, (token, content) in enumerate(self._held[begin:], begin + 1):
            yield CentreMessage(str(place), token, content)

    def close(self) -> None:
        """Let go of nothing."""
