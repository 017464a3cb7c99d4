"""What values of a vendor mean for an ECS field: a translation of ``datasets/``, made ready."""

from typing import Any, TypeAlias

from pipeline.model import Json
from pipeline.normalize.dataset_entry import Translation
from pipeline.normalize.members import members
from pipeline.normalize.pattern import Pattern, pattern_of

_MEMORY = 256  # texts of one field whose meaning is remembered: attackers make up more
_LONGEST = 64  # characters of such a text

Meant: TypeAlias = str | list[str] | None


class Meaning:
    """A translation in the form in which it is applied (``dataset_entry.Translation``)."""

    __slots__ = ("_absent", "_joined", "_known", "_of", "_other", "_patterns", "_values")

    def __init__(self, translation: Translation) -> None:
        self._of: list[tuple[str, bool]] = [(name, "[" in name) for name in translation.of]
        self._joined: bool = translation.joined
        self._values: dict[str, str | list[str]] = translation.values
        self._other: Meant = translation.other
        self._absent: Meant = translation.absent
        self._known: dict[str, Meant] = {}
        self._patterns: list[tuple[Pattern, str | list[str]]] = [
            (pattern_of(text), meant) for text, meant in translation.values.items() if "*" in text
        ]

    def __call__(self, native: Json) -> Meant:
        """Give what a flat document's value means; None where it means nothing."""
        if self._joined:
            parts = [native.get(name) for name, _ in self._of]
            there = any(part is not None for part in parts)
            return self._meaning("/".join(map(_said, parts))) if there else self._absent
        for name, inside in self._of:
            value = (members(native, name) or None) if inside else native.get(name)
            if value is None:
                continue
            if type(value) is not list:
                return self._meaning(value)
            for one in value:
                meant = self._meaning(one)
                if meant is not None:
                    return meant
            return None
        return self._absent

    def _meaning(self, value: Any) -> Meant:
        text: str = value if isinstance(value, str) else _said(value)
        known = self._known
        if text in known:
            return known[text]
        folded = text.casefold()
        found: Meant = self._values.get(folded)
        if found is None:
            for pattern, meant in self._patterns:
                if pattern.fits(folded):
                    found = meant
                    break
        if found is None:
            found = self._other
        if len(known) < _MEMORY and len(text) <= _LONGEST:
            known[text] = found
        return found


def _said(value: Any) -> str:
    """Give the text of a value: of none an empty one, of a truth "true" or "false"."""
    if value is None:
        return ""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
