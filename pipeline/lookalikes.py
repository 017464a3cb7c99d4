"""Look-alike letters folded for matching: ``pоwershell`` with a Cyrillic ``о`` is ``powershell``.

Only words of two scripts are changed: in a Latin word the Cyrillic and Kazakh letters that look
like Latin ones become these, in a Cyrillic word the other way round; a word of one script stays as
it is. Signs that nobody sees are dropped, full-width forms become ASCII. The original is never
changed: this is for a copy that is compared. Look-alikes as Unicode TR39 (confusables) has them for
these two scripts; small letters follow their capitals (``в`` is ``b`` as ``В`` is ``B``), so that
folding before or after a comparison without case gives the same for Latin words.
"""

import re
from typing import Any

# Cyrillic letters that look like a Latin one, with and without what a font may hide.
_EXACT = dict(zip("аеорсхукмтвніјѕԁԛԝһӏ", "aeopcxykmtbhijsdqwhl", strict=True))
_NEAR = dict(zip("ёїқңғәөұү", "eikhfeoyy", strict=True))
# The other way round, one for each letter; signs that ASCII lacks and Kazakh's Latin forms have.
_BACK = {
    **dict(zip("aeopcxykmtbhi", "аеорсхукмтвһі", strict=True)),
    **dict(zip("əɵ", "әө", strict=True)),
}
_BACK_CAPITALS = {**{latin.upper(): letter.upper() for latin, letter in _BACK.items()}, "H": "Н"}

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
# Soft hyphen, joiners, direction marks, variation selectors, byte order mark: Default_Ignorable.
_UNSEEN = (0xAD, 0x34F, 0x61C, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F))
_UNSEEN += (*range(0x2060, 0x2070), *range(0xFE00, 0xFE10), 0xFEFF)
_PLAIN = str.maketrans({**_FULL_WIDTH, **dict.fromkeys(_UNSEEN)})
_FOLDABLE = re.compile(f"[\u0400-\u052f{''.join(map(chr, (*_FULL_WIDTH, *_UNSEEN)))}]")
_STRANGE = re.compile(f"[{''.join(map(chr, (*_FULL_WIDTH, *_UNSEEN)))}]")

_LATIN, _CYRILLIC = "A-Za-zƏəƟɵ", "\u0400-\u052f"
_WORD = re.compile(f"[{_LATIN}{_CYRILLIC}0-9]+")
_MIXED = re.compile(f"[{_LATIN}][0-9]*[{_CYRILLIC}]|[{_CYRILLIC}][0-9]*[{_LATIN}]")


def _both(small: dict[str, str]) -> dict[str, str]:
    return small | {letter.upper(): to.upper() for letter, to in small.items()}


_TO_LATIN = str.maketrans(_both(_EXACT | _NEAR))
_TO_CYRILLIC = str.maketrans(_BACK | _BACK_CAPITALS)
_LATIN_ONLY = re.compile(f"[{_LATIN}]")
_OWN_LATIN = re.compile(f"[^{_CYRILLIC}0-9{''.join(_BACK | _BACK_CAPITALS)}]")
_OWN_CYRILLIC = re.compile(f"[^{_LATIN}0-9{''.join(_both(_EXACT))}]")


def folded(text: str) -> str:
    """Give a text as it looks: mixed words in one script, nothing unseen, no full-width forms.

    ASCII, and text whose words are of one script each, come back as they are. Idempotent.
    """
    if text.isascii():
        return text
    if _STRANGE.search(text):
        text = text.translate(_PLAIN)
    return _WORD.sub(_one_script, text) if _MIXED.search(text) else text


NOTE = "lookalikes"  # of an event that says more when it is folded


def disguised(value: Any) -> bool:
    """Tell whether a value, or one inside it, is a text that folding changes."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if not one.isascii() and _FOLDABLE.search(one) and folded(one) != one:
                return True
        elif isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return False


def undisguised(value: Any) -> Any:
    """Give a copy of a JSON value with every text in it folded; names stay."""
    if isinstance(value, str):
        return folded(value)
    if isinstance(value, dict):
        return {name: undisguised(inner) for name, inner in value.items()}
    return [undisguised(inner) for inner in value] if isinstance(value, list) else value


def _one_script(match: re.Match[str]) -> str:
    """Write a word in the script of those of its letters that the other one does not have.

    Where both have as many, in Latin: names of programs and commands are.
    """
    word = match[0]
    if word.isascii() or not _LATIN_ONLY.search(word):
        return word
    latin, cyrillic = len(_OWN_LATIN.findall(word)), len(_OWN_CYRILLIC.findall(word))
    return word.translate(_TO_LATIN if latin >= cyrillic else _TO_CYRILLIC)
