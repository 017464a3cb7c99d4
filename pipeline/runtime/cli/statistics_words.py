"""The words of the statistics in Kazakh, Russian and English: catalogs, and the law pack's own.

What the pack names (acts, limbs, grades, regimes) is told in its words; what nobody has a word for
stands for itself.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipeline.assess import Pack
from pipeline.notify import read_texts
from pipeline.notify.texts import Texts

LOCALE = Path(__file__).parent / "locale" / "statistics"
_SECTIONS = {"act": "acts", "harm": "limbs", "limb": "limbs", "role": "roles"}


@cache
def catalogs() -> Texts:
    """Read the catalogs; ConfigurationError where one lacks what another has."""
    return read_texts(LOCALE)


@dataclass(frozen=True, slots=True)
class Words:
    """Words by language, context and name; the pack's as of an instant (nanoseconds)."""

    pack: Pack
    at: int

    def __call__(self, language: str, context: str, name: str) -> str:
        """Give the word for a name."""
        known = catalogs().messages[language]
        found = known.get((context, name)) or self._of_the_pack(language, context, name)
        return found or known.get(("any", name)) or name

    def line(self, language: str, context: str, name: str, **values: str) -> str:
        """Give a sentence with its values; KeyError where the catalogs have none."""
        return catalogs().say(language, context, name, **values)

    def _of_the_pack(self, language: str, context: str, name: str) -> str:
        view = self.pack.at(self.at)
        if context == "severity":
            named = {row.severity: row.names for row in view.levels.values()}.get(name)
        elif context == "regime":  # by its name or by another name of it
            named = row.names if (row := view.regimes.get(name)) is not None else None
        else:
            named = view.names_of(_SECTIONS.get(context, ""), name)
        return str(getattr(named, language)) if named is not None else ""
