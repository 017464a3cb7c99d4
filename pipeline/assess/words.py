"""The words that a law pack has for its own names, for notices in every language."""

from collections.abc import Mapping
from typing import Any

from pipeline.assess.pack import Pack

_CONTEXTS = {
    "acts": ("act", "id"),
    "levels": ("severity", "severity"),
    "legs": ("leg", "id"),
    "roles": ("role", "id"),
}


def pack_words(pack: Pack) -> Mapping[str, Mapping[tuple[str, str], str]]:
    """Give the words for acts, severities, legs and roles by language, context and name.

    Of a name that changed its words the row in force last speaks.
    """
    words: dict[str, dict[tuple[str, str], str]] = {"kk": {}, "ru": {}, "en": {}}
    for section, (context, key) in _CONTEXTS.items():
        for row in sorted(pack.rows[section], key=lambda one: one.valid_from):
            names: Any = getattr(row, "names", None)
            for language, known in words.items():
                known[context, str(getattr(row, key))] = str(getattr(names, language))
    return words
