"""``name=value`` pairs in text: values bare, or quoted by either quote."""

import re

from pipeline.model import Json

MOST_PAIRS = 512
_PAIR = re.compile(
    r"(?<![^\s,;|({\[])([A-Za-z_][A-Za-z0-9_.@/-]{0,63})="
    r"(?:\"((?:[^\"\\]|\\.)*+)\"|'([^']*+)'|([^\s,;|\"']*+))"
)
_ESCAPED = re.compile(r"\\([\"\\])")
_WORD = re.compile(r"([A-Za-z][A-Za-z0-9_.-]{1,63}):?\s+[A-Za-z_][A-Za-z0-9_.@/-]{0,63}=")


def pairs(text: str) -> Json:
    """Give the pairs of a text by name, in their order; a name that stands twice keeps the first.

    At most ``MOST_PAIRS`` are read. A bare value ends at white space, comma, semicolon or bar.
    """
    found: Json = {}
    if "=" not in text:
        return found
    for match in _PAIR.finditer(text):
        name, double, single, bare = match.groups()
        if name in found:
            continue
        if double is not None:
            found[name] = _ESCAPED.sub(r"\1", double) if "\\" in double else double
        else:
            found[name] = single if single is not None else bare
        if len(found) >= MOST_PAIRS:
            break
    return found


def first_word(text: str) -> str:
    """Give the one word before the first pair, which devices use for what happened; else ""."""
    match = _WORD.match(text)
    return match[1] if match else ""
