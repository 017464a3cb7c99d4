"""The line by which people know an incident, and the card's words in three languages."""

import re
from dataclasses import replace
from string import Formatter

import pytest

from pipeline.notify.exports import card_texts, exported
from pipeline.notify.exports.titles import title
from pipeline.notify.texts import LANGUAGES
from tests.notify.exports.made import CENTRE, NOW, history, stubbed, subject, whole

KAZAKH_LETTERS = set("әғқңөұүһі")
TRAPS = re.compile(r"аса маңызды|құпия", re.IGNORECASE)


@pytest.mark.parametrize(
    ("language", "incident", "candidate", "stub"),
    [
        ("kk", "оқыс оқиғасы", "ықтимал", "туралы хабар"),
        ("ru", "Инцидент", "возможный", "Сообщение"),
        ("en", "incident", "possible", "notice"),
    ],
)
def test_only_what_is_decided_is_called_an_incident(
    language: str, incident: str, candidate: str, stub: str
) -> None:
    """A candidate is a possible incident, and a stub does not say whether it is one."""
    texts = card_texts()
    undecided = exported(subject(history=history()[:1]), CENTRE, NOW)
    assert incident in title(whole(), texts, language)
    assert candidate in title(undecided, texts, language)
    assert stub in title(stubbed(), texts, language)
    assert incident not in title(stubbed(), texts, language)


def test_kazakh_is_no_copy_and_no_less() -> None:
    """Every text is there in each language, and none is the same in two of them."""
    kk, ru, en = (card_texts().messages[language] for language in LANGUAGES)
    assert set(kk) == set(ru) == set(en)
    assert [key for key in kk if kk[key] in (ru[key], en[key]) or ru[key] == en[key]] == []


def test_kazakh_is_written_in_kazakh() -> None:
    """Long Kazakh texts use Kazakh letters, no Latin letter stands in a word, no trap is used."""
    for key, text in card_texts().messages["kk"].items():
        words = re.sub(r"\{\w+\}|UTC|RSIT|ATT&CK|SHA-256", "", text)
        assert not re.search(r"[A-Za-z]", words), key
        assert len(words) < 40 or KAZAKH_LETTERS & set(words.lower()), key
        assert not TRAPS.search(words), key


def test_placeholders_agree() -> None:
    """A text has the same placeholders in every language."""
    for key in card_texts().messages["en"]:
        fields = {
            tuple(sorted(part[1] for part in Formatter().parse(texts[key]) if part[1]))
            for texts in card_texts().messages.values()
        }
        assert len(fields) == 1, key


@pytest.mark.parametrize("closing", ["benign", "false"])
def test_what_was_none_is_called_none(closing: str) -> None:
    """An incident that a person closed as harmless or false is no longer called one."""
    closed = replace(history()[-1], closing_verdict=closing)
    found = title(exported(subject(history=[closed]), CENTRE, NOW), card_texts(), "en")
    assert found == "No incident: object KZ-EN-1"
