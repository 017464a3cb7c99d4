"""The words of notices in Kazakh, Russian and English, from gettext catalogs.

Catalogs are read once, at start, and none may lack what another has: an incomplete language is a
configuration error with its file, never a gap in a notice. Interfaces and notices are in Kazakh
and Russian (Informatization Law 35(1), 38(3)) and in English. Times are told in UTC.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path

from babel.core import Locale
from babel.dates import format_date
from babel.lists import format_list
from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po
from babel.numbers import format_decimal

from pipeline.errors import ConfigurationError, Problem
from pipeline.model import NANOSECONDS

LANGUAGES = ("kk", "ru", "en")
PLURALS = {"kk": ("one", "other"), "ru": ("one", "few", "many"), "en": ("one", "other")}
"""By which of CLDR's categories of whole numbers the forms of a counted text are ordered."""
LOCALE = Path(__file__).parent / "locale"


@dataclass(frozen=True, slots=True)
class Texts:
    """Messages by language, context and name; a name without a message stands for itself.

    ``counted`` are those that have a form for each kind of number.
    """

    messages: Mapping[str, Mapping[tuple[str, str], str]]
    counted: Mapping[str, Mapping[tuple[str, str], tuple[str, ...]]] = field(default_factory=dict)

    def beside(self, words: Mapping[str, Mapping[tuple[str, str], str]]) -> "Texts":
        """Give these texts with further words, such as a law pack's; ours stand before them."""
        return Texts(
            {name: {**words.get(name, {}), **held} for name, held in self.messages.items()},
            self.counted,
        )

    def say(self, language: str, context: str, name: str, **values: str) -> str:
        """Give a message with its values; KeyError where the catalogs have none."""
        return self.messages[language][context, name].format(**values)

    def count(self, language: str, context: str, name: str, count: int, **values: str) -> str:
        """Give a message with a number in the form that the language has for it."""
        forms = self.counted[language][context, name]
        return forms[_form(language, count)].format(
            count=format_decimal(count, locale=language), **values
        )

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
def _form(language: str, count: int) -> int:
    return PLURALS[language].index(Locale(language).plural_form(count))


@lru_cache(maxsize=1024)
def _listed(language: str, words: tuple[str, ...]) -> str:
    return format_list(words, locale=Locale(language))


def read_texts(folder: Path = LOCALE) -> Texts:
    """Read the catalogs ``<language>.po``; ConfigurationError with everything wrong in them."""
    messages: dict[str, dict[tuple[str, str], str]] = {}
    counted: dict[str, dict[tuple[str, str], tuple[str, ...]]] = {}
    problems: list[Problem] = []
    for language in LANGUAGES:
        try:
            messages[language], counted[language] = _read(folder / f"{language}.po", language)
        except ConfigurationError as error:
            problems += error.problems
    problems += _absent(messages)
    problems += _absent(counted)
    if problems:
        raise ConfigurationError(problems)
    return Texts(messages, counted)


def _absent(known: Mapping[str, Mapping[tuple[str, str], object]]) -> Iterator[Problem]:
    wanted = set().union(*known.values())
    for language, held in known.items():
        for context, name in sorted(wanted - set(held)):
            what = f"{context}: {name!r} has no text"
            yield Problem(f"{language}.po", 0, what, "translate it")


def _read(
    path: Path, language: str
) -> tuple[dict[tuple[str, str], str], dict[tuple[str, str], tuple[str, ...]]]:
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
    single: dict[tuple[str, str], str] = {}
    counted: dict[tuple[str, str], tuple[str, ...]] = {}
    for message in catalog:
        if not message.id or message.fuzzy or not message.string:
            continue
        if isinstance(message.id, tuple | list):
            forms = tuple(map(str, message.string))
            if len(forms) == len(PLURALS[language]) and all(forms):
                counted[str(message.context), str(message.id[0])] = forms
        else:
            single[str(message.context), str(message.id)] = str(message.string)
    return single, counted
