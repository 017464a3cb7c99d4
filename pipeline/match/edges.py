"""Whole texts, beginnings and endings of many words, found by dictionaries."""

from collections.abc import Mapping

from pipeline.match.witness import Sign

Shown = Mapping[tuple[Sign, str], int]
_EDGE = 512  # of a longer text only its ends are folded to look for its beginnings and endings
_KEY = 4


class Edges:
    """Which folded words a text is, begins with or ends with.

    Endings that hold a separator (``/cmd.exe``) are found by what follows the text's last
    separator, other endings and beginnings by their last and first characters.
    """

    __slots__ = ("_by_part", "_head_keys", "_heads", "_is", "_short", "_tail_keys", "_tails")

    def __init__(self, shown: Shown) -> None:
        self._is: dict[str, int] = {}
        self._heads: dict[str, list[tuple[str, int]]] = {}
        self._tails: dict[str, list[tuple[str, int]]] = {}
        self._by_part: dict[str, list[tuple[str, int]]] = {}
        for (sign, word), mask in shown.items():
            if sign is Sign.IS:
                self._is[word] = mask
            elif sign is Sign.STARTS:
                self._heads.setdefault(word[:_KEY], []).append((word, mask))
            elif part := last_part(word):
                self._by_part.setdefault(part, []).append((word, mask))
            else:
                self._tails.setdefault(word[-_KEY:], []).append((word, mask))
        self._head_keys = sorted({len(key) for key in self._heads})
        self._tail_keys = sorted({len(key) for key in self._tails})
        self._short = all(len(word) <= _EDGE for _, word in shown)

    def mask(self, text: str) -> int:
        """Give the bits of the words that are at the edges of a text, case aside."""
        if len(text) > 2 * _EDGE and self._short and text.isascii():
            text = text[:_EDGE] + text[-_EDGE:]
        text = text.casefold()
        found = self._is.get(text, 0) | self._ending(text)
        for length in self._head_keys:
            for word, mask in self._heads.get(text[:length], ()):
                if text.startswith(word):
                    found |= mask
        return found

    def _ending(self, text: str) -> int:
        found = 0
        for length in self._tail_keys:
            for word, mask in self._tails.get(text[-length:], ()):
                if text.endswith(word):
                    found |= mask
        if self._by_part:
            for word, mask in self._by_part.get(last_part(text), ()):
                if text.endswith(word):
                    found |= mask
        return found


def last_part(text: str) -> str:
    """Give a text from its last separator on; nothing where it has none."""
    cut = max(text.rfind("\\"), text.rfind("/"))
    return text[cut:] if cut >= 0 else ""
