"""What the value of a field means as a secrecy mark: valid mark, suspected, open (SPEC 5).

Values are compared by their skeleton: without case, spaces, punctuation, hidden characters and the
number of a copy, with letters that look alike, or stand in for Kazakh ones on a Russian keyboard,
folded together (SPEC 1). What is written in another way altogether (as an entity, in percent signs,
in base64) stands in no list, and what stands in no list is suspected. Only a field that a source
declares, or that has one of the ``names`` of mark fields, is ever read so; no other text decides
anything.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias

from pydantic import Field

from pipeline.registry.mark_names import DOUBTFUL_NAMES, MARK_NAMES
from pipeline.registry.records import Part, Text


class Meaning(StrEnum):
    """What a field says of the record."""

    OPEN = "open"
    VALID = "withheld"
    SUSPECTED = "suspected"


class MarkVocabulary(Part):
    """The ``marks`` of a registry: which values are valid marks, which suspected, which open.

    What stands in none of the lists is suspected (State Secrets Law 18(2); digest R3).
    ``abbreviations`` are suspected in declared fields and say nothing elsewhere. ``names`` are
    fields that hold nothing but a mark, ``doubtful_names`` such as may hold other things too: they
    are looked at in events of sources that declare nothing (``second_guard``).
    """

    valid: tuple[Text, ...] = ()
    suspected: tuple[Text, ...] = ()
    abbreviations: tuple[Text, ...] = ()
    open: tuple[Text, ...] = ()
    names: tuple[Text, ...] = Field(default=MARK_NAMES)
    doubtful_names: tuple[Text, ...] = Field(default=DOUBTFUL_NAMES)


LONGEST_MARK = 300  # characters; a longer value is in no list, and nobody folds it
_FOLD = str.maketrans(
    {
        # Latin letters that look like Cyrillic ones, small or capital
        "a": "а", "b": "в", "c": "с", "e": "е", "h": "н", "i": "и", "j": "ј", "k": "к", "m": "м",
        "o": "о", "p": "р", "q": "ԛ", "s": "ѕ", "t": "т", "u": "у", "w": "ԝ", "x": "х", "y": "у",
        # Greek ones
        "α": "а", "β": "в", "ε": "е", "η": "н", "ι": "и", "κ": "к", "μ": "м", "ο": "о", "ρ": "р",
        "τ": "т", "υ": "у", "χ": "х", "σ": "с",
        # Kazakh letters, and what stands for them where a keyboard has none
        "ә": "а", "ғ": "г", "қ": "к", "ң": "н", "ө": "о", "ұ": "у", "ү": "у", "һ": "н", "і": "и",
        "0": "о", "3": "з", "ё": "е", "ѓ": "г", "ќ": "к",
    }
)  # fmt: skip  # a fold for comparison, used on both sides; never shown and never stored
# Nobody sees these, though Unicode counts them as letters.
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0")
_BLANK = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf", "Mn", "Pd"})
_QUOTES = frozenset("\"'«»„“”‘’`.,;:_()[]")
_COPY = re.compile(
    r"(?:\s*(?:(?:экз|экземпляр|дана|данасы|copy)\s*(?:no|n)?\s*\d{1,5}|no\s*\d{1,5}"
    r"(?:\s*(?:экз|экземпляр|дана|данасы|copy))?|\d{1,5}\s*(?:экз|экземпляр|дана|данасы|copy)))+$"
)


def skeleton(text: str) -> str:
    """Fold a spelling to what it is compared by; "" where it has no letter or digit."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    kept = (
        " " if not char.isalnum() else char
        for char in plain
        if char not in _FILLERS and unicodedata.category(char) not in {"Cf", "Mn"}
    )
    words = " ".join("".join(kept).split())
    return _COPY.sub("", words).replace(" ", "").translate(_FOLD)


def says_nothing(text: str) -> bool:
    """Tell whether a value without letters is no more than a blank, a dash or empty quotes.

    Stars or a padlock may stand for a word that somebody covered.
    """
    return all(
        char in _QUOTES or char in _FILLERS or unicodedata.category(char) in _BLANK for char in text
    )


@dataclass(frozen=True, slots=True)
class MarkReader:
    """Reads the values of one source's declared mark fields."""

    meanings: dict[str, Meaning]

    def __call__(self, values: Iterable[str]) -> Meaning:
        """Give the gravest meaning among the values; no value at all is open."""
        found = Meaning.OPEN
        for value in values:
            meaning = self.meaning(value)
            if meaning is Meaning.VALID:
                return meaning
            if meaning is Meaning.SUSPECTED:
                found = meaning
        return found

    def meaning(self, value: str) -> Meaning:
        """Give what one value means; what is in no list is suspected."""
        if len(value) > LONGEST_MARK:
            return Meaning.SUSPECTED
        folded = skeleton(value)
        if not folded:
            return Meaning.OPEN if says_nothing(value) else Meaning.SUSPECTED
        return self.meanings.get(folded, Meaning.SUSPECTED)


def mark_reader(vocabulary: MarkVocabulary, valid_here: Iterable[str] = ()) -> MarkReader:
    """Build a reader from the registry's vocabulary and the source's own valid spellings."""
    meanings = {skeleton(value): Meaning.OPEN for value in vocabulary.open}
    meanings |= {skeleton(value): Meaning.SUSPECTED for value in vocabulary.abbreviations}
    meanings |= {skeleton(value): Meaning.SUSPECTED for value in vocabulary.suspected}
    meanings |= {skeleton(value): Meaning.VALID for value in vocabulary.valid}
    meanings |= {skeleton(value): Meaning.VALID for value in valid_here}
    return MarkReader(meanings)


_Later: TypeAlias = Literal["suspected", "abbreviations", "open"]


def contradictions(vocabulary: MarkVocabulary) -> list[tuple[_Later, int]]:
    """Give the places of values that an earlier, graver list already holds."""
    seen = {skeleton(value) for value in vocabulary.valid}
    found: list[tuple[_Later, int]] = []
    later: tuple[tuple[_Later, tuple[str, ...]], ...] = (
        ("suspected", vocabulary.suspected),
        ("abbreviations", vocabulary.abbreviations),
        ("open", vocabulary.open),
    )
    for name, values in later:
        found += [(name, index) for index, value in enumerate(values) if skeleton(value) in seen]
        seen |= {skeleton(value) for value in values}
    return found
