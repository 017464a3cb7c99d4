"""A feed in memory: the sibling of every real one."""

from collections.abc import Iterator, Sequence

from pipeline.errors import SourceError
from pipeline.ports import FeedPage


class MemoryFeed:
    """Gives the pages that it holds; ``broken`` is why it cannot, "" where it can."""

    def __init__(self, name: str, pages: Sequence[bytes] = ()) -> None:
        self.name = name
        self.pages = list(pages)
        self.broken = ""

    def pull(self, cursor: str) -> Iterator[FeedPage]:
        """Give the pages behind a cursor."""
        begin = int(cursor or 0)
        for number, data in enumerate(self.pages[begin:], begin + 1):
            if self.broken:
                raise SourceError(f"{self.name}: {self.broken}")
            yield FeedPage(data, str(number))
        if self.broken:
            raise SourceError(f"{self.name}: {self.broken}")

    def close(self) -> None:
        """Hold nothing that must be let go."""
