"""Every catalog of texts for people in the project, as tests read them: by themselves."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
LANGUAGES = ("kk", "ru", "en")
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Text:
    """One text in three languages; of counted ones each language's forms."""

    place: str
    context: str
    name: str
    forms: dict[str, tuple[str, ...]]

    @property
    def label(self) -> str:
        """Name it for a report."""
        return f"{self.place}: {self.context}: {self.name}"

    def plain(self, language: str) -> str:
        """Give a language's text in small letters without its named places."""
        return " ".join(re.sub(r"\{[^}]*\}", " ", form) for form in self.forms[language]).lower()

    def fields(self, language: str) -> list[tuple[str, ...]]:
        """Give the named places of each form, sorted."""
        return [
            tuple(sorted(part[1] for part in Formatter().parse(form) if part[1] is not None))
            for form in self.forms[language]
        ]


def folders() -> list[Path]:
    """Give every folder of catalogs."""
    found = {
        path.parent
        for top in ("dashboards", "pipeline", "rules")
        for path in (ROOT / top).rglob("*.po")
    }
    return sorted(found)


@cache
def catalog(folder: Path, language: str) -> Catalog | None:
    """Read a catalog; None where a folder's English texts are its names."""
    path = folder / f"{language}.po"
    if not path.exists():
        return None
    with path.open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def messages(folder: Path, language: str) -> dict[tuple[str, str], Message]:
    """Give a catalog's messages by context and name."""
    held = catalog(folder, language)
    found = {}
    for message in held or ():
        if message.id:
            name = message.id if isinstance(message.id, str) else message.id[0]
            found[str(message.context or ""), str(name)] = message
    return found


def texts() -> Iterator[Text]:
    """Give every text that all its languages have."""
    for folder in folders():
        held = {language: messages(folder, language) for language in LANGUAGES}
        for key in sorted(held["kk"].keys() & held["ru"].keys()):
            forms = {
                language: _forms(known[key]) if key in known else (key[1],)
                for language, known in held.items()
            }
            yield Text(str(folder.relative_to(ROOT)), *key, forms)


def words(text: str) -> list[str]:
    """Give the words of a text."""
    return _WORD.findall(text)


def _forms(message: Message) -> tuple[str, ...]:
    said = message.string
    return (said,) if isinstance(said, str) else tuple(map(str, said or ()))
