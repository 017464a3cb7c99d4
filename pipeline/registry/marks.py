"""What the value of a declared mark field means: valid mark, suspected, open (SPEC 5).

Values are compared by their skeleton: without case, quotes, hidden characters and runs of spaces,
with Latin look-alikes folded into Cyrillic, since Kazakh texts mix them (SPEC 1). Only a field
that a source declares is ever read so; no other text decides anything.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from pipeline.registry.records import Part, Text


class Meaning(StrEnum):
    """What a declared field says of the record."""

    OPEN = "open"
    VALID = "withheld"
    SUSPECTED = "suspected"


class MarkVocabulary(Part):
    """The ``marks`` of a registry: which values are valid marks, which suspected, which open.

    What stands in none of the lists is suspected (State Secrets Law 18(2); digest R3).
    """

    valid: tuple[Text, ...] = ()
    suspected: tuple[Text, ...] = ()
    open: tuple[Text, ...] = ()


_FOLD = str.maketrans(
    {
        "a": "а", "b": "в", "c": "с", "e": "е", "h": "һ", "i": "і", "j": "ј", "k": "к", "m": "м",
        "o": "о", "p": "р", "q": "ԛ", "s": "ѕ", "t": "т", "u": "ү", "w": "ԝ", "x": "х", "y": "у",
        "0": "о", "ё": "е", "ѓ": "г", "ќ": "к",
    }
)  # fmt: skip  # a fold for comparison, used on both sides; never shown and never stored


def skeleton(text: str) -> str:
    """Fold a spelling to what it is compared by; "" where it has no letter or digit."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    kept = (
        " " if not char.isalnum() else char
        for char in plain
        if unicodedata.category(char) not in {"Cf", "Mn"}
    )
    return " ".join("".join(kept).split()).translate(_FOLD)


@dataclass(frozen=True, slots=True)
class MarkReader:
    """Reads the values of one source's declared mark fields."""

    meanings: dict[str, Meaning]

    def __call__(self, values: Iterable[str]) -> Meaning:
        """Give the gravest meaning among the values; no value at all is open."""
        found = Meaning.OPEN
        for value in values:
            folded = skeleton(value)
            if not folded:
                continue
            meaning = self.meanings.get(folded, Meaning.SUSPECTED)
            if meaning is Meaning.VALID:
                return meaning
            if meaning is Meaning.SUSPECTED:
                found = meaning
        return found


def mark_reader(vocabulary: MarkVocabulary, valid_here: Iterable[str] = ()) -> MarkReader:
    """Build a reader from the registry's vocabulary and the source's own valid spellings."""
    meanings = {skeleton(value): Meaning.OPEN for value in vocabulary.open}
    meanings |= {skeleton(value): Meaning.SUSPECTED for value in vocabulary.suspected}
    meanings |= {skeleton(value): Meaning.VALID for value in vocabulary.valid}
    meanings |= {skeleton(value): Meaning.VALID for value in valid_here}
    return MarkReader(meanings)


def contradictions(vocabulary: MarkVocabulary) -> list[tuple[Literal["suspected", "open"], int]]:
    """Give the places of values that an earlier, graver list already holds."""
    seen = {skeleton(value) for value in vocabulary.valid}
    found: list[tuple[Literal["suspected", "open"], int]] = []
    later: tuple[tuple[Literal["suspected", "open"], tuple[str, ...]], ...] = (
        ("suspected", vocabulary.suspected),
        ("open", vocabulary.open),
    )
    for name, values in later:
        found += [(name, index) for index, value in enumerate(values) if skeleton(value) in seen]
        seen |= {skeleton(value) for value in values}
    return found
