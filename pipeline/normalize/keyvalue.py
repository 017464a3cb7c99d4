"""``name=value`` pairs in text: values bare, or quoted by either quote."""

import re
from collections.abc import Iterable, Sequence
from itertools import islice

from pipeline.model import Json

MOST_PAIRS = 512
# The look behind stands after the first letter, so that a search for letters finds its place.
_PAIR = re.compile(
    r"([A-Za-z_](?<![^\s,;|({\[].)[A-Za-z0-9_.@/-]{0,63}+)="
    r"(?:\"([^\"\\]*+(?:\\.[^\"\\]*+)*+)\"|'([^']*+)'|([^\s,;|\"']*+))"
)
_ESCAPED = re.compile(r"\\([\"\\])")
_WORD = re.compile(r"([A-Za-z][A-Za-z0-9_.-]{1,63}):?\s+[A-Za-z_][A-Za-z0-9_.@/-]{0,63}=")


def pairs(text: str) -> Json:
    """Give the pairs of a text by name, in their order; a name that stands twice keeps the first.

    At most ``MOST_PAIRS`` are read. A bare value ends at white space, comma, semicolon or bar.
    """
    if "=" not in text:
        return {}
    if text.count("=") <= MOST_PAIRS:
        said: Iterable[Sequence[str]] = _PAIR.findall(text)
    else:
        said = (match.groups("") for match in islice(_PAIR.finditer(text), MOST_PAIRS))
    found: Json = {}
    for name, double, single, bare in said:
        if name not in found:
            value = double or single or bare
            found[name] = _ESCAPED.sub(r"\1", value) if "\\" in double else value
    return found


def first_word(text: str) -> str:
    """Give the one word before the first pair, which devices use for what happened; else ""."""
    match = _WORD.match(text)
    return match[1] if match else ""
