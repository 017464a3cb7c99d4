"""The words of the console in Kazakh, Russian and English, and which language a request wants.

Interfaces are in Kazakh and Russian (Informatization Law 35(1), 38(3)) and in English. Unlike on
the command line, names of states and roles are words in English too: nobody types them here.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from babel.numbers import format_decimal, format_percent

from pipeline.model import NANOSECONDS
from pipeline.notify.texts import LANGUAGES, Texts, read_texts
from pipeline.web.markup import visible

LOCALE = Path(__file__).parent / "locale"
CONTEXT = "console"
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


@dataclass(frozen=True, slots=True)
class Words:
    """What the console says in one language."""

    texts: Texts
    language: str

    def __call__(self, name: str, **values: object) -> str:
        """Give a text; values show what they hide. KeyError where the catalogs have none."""
        shown = {key: visible(str(value)) for key, value in values.items()}
        return self.texts.say(self.language, CONTEXT, name, **shown)

    def word(self, context: str, name: str) -> str:
        """Give the word for a code, the code itself where nobody has one."""
        return self.texts.word(self.language, context, name)

    def number(self, value: float, digits: int = 0) -> str:
        """Write a number in the language's own way."""
        form = "#,##0" + ("." + "0" * digits if digits else "")
        return _spaced(format_decimal(value, form, locale=self.language))

    def share(self, value: float) -> str:
        """Write a share of one as per cent, to a tenth."""
        return _spaced(format_percent(value, "#,##0.#%", locale=self.language))

    def span(self, nanoseconds: int) -> str:
        """Write how long something takes, in its two greatest units; without a sign."""
        left = abs(nanoseconds) // NANOSECONDS
        parts: list[str] = []
        for name, size in _UNITS:
            held, rest = divmod(left, size)
            if held or (size == 1 and not parts):
                parts.append(self(f"span.{name}", count=self.number(held)))
            left = rest
            if len(parts) == 2 or (parts and not held):
                break
        return " ".join(parts)


def _spaced(text: str) -> str:
    """Write Babel's spaces as plain ones: others count as characters that cannot be seen."""
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


@lru_cache(maxsize=1)
def console_texts() -> Texts:
    """Read the console's catalogs, with the words of notices beside them; once."""
    return read_texts(LOCALE).beside(read_texts().messages)


def spoken(wanted: str, kept: str, usual: str, accepted: str) -> str:
    """Choose the language: asked for now, kept in a cookie, the viewer's own, the browser's.

    ``accepted`` is Accept-Language (RFC 9110, 12.5.4): browsers put what is wanted most first.
    Kazakh where none of them is ours.
    """
    asked = [wanted, kept, usual, *(part.strip()[:2].lower() for part in accepted.split(","))]
    return next((one for one in asked if one in LANGUAGES), LANGUAGES[0])
