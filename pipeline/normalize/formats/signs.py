"""How a text shows its format: by how it begins, raw or as the message of a syslog header.

A sign is a pattern that the text's beginning matches and that nothing else does. A format that has
a sign offers ``read(text, notes, context)`` beside ``parse``; an answer None means that the sign
was there and the rest was not, and the next reader is asked.
"""

import re
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import TypeAlias

from pipeline.normalize.parsed import Context, Parsed, Refusal

TextReader: TypeAlias = Callable[[str, tuple[str, ...], Context], Parsed | Refusal | None]

_HERE = "pipeline.normalize.formats"
# Format: the sign. They are tried together; of several that fit the first counts.
SIGNS: dict[str, str] = {}


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile("|".join(f"(?P<{name}>{sign})" for name, sign in SIGNS.items()) or "(?!)")


@cache
def _reader(name: str) -> TextReader:
    found: TextReader = import_module(f"{_HERE}.{name}").read
    return found


def format_shown(text: str) -> str:
    """Give the format whose sign stands at a text's beginning; "" where none does."""
    match = _pattern().match(text)
    return (match.lastgroup or "") if match else ""


def read_shown(text: str, notes: tuple[str, ...], context: Context) -> Parsed | Refusal | None:
    """Read a text in the format that its beginning shows; None where it shows none."""
    name = format_shown(text)
    return _reader(name)(text, notes, context) if name else None
