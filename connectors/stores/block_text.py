"""Events of a block that are like a condition, found by its text before any line is read as JSON.

A value that must be there stands in the folded text of its line, unless JSON writes some of its
characters otherwise. What the text rules out is not read; all else is read and asked.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import orjson

from connectors.stores.compression import expand
from pipeline.model import Instant, Json, instant
from pipeline.model.conditions import EVERYTHING, All, Among, Condition, Either, Like
from pipeline.model.holding import holds, holds_addresses, number_of

# Of each group one text stands in every line that is like the condition.
Groups: TypeAlias = Sequence[tuple[bytes, ...]]

_WRITTEN: Final = re.compile(r'[^\x00-\x1f"\\\x7f]*')  # what JSON writes as it is
_SHORTEST: Final = 2


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads blocks for one condition: how many events they have, and those that are like it."""

    condition: Condition

    def __call__(self, data: bytes) -> tuple[int, list[tuple[Instant, bytes, Json]]]:
        """Give the number of a block's events, and (time, line, document) of those that fit.

        ValueError, KeyError or TypeError where the block is damaged.
        """
        count, found = self.documents(data)
        return count, [(instant(one["@timestamp"]), line, one) for line, one in found]

    def documents(self, data: bytes) -> tuple[int, list[tuple[bytes, Json]]]:
        """Give the number of a block's events, and (line, document) of those that fit; so too."""
        whole = expand(data)
        lines = whole.split(b"\n")
        groups = needed(self.condition)
        if not groups:
            return len(lines), list(self._fitting(lines))
        folded = whole.lower() if whole.isascii() else whole.decode().casefold().encode()
        if not _may_fit(folded, groups):
            return len(lines), []
        beside = zip(lines, folded.split(b"\n"), strict=True)
        chosen = (line for line, text in beside if _may_fit(text, groups))
        return len(lines), list(self._fitting(chosen))

    def _fitting(self, lines: Iterable[bytes]) -> Iterator[tuple[bytes, Json]]:
        everything = self.condition == EVERYTHING
        for line in lines:
            document = orjson.loads(line)
            if everything or holds(self.condition, document):
                yield line, document


def needed(condition: Condition) -> Groups:
    """Give the texts of which a line must have one of each group; no group: any line may fit."""
    match condition:
        case All(of):
            return [group for one in of for group in needed(one)]
        case Either(of):
            groups = [needed(one) for one in of]
            return [sum((group[0] for group in groups), ())] if groups and all(groups) else []
        case Among(field, values):
            texts = [_of_value(field, value) for value in values]
            return [tuple(text for text in texts if text)] if texts and all(texts) else []
        case Like(parts=parts):
            return [(text,) for part in parts if len(text := _plain(part)) >= _SHORTEST]
        case _:
            return []


def _of_value(field: str, value: str) -> bytes:
    """Give what must stand in the text for a value; b"" where it may stand there otherwise."""
    if number_of(value) is not None or holds_addresses(field):
        return b""
    text = _plain(value)
    return text if len(text) >= _SHORTEST else b""


def _plain(text: str) -> bytes:
    """Give the longest part of a text that stands in JSON as it is, folded."""
    parts = _WRITTEN.findall(text)
    return max(parts, key=len, default="").casefold().encode("utf-8", "surrogatepass")


def _may_fit(folded: bytes, groups: Groups) -> bool:
    return all(any(text in folded for text in group) for group in groups)
