"""Reasons in the languages of people: what an assessment says in English, told in Kazakh, Russian.

An assessment keeps its reasons in English: sentences of the pack's rows, and sentences of the
program with names in them. Here each is read back into its sentence and its names, and told anew
from gettext catalogs, those of the program beside this file and those of a pack beside its rows
(``locale/<language>.po``). So an old revision is explained in any language, and what a catalog
lacks stands in English, never away.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po

from pipeline.assess.labels import BETWEEN
from pipeline.assess.reason_words import SENTENCES, WORDS
from pipeline.errors import ConfigurationError, Problem

LANGUAGES = ("kk", "ru", "en")
LOCALE = Path(__file__).parent / "locale"
PACK_LOCALE = "locale"
_NAME = re.compile(r"\{(\w+)\}")
_NAMED = re.compile(r"(?P<title>[^\[\]]+) \[(?P<why>[^\[\]]+)\](?P<between>, |$)")
_MORE = "{findings} and {count} more"
_SHAPES = {
    "answer": "yes|no|unknown",
    "outcome": "success|failure",
    "hours": r"\d+",
    "count": r"\d+",
    "rule": "[a-z_]+",
    "act": "[a-z_]+",
    "regime": "[a-z_]+",
    "floor": "[a-z0-9_.-]+",
    "grade": r"\d",
    "steps": r"\d+",
    "axis": r"[A-Za-z0-9_.]+",
    "axes": r"[A-Za-z0-9_., ]+",
    "properties": r"[a-z0-9_.\-, ]+",
    "subject": "[a-z_]+",
    "value": "[a-z_]+",
    "values": "[a-z_, ]+",
}

Teller = Callable[[str, str], str]
"""Tells the value of a name in a sentence: its kind (act, regime) and the value."""


@dataclass(frozen=True, slots=True)
class ReasonTexts:
    """Texts by language and English sentence; ``en`` is the sentence itself."""

    messages: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def word(self, language: str, name: str) -> str:
        """Give the word for a name of the program; the name itself where there is none."""
        english = WORDS.get(name)
        return name if english is None else self._message(language, english)

    def say(self, language: str, sentence: str, **values: str) -> str:
        """Give one of ``SENTENCES`` with its names."""
        return self._message(language, sentence).format(**values)

    def tell(self, language: str, reason: str, teller: Teller) -> str:
        """Tell a reason: a sentence of a row or of the program, or several of them."""
        known = self.messages.get(language, {})
        if reason in known:
            return known[reason]
        for pattern, sentence in _patterns():
            found = pattern.fullmatch(reason)
            if found is not None:
                return self._filled(language, sentence, found.groupdict(), teller)
        return self._several(language, reason, teller)

    def labels(self, language: str, reason: str, teller: Teller) -> str:
        """Tell where the labels of a finding come from, part by part; a title by itself, too."""
        return "; ".join(self._label(language, one, teller) for one in reason.split(BETWEEN))

    def _label(self, language: str, part: str, teller: Teller) -> str:
        for pattern, sentence in _patterns():
            found = pattern.fullmatch(part)
            if found is not None:
                return self._filled(language, sentence, found.groupdict(), teller)
        first, between, rest = part.partition("; ")
        if between and first in SENTENCES:
            return f"{self._message(language, first)}; {self._label(language, rest, teller)}"
        name, between, reason = part.partition(": ")
        if not between:
            return self._message(language, part)
        return f"{name}{between}{self.tell(language, reason, teller)}"

    def _filled(
        self, language: str, sentence: str, values: Mapping[str, str], teller: Teller
    ) -> str:
        told = {}
        for kind, value in values.items():
            if kind == "reason":
                told[kind] = self.tell(language, value, teller)
            elif kind == "findings":
                told[kind] = self._findings(language, value, teller)
            elif kind in {"outcome", "rule", "subject", "value"}:
                told[kind] = self.word(language, value)
            elif kind == "values":
                told[kind] = ", ".join(self.word(language, one) for one in value.split(", "))
            else:
                told[kind] = teller(kind, value)
        return self.say(language, sentence, **told)

    def _findings(self, language: str, named: str, teller: Teller) -> str:
        """Tell findings named as ``title [where its labels come from], ... and 3 more``."""
        found = re.fullmatch(r"(?P<findings>.*) and (?P<count>\d+) more", named, re.DOTALL)
        if found is not None:
            inner = self._findings(language, found["findings"], teller)
            return self.say(language, _MORE, findings=inner, count=found["count"])
        return _NAMED.sub(
            lambda one: (
                f"{self._message(language, one['title'])} "
                f"[{self.labels(language, one['why'], teller)}]{one['between']}"
            ),
            named,
        )

    def _several(self, language: str, reason: str, teller: Teller) -> str:
        """Tell sentences joined by semicolons, of which some hold one themselves."""
        parts = reason.split("; ")
        told: list[str] = []
        begin = 0
        while begin < len(parts) and len(parts) > 1:
            known = self.messages.get(language, {})
            ends = range(len(parts), begin, -1)
            end = next((end for end in ends if "; ".join(parts[begin:end]) in known), begin + 1)
            told.append(self.tell(language, "; ".join(parts[begin:end]), teller))
            begin = end
        return "; ".join(told) or reason

    def _message(self, language: str, english: str) -> str:
        return self.messages.get(language, {}).get(english, english)


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Give the sentences that have names in them as patterns, the fullest first."""
    named = sorted((one for one in SENTENCES if "{" in one), key=_literal, reverse=True)
    return tuple((_pattern(sentence), sentence) for sentence in named)


def _literal(sentence: str) -> int:
    """Count what stands in a sentence beside its names: the more, the surer the match."""
    return len(_NAME.sub("", sentence))


def _pattern(sentence: str) -> re.Pattern[str]:
    pieces = _NAME.split(sentence)
    text = "".join(
        f"(?P<{piece}>{_SHAPES.get(piece, '.+?')})" if number % 2 else re.escape(piece)
        for number, piece in enumerate(pieces)
    )
    return re.compile(text, re.DOTALL)


@lru_cache(maxsize=16)
def reason_texts(*folders: Path) -> ReasonTexts:
    """Read the catalogs of the program and of packs (their folders), each where it has any.

    ConfigurationError with every catalog that cannot be read.
    """
    messages: dict[str, dict[str, str]] = {}
    problems: list[Problem] = []
    for folder in (LOCALE, *(pack / PACK_LOCALE for pack in folders)):
        for language in LANGUAGES[:2]:
            path = folder / f"{language}.po"
            if path.exists() or folder == LOCALE:
                try:
                    messages.setdefault(language, {}).update(_read(path, language))
                except ConfigurationError as error:
                    problems += error.problems
    if problems:
        raise ConfigurationError(problems)
    return ReasonTexts(messages)


def msgids() -> Iterable[str]:
    """Give every English text of the program that a catalog translates."""
    return dict.fromkeys((*SENTENCES, _MORE, *WORDS.values()))


def _read(path: Path, language: str) -> dict[str, str]:
    try:
        with path.open("rb") as file:
            catalog: Catalog = read_po(file, locale=language, abort_invalid=True)
    except PoFileError as error:
        problem = Problem(str(path), error.lineno, f"is no catalog: {error.args[0]}")
        raise ConfigurationError([problem]) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError([Problem(str(path), 0, "is not UTF-8", "save it so")]) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigurationError([Problem(str(path), 0, f"cannot be read: {reason}")]) from error
    return {
        str(message.id): str(message.string)
        for message in catalog
        if message.id and message.string and not message.fuzzy
    }
