"""The words that a law pack has for its own names, for notices in every language."""

from collections.abc import Mapping
from typing import Any

from pipeline.assess.pack import Pack

_CONTEXTS = (
    ("acts", "act", "id"),
    ("levels", "severity", "severity"),
    ("legs", "leg", "id"),
    ("roles", "role", "id"),
    ("regimes", "regime", "id"),
    ("limbs", "limb", "id"),
    ("limbs", "harm", "id"),
    ("by_laws", "by_law", "id"),
)


def pack_words(pack: Pack) -> Mapping[str, Mapping[tuple[str, str], str]]:
    """Give the words for what a pack names, by language, context and name.

    Of a name that changed its words the row in force last speaks.
    """
    words: dict[str, dict[tuple[str, str], str]] = {"kk": {}, "ru": {}, "en": {}}
    for section, context, key in _CONTEXTS:
        for row in sorted(pack.rows.get(section, ()), key=lambda one: one.valid_from):
            names: Any = getattr(row, "names", None)
            if names is None:
                continue
            for language, known in words.items():
                known[context, str(getattr(row, key))] = str(getattr(names, language))
    return words
