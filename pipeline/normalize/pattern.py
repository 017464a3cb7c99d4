"""A text with ``*`` in it, as the tables of ``datasets/`` write values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pattern:
    """A folded text in which each ``*`` stands for any text, also for none."""

    head: str
    tail: str | None
    between: tuple[str, ...] = ()

    def fits(self, text: str) -> bool:
        """Tell whether a folded text is one that the pattern means."""
        if self.tail is None:
            return text == self.head
        at, end = len(self.head), len(text) - len(self.tail)
        if at > end or not (text.startswith(self.head) and text.endswith(self.tail)):
            return False
        for piece in self.between:  # the leftmost places serve if any do
            found = text.find(piece, at, end)
            if found < 0:
                return False
            at = found + len(piece)
        return True


def pattern_of(value: str | int) -> Pattern:
    """Read a value of a table."""
    head, *rest = str(value).casefold().split("*")
    return Pattern(head, rest[-1], tuple(rest[:-1])) if rest else Pattern(head, None)
