"""The words of the statistics: three languages, none poorer than another."""

import re
from string import Formatter

from pipeline.notify.texts import LANGUAGES
from pipeline.runtime.cli.statistics_words import catalogs

KAZAKH_LETTERS = set("әғқңөұүһі")
# Words that are the same in Kazakh and Russian.
SHARED = {("table", "group")}


def test_no_language_lacks_a_word() -> None:
    """Kazakh, Russian and English have the same messages, and none is empty."""
    kk, ru, en = (catalogs().messages[language] for language in LANGUAGES)
    assert set(kk) == set(ru) == set(en)
    assert len(kk) > 200
    assert all(text for known in (kk, ru, en) for text in known.values())


def test_kazakh_is_no_copy() -> None:
    """No Kazakh text equals the Russian or the English one but for the few shared words."""
    kk, ru, en = (catalogs().messages[language] for language in LANGUAGES)
    assert {key for key in kk if kk[key] in (ru[key], en[key])} <= SHARED
    assert {key for key in ru if ru[key] == en[key]} == set()


def test_kazakh_is_written_in_kazakh() -> None:
    """Longer Kazakh texts use Kazakh letters, and no Latin i stands among Cyrillic ones."""
    for key, text in catalogs().messages["kk"].items():
        plain = re.sub(r"\{\w+\}|RSIT", "", text)
        assert not re.search(r"[a-z]", plain), key
        assert len(plain) < 40 or KAZAKH_LETTERS & set(plain.lower()), key


def test_placeholders_agree() -> None:
    """A message has the same placeholders in every language."""
    messages = catalogs().messages
    for key in messages["en"]:
        found = {
            tuple(sorted(part[1] for part in Formatter().parse(messages[one][key]) if part[1]))
            for one in LANGUAGES
        }
        assert len(found) == 1, key
