"""The words of notices in Kazakh, Russian and English, from gettext catalogs.

Catalogs are read once, at start, and none may lack what another has: an incomplete language is a
configuration error with its file, never a gap in a notice. Interfaces and notices are in Kazakh
and Russian (Informatization Law 35(1), 38(3)) and in English. Times are told in UTC.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path

from babel.core import Locale
from babel.dates import format_date
from babel.lists import format_list
from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po

from pipeline.errors import ConfigurationError, Problem
from pipeline.model import NANOSECONDS

LANGUAGES = ("kk", "ru", "en")
LOCALE = Path(__file__).parent / "locale"


@dataclass(frozen=True, slots=True)
class Texts:
    """Messages by language, context and name; a name without a message stands for itself."""

    messages: Mapping[str, Mapping[tuple[str, str], str]]

    def beside(self, words: Mapping[str, Mapping[tuple[str, str], str]]) -> "Texts":
        """Give these texts with further words, such as a law pack's; ours stand before them."""
        return Texts(
            {name: {**words.get(name, {}), **held} for name, held in self.messages.items()}
        )

    def say(self, language: str, context: str, name: str, **values: str) -> str:
        """Give a message with its values; KeyError where the catalogs have none."""
        return self.messages[language][context, name].format(**values)

    def word(self, language: str, context: str, name: str) -> str:
        """Give the word for a name of the pack; the name itself where the pack is newer."""
        return self.messages[language].get((context, name), name)

    def words(self, language: str, context: str, names: Sequence[str]) -> str:
        """Give the words for several names as a list in the language's own way."""
        return _listed(language, tuple(self.word(language, context, name) for name in names))

    def when(self, language: str, at: int) -> str:
        """Give an instant as date and time of day in UTC, the date in the language's own way."""
        moment = datetime.fromtimestamp(at // NANOSECONDS, UTC)
        return f"{_day(language, moment.date())}, {moment:%H:%M:%S} UTC"


@lru_cache(maxsize=1024)  # Babel composes a date anew from its patterns: half of a notice's time
def _day(language: str, day: date) -> str:
    written = format_date(day, "long", locale=language)
    return written.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


@lru_cache(maxsize=1024)
def _listed(language: str, words: tuple[str, ...]) -> str:
    return format_list(words, locale=Locale(language))


def read_texts(folder: Path = LOCALE) -> Texts:
    """Read the catalogs ``<language>.po``; ConfigurationError with everything wrong in them."""
    messages: dict[str, dict[tuple[str, str], str]] = {}
    problems: list[Problem] = []
    for language in LANGUAGES:
        try:
            messages[language] = _read(folder / f"{language}.po", language)
        except ConfigurationError as error:
            problems += error.problems
    wanted = set().union(*messages.values())
    for language, known in messages.items():
        problems += [
            Problem(f"{language}.po", 0, f"{context}: {name!r} has no text", "translate it")
            for context, name in sorted(wanted - set(known))
        ]
    if problems:
        raise ConfigurationError(problems)
    return Texts(messages)


def _read(path: Path, language: str) -> dict[tuple[str, str], str]:
    try:
        with path.open("rb") as file:
            catalog: Catalog = read_po(file, locale=language, abort_invalid=True)
    except PoFileError as error:
        problem = Problem(path.name, error.lineno, f"is no catalog: {error.args[0]}")
        raise ConfigurationError([problem]) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError([Problem(path.name, 0, "is not UTF-8", "save it so")]) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigurationError([Problem(path.name, 0, f"cannot be read: {reason}")]) from error
    return {
        (str(message.context), str(message.id)): str(message.string)
        for message in catalog
        if message.id and message.string and not message.fuzzy
    }
