"""Text from elsewhere as it may leave: one line, no character that acts instead of being read."""

import re

MOST = 2000  # characters of one text
_ACTING = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ud800-\udfff\ufdd0-\ufdef\ufff0-\uffff\U000e0000-\U000e0fff]"
    "|[" + "".join(chr(plane * 0x10000 + 0xFFFE) + chr(plane * 0x10000 + 0xFFFF)
                   for plane in range(1, 17)) + "]"
)  # fmt: skip


def plain(text: str) -> str:
    r"""Show what is not to be read as an escape, and cut what is too long with an ellipsis.

    Control and format characters (they move a cursor, turn the direction of writing or hide),
    surrogates and what is no character: XML 1.0 section 2.2 and JSON in UTF-8 cannot hold some of
    them, terminals and viewers obey others. The escape is Python's (``\x1b``, ``\u202e``).
    """
    shown = _ACTING.sub(lambda one: ascii(one[0])[1:-1], text[: MOST + 1])
    return shown if len(shown) <= MOST else f"{shown[: MOST - 1]}…"
