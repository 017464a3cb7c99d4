"""All catalogs: Kazakh is never poorer, places agree, numbers are right, words are the law's."""

import gettext
import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from babel.core import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

from pipeline.lookalikes import folded
from pipeline.notify.texts import PLURALS, Texts, read_texts
from tests.house.catalogs import LANGUAGES, ROOT, Text, catalog, folders, messages, texts, words

WORDING = ROOT / "rules" / "law" / "wording.yml"
SAME = Path(__file__).with_name("same_texts.yml")
KAZAKH = set("әғқңөұүһі")
CYRILLIC = re.compile("[\u0400-\u04ff]")
LATIN = re.compile("[A-Za-z]")
COUNTS = (0, 1, 2, 5, 11, 21, 100)
ALL = list(texts())


@cache
def wording() -> list[dict[str, Any]]:
    """Read how the glossary's words stand in texts."""
    return list(yaml.safe_load(WORDING.read_text(encoding="utf-8"))["terms"])


@pytest.mark.parametrize("folder", folders(), ids=lambda one: str(one.relative_to(ROOT)))
def test_no_language_lacks_a_text(folder: Path) -> None:
    """What one language has the others have, none of it doubtful or empty."""
    held = {language: messages(folder, language) for language in LANGUAGES}
    if catalog(folder, "en") is None:
        del held["en"]
    wanted = set().union(*held.values())
    assert wanted
    for language, known in held.items():
        assert wanted - set(known) == set(), language
        bad = [key for key, one in known.items() if one.fuzzy or not all(_all(one.string))]
        assert bad == [], language


def _all(said: object) -> tuple[object, ...]:
    return said if isinstance(said, tuple) else (said,)


def test_kazakh_is_no_copy() -> None:
    """No Kazakh text is the Russian or English one, but for a reviewed list, all of it in use."""
    listed = {one["text"]: one["reason"] for one in yaml.safe_load(SAME.read_text("utf-8"))}
    same = {
        one.forms["kk"][0]
        for one in ALL
        if LATIN.search(one.plain("kk")) or CYRILLIC.search(one.plain("kk"))
        if set(one.forms["kk"]) & {*one.forms["ru"], *one.forms["en"]}
    }
    assert same == set(listed)
    assert all(listed.values())


def test_russian_is_not_kazakh() -> None:
    """Russian texts have no Kazakh letters, Kazakh ones of some length always have."""
    assert [one.label for one in ALL if KAZAKH & set(one.plain("ru"))] == []
    plain = [one for one in ALL if len(CYRILLIC.findall(one.plain("kk"))) >= 30]
    assert [one.label for one in plain if not KAZAKH & set(one.plain("kk"))] == []
    assert len(plain) > 300


def test_places_agree() -> None:
    """A text has the same named places in every language and every form."""
    for one in ALL:
        fields = {each for language in LANGUAGES for each in one.fields(language)}
        assert len(fields) == 1, one.label


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_words_are_of_one_script(language: str) -> None:
    """No Latin letter stands among Cyrillic ones, nor one that only looks right."""
    found = [
        (one.label, word)
        for one in ALL
        for word in words(one.plain(language))
        if (LATIN.search(word) and CYRILLIC.search(word)) or folded(word) != word
    ]
    assert found == []


def _glossary() -> list[str]:
    found = []
    for one in ALL:
        english = one.plain("en")
        for term in wording():
            if any(phrase in english for phrase in term.get("but", ())):
                continue
            named = re.search(term["en"], english) is not None
            for language in ("kk", "ru"):
                said = one.plain(language)
                if named and not any(re.search(stem, said) for stem in term[language]):
                    found.append(f"{one.label}: {language}: {term['id']}: {said}")
                found += [
                    f"{one.label}: {language}: not {word}: {said}"
                    for word in term.get(f"not_{language}", ())
                    if re.search(word, said)
                ]
    return found


def test_words_are_the_laws() -> None:
    """Where a word of the glossary stands in English, the law's stands in Kazakh and Russian."""
    assert _glossary() == []


def test_the_wording_is_of_the_glossary() -> None:
    """Each term is one of the glossary's, its own words fit it, and texts use it."""
    glossary = yaml.safe_load((WORDING.parent / "kz" / "glossary.yml").read_text("utf-8"))
    known = {row["id"]: row["names"] for row in glossary["glossary"]}
    english = [one.plain("en") for one in ALL]
    for term in wording():
        names = known[term["id"]]
        for language in ("kk", "ru"):
            name = names[language].lower()
            assert any(re.search(stem, name) for stem in term[language]), (term["id"], language)
        if term["id"] != "security_authority":
            assert any(re.search(term["en"], text) for text in english), term["id"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("copy", {"en": "an incident", "kk": "инцидент", "ru": "инцидент"}),
        ("none", {"en": "an incident", "kk": "жағдай", "ru": "инцидент"}),
        ("event", {"en": "an event", "kk": "оқыс оқиға", "ru": "событие"}),
        ("holder", {"en": "the holder", "kk": "иеленуші", "ru": "держатель"}),
    ],
)
def test_a_wrong_word_is_found(
    monkeypatch: pytest.MonkeyPatch, name: str, said: dict[str, str]
) -> None:
    """A text with another word than the law's fails the check."""
    forms: dict[str, tuple[str, ...]] = {language: (text,) for language, text in said.items()}
    monkeypatch.setattr("tests.house.test_texts.ALL", [Text("made", "", name, forms)])
    assert _glossary() != []


@pytest.mark.parametrize(
    "path",
    [path for folder in folders() for path in sorted(folder.glob("*.po"))],
    ids=lambda one: str(one.relative_to(ROOT)),
)
def test_plural_forms_are_the_languages(path: Path) -> None:
    """A catalog's header chooses for each number the form that CLDR has for it."""
    language = path.stem
    held = catalog(path.parent, language)
    assert held is not None
    assert held.num_plurals == len(PLURALS[language])
    choose = gettext.c2py(held.plural_expr)
    for count in COUNTS:
        category = Locale(language).plural_form(count)
        assert choose(count) == PLURALS[language].index(category), count
    for one in held:
        if isinstance(one.id, tuple):
            assert len(_all(one.string)) == held.num_plurals


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("ru", ["0 уведомлений", "1 уведомление", "2 уведомления", "5 уведомлений",
                "11 уведомлений", "21 уведомление", "100 уведомлений"]),
        ("kk", [f"{count} хабарлама" for count in COUNTS]),
        ("en", ["0 notices", "1 notice", *(f"{count} notices" for count in COUNTS[2:])]),
    ],
)  # fmt: skip
def test_counted_texts_take_the_form_of_their_number(language: str, said: list[str]) -> None:
    """A number and its noun agree as the language wants it."""
    known = read_texts()
    for count, wanted in zip(COUNTS, said, strict=True):
        assert wanted in known.count(language, "digest", "subject", count, object="KZ-1")


def test_numbers_and_dates_are_the_languages() -> None:
    """Long numbers and dates are written as CLDR has them for each language."""
    known: Texts = read_texts()
    at = 1_772_424_000_000_000_000
    for language in LANGUAGES:
        number = format_decimal(12_345, locale=language)
        assert number in known.count(language, "digest", "subject", 12_345, object="KZ-1")
        day = format_date(date(2026, 3, 2), "long", locale=language).replace("\xa0", " ")
        assert known.when(language, at) == f"{day.replace(chr(0x202F), ' ')}, 04:00:00 UTC"
