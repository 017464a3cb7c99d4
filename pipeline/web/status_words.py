"""The words of the status page in Kazakh, Russian and English (Informatization Law 35(1), 38(3)).

In English names of states, roles and acts are the codes themselves, as commands take them.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from babel.numbers import format_decimal

from pipeline.notify.texts import LANGUAGES, Texts, read_texts

LOCALE = Path(__file__).parent / "locale"
CODES = "en"


@dataclass(frozen=True, slots=True)
class Words:
    """What the page says in one language."""

    texts: Texts
    language: str

    def __call__(self, name: str, **values: str) -> str:
        """Give a text of the page; KeyError where the catalogs have none."""
        return self.texts.say(self.language, "status", name, **values)

    def code(self, context: str, name: str) -> str:
        """Give the word for a state, a role, an act or a severity."""
        return name if self.language == CODES else self.texts.word(self.language, context, name)

    def number(self, count: float, digits: int = 0) -> str:
        """Write a number in the language's own way."""
        form = "#,##0" + ("." + "0" * digits if digits else "")
        return format_decimal(count, form, locale=self.language)

    def attempts(self, count: int, why: str) -> str:
        """Say how often something was tried, and why it did not go."""
        return self.texts.count(self.language, "status", "attempts", count, why=why)


@lru_cache(maxsize=1)
def page_texts() -> Texts:
    """Read the page's catalogs, with the words of notices beside them; once."""
    return read_texts(LOCALE).beside(read_texts().messages)


def spoken(asked: str, accepted: str) -> str:
    """Choose the language: the one asked for, else the first that a browser accepts and we have.

    ``accepted`` is Accept-Language (RFC 9110, 12.5.4); browsers put what is wanted most first.
    """
    wanted = [asked, *(part.strip()[:2].lower() for part in accepted.split(","))]
    return next((one for one in wanted if one in LANGUAGES), CODES)
