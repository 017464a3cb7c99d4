"""Fields by dotted paths: which fields a pattern means, and a document cut to patterns.

A pattern names a field with all below it; a step ``*`` stands for any one name, and ``*`` alone for
every field. The longest pattern that means a field decides, a bar before a grant. Lists count as
what they hold; a name with dots in it as the path that it spells.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.model import Json

Pattern = tuple[str, ...]
_EVERY: Pattern = ("*",)
_ABSENT = object()
MOST_REMEMBERED = 10_000  # paths; documents of one kind have few, hostile ones many


def pattern(text: str) -> Pattern:
    """Read a pattern."""
    return tuple(text.split("."))


@dataclass(frozen=True, slots=True)
class Cut:
    """Fields that are given and fields that are barred."""

    given: tuple[Pattern, ...]
    barred: tuple[Pattern, ...] = ()
    _known: dict[Pattern, bool] = field(default_factory=dict, repr=False, compare=False)

    def gives(self, path: str) -> bool:
        """Tell whether a field is given, whole."""
        steps = tuple(path.split("."))
        if not all(steps) or not self._gives(steps):
            return False
        # A field with a barred one below it is not given whole: to ask for it would ask for that.
        return not any(_below(one, steps) for one in self.barred)

    def __call__(self, document: Json) -> Json:
        """Give what of a document is given; empty containers that stood there stay."""
        found = self._cut(document, ())
        return found if isinstance(found, dict) else {}

    def _cut(self, value: Any, at: Pattern) -> Any:
        if isinstance(value, dict) and value:
            parts = {name: self._cut(one, (*at, *name.split("."))) for name, one in value.items()}
            kept = {name: one for name, one in parts.items() if one is not _ABSENT}
            return kept or _ABSENT
        if isinstance(value, list) and value:
            items = [one for one in (self._cut(part, at) for part in value) if one is not _ABSENT]
            return items or _ABSENT
        return value if self._gives(at) else _ABSENT

    def _gives(self, steps: Pattern) -> bool:
        known = self._known.get(steps)
        if known is None:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            known = _weight(steps, self.given) > _weight(steps, self.barred)
            self._known[steps] = known
        return known


def _weight(steps: Pattern, patterns: Sequence[Pattern]) -> int:
    """Give 0 where no pattern means a field, 1 for ``*`` alone, else more for a longer one."""
    return max((_length(one) for one in patterns if _means(one, steps)), default=0)


def _length(one: Pattern) -> int:
    return 1 if one == _EVERY else 1 + len(one)


def _means(one: Pattern, steps: Pattern) -> bool:
    if one == _EVERY:
        return True
    return len(steps) >= len(one) and _along(one, steps)


def _below(one: Pattern, steps: Pattern) -> bool:
    return len(one) > len(steps) and _along(one, steps)


def _along(one: Pattern, steps: Pattern) -> bool:
    return all(name in ("*", step) for name, step in zip(one, steps, strict=False))
