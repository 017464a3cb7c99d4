"""Values of events, however deep: what a field holds one by one, and the head of a value's text."""

import json
import sys
from collections.abc import Iterator
from typing import Any, TypeAlias

_Pieces: TypeAlias = Iterator["str | _Pieces"]
_scalar = json.JSONEncoder(default=str, ensure_ascii=False, separators=(",", ":")).encode


def single_values(value: Any) -> Iterator[Any]:
    """Give a value, or what stands in a list and in the lists inside it, without nulls."""
    waiting = [iter((value,))]
    while waiting:
        for item in waiting[-1]:
            if isinstance(item, list | tuple):
                waiting.append(iter(item))
                break
            if item is not None:
                yield item
        else:
            waiting.pop()


def compact_json(value: Any, most: int = sys.maxsize) -> str:
    """Write a value as compact JSON, or the first ``most`` characters of it.

    It is what ``json.dumps`` gives with ``ensure_ascii=False`` and without blanks; however deep the
    value nests, nothing recurses, and no more is written than is asked for.
    """
    written: list[str] = []
    room = most
    opened = [_pieces(value, most)]
    while opened and room > 0:
        piece = next(opened[-1], None)
        if piece is None:
            opened.pop()
        elif isinstance(piece, str):
            written.append(piece)
            room -= len(piece)
        else:
            opened.append(piece)
    return "".join(written)[:most]


def _pieces(value: Any, most: int) -> _Pieces:
    """Give one level of a value: text, and for what stands inside it pieces again."""
    if isinstance(value, dict):
        yield "{"
        for number, (name, inner) in enumerate(value.items()):
            yield "," if number else ""
            # A name is written as json.dumps does, which has words for null, truth and numbers.
            yield _scalar({name: 0})[1:-2]
            yield _pieces(inner, most)
        yield "}"
    elif isinstance(value, list | tuple):
        yield "["
        for number, inner in enumerate(value):
            yield "," if number else ""
            yield _pieces(inner, most)
        yield "]"
    else:
        yield _scalar(value[:most] if isinstance(value, str) else value)
