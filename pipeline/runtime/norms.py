"""Norms as tables and digests write them: ``7-2(1)(2),(5)``, ``53(3)(1)-(8)``, ``kk 3(5)``.

An expression names one norm or several of one instrument. Without a space after the comma a
bracket goes on from the norm before it: ``17(1),(2)`` is 17(1) and 17(2). A range of brackets
names its ends and all whole numbers between them; ``(6-1)..(6-7)`` runs over what was inserted.
"""

import re
from collections.abc import Iterator

_PIECE = re.compile(r"\((\d+(?:-\d+)?)\)")
_ARTICLE = re.compile(r"(?P<article>\d{1,3}(?:-\d{1,2})?)(?P<brackets>(?:\(\d+(?:-\d+)?\))*)")
_NEXT = re.compile(r"(?P<sign>,|-|\.\.)(?P<brackets>(?:\(\d+(?:-\d+)?\))+)")
_ID = re.compile(r"[A-Z]{1,2}-\d{1,2}[a-z]?")
_EDITION = re.compile(r"(?P<edition>[a-z]{2}) +")
_WITHIN = re.compile(r"(?P<instrument>[a-z][A-Za-z0-9-]+)/")

Steps = tuple[str, ...]


def references(expression: str, instrument: str) -> tuple[str, ...]:
    """Give every norm of an expression as ``instrument/article``; ValueError where it is none.

    ``kk 3(5)`` counts as article 3(5) of the instrument's edition in that language
    (``kz-527-IV-kk``), where the two number differently; ``kz-418-V/17`` names its instrument.
    """
    found: list[str] = []
    position = 0
    while position < len(expression):
        paths, within, position = _one(expression, position, instrument)
        found += [f"{within}/{written(path)}" for path in paths]
        rest = expression[position:]
        if rest and not rest.startswith(","):
            raise ValueError(f"{expression!r}: what begins at {rest[:20]!r} is no norm")
        position += len(rest) - len(rest[1:].lstrip()) if rest else 0
    if not found:
        raise ValueError("names no norm")
    return tuple(found)


def _one(text: str, position: int, instrument: str) -> tuple[list[Steps], str, int]:
    edition = _EDITION.match(text, position)
    if edition is not None:
        instrument, position = f"{instrument}-{edition['edition']}", edition.end()
    within = _WITHIN.match(text, position)
    if within is not None:
        instrument, position = within["instrument"], within.end()
    name = _ID.match(text, position)
    if name is not None:
        return [(name[0],)], instrument, name.end()
    paths, position = articles(text, position)
    if not paths:
        raise ValueError(f"{text!r}: what begins at {text[position : position + 20]!r} is no norm")
    return paths, instrument, position


def articles(text: str, position: int) -> tuple[list[Steps], int]:
    """Give the norms that begin at a position, and where they end; none where there is none."""
    match = _ARTICLE.match(text, position)
    if match is None:
        return [], position
    paths: list[Steps] = [(match["article"], *_PIECE.findall(match["brackets"]))]
    position = match.end()
    while (more := _NEXT.match(text, position)) is not None:
        paths += _going_on(paths[-1], more["sign"], _PIECE.findall(more["brackets"]))
        position = more.end()
    return paths, position


def _going_on(last: Steps, sign: str, pieces: list[str]) -> Iterator[Steps]:
    kept = last[: max(1, len(last) - len(pieces))]
    if sign == ",":
        yield (*kept, *pieces)
    else:
        yield from ((*kept, *pieces[:-1], one) for one in _between(last[-1], pieces[-1]))


def _between(first: str, last: str) -> list[str]:
    """Give what follows ``first`` up to ``last``: whole numbers, or what was inserted after one."""
    first_whole, _, first_inserted = first.partition("-")
    last_whole, _, last_inserted = last.partition("-")
    if first_whole == last_whole:
        begin = int(first_inserted or 0)
        return [f"{last_whole}-{one}" for one in range(begin + 1, int(last_inserted or 0) + 1)]
    whole = [str(one) for one in range(int(first_whole) + 1, int(last_whole) + 1)]
    return whole + [f"{last_whole}-{one}" for one in range(1, int(last_inserted or 0) + 1)]


def written(path: Steps) -> str:
    """Write a norm's path: ``("7-2", "1", "2")`` is ``7-2(1)(2)``."""
    return path[0] + "".join(f"({piece})" for piece in path[1:])


def is_part_of(norm: str, whole: str) -> bool:
    """Tell whether a norm is another one or stands beneath it."""
    return norm == whole or norm.startswith(f"{whole}(")
