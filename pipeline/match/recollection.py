"""What matching remembers of values, within one bound."""

from collections.abc import Iterable
from typing import Any

MOST_REMEMBERED = 24_000_000
_ENTRY = 200


class Recollection:
    """Bounds all memos together by the characters of what they hold; beyond, all is forgotten.

    A memo changes how fast an answer comes, never the answer.
    """

    def __init__(self, most: int = MOST_REMEMBERED) -> None:
        self._most = most
        self._spent = 0
        self._lasting: list[dict[Any, Any]] = []
        self._passing: list[dict[Any, Any]] = []

    def watch(self, memos: Iterable[dict[Any, Any]]) -> None:
        """Take memos under the bound for good."""
        self._lasting += memos

    def memo(self) -> dict[Any, Any]:
        """Give a new memo under the bound, until everything is forgotten."""
        memo: dict[Any, Any] = {}
        self._passing.append(memo)
        return memo

    def keep(self, memo: dict[Any, Any], key: Any, value: Any, size: int) -> None:
        """Remember a value of so many characters; at the bound everything else goes first."""
        if size > self._most // 16:
            return
        self._spent += size + _ENTRY
        if self._spent > self._most:
            self.clear()
            self._spent = size + _ENTRY
        memo[key] = value

    def clear(self) -> None:
        """Forget what every memo holds."""
        self._spent = 0
        for memo in (*self._lasting, *self._passing):
            memo.clear()

    def let_go(self) -> None:
        """Forget everything, and every memo, also those taken for good."""
        self.forget()
        self._lasting.clear()

    def forget(self) -> None:
        """Forget everything, and the memos that were given."""
        self.clear()
        self._passing.clear()
