"""Exact order of what is sorted by times: Elasticsearch knows milliseconds, nouns nanoseconds."""

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any, TypeVar

from pipeline.model import Json

_Noun = TypeVar("_Noun")


def by(*fields: str, backwards: bool = False) -> list[Json]:
    """Give a sort by these fields, the first of them a time."""
    return [{field: "desc" if backwards else "asc"} for field in fields]


def exactly(
    found: Iterator[Json],
    read: Callable[[Json], _Noun],
    key: Callable[[_Noun], Any],
    *,
    backwards: bool = False,
) -> Iterator[_Noun]:
    """Read hits that are sorted by a time, those of one millisecond in the order of ``key``."""
    for _, shared in groupby(found, key=lambda hit: hit["sort"][0]):
        yield from sorted(map(read, shared), key=key, reverse=backwards)
