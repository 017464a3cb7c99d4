"""Tests of reasons in the languages of people."""

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assess import labels_for, load_pack
from pipeline.assess.labels import NOTHING_SAYS
from pipeline.assess.reason_texts import LOCALE, msgids, reason_texts
from pipeline.assess.reason_words import SENTENCES, WORDS
from pipeline.correlate.correlator import DETECTORS
from pipeline.errors import ConfigurationError
from pipeline.model import RuleRef
from tests.assess.making import KZ

TEXTS = reason_texts(KZ)
PACKS = sorted(path.parent for path in KZ.parent.glob("*/pack.yml"))


def reasons_of(pack: Path) -> list[str]:
    """Give every reason that a row of a pack may give."""
    rows = load_pack(pack).rows.values()
    return sorted({row.reason for held in rows for row in held if row.reason})


PACK_REASONS = reasons_of(KZ)
ALIKE = {"{expression} is {answer}"}  # Kazakh and Russian differ by a sign alone
GLOSSARY = {  # English word of a reason: what Kazakh and Russian must say for it
    "coordination centre": ("ұлттық үйлестіру орталығы", "национальн"),
    "holder": ("иеленуші", "владел"),
    "owners": ("меншік ие", "собственник"),
    "sectoral centre": ("салалық орталық", "отраслев"),
    "response service": ("ден қою қызметі", "служба реагирования"),
    "an incident": ("оқыс оқиға", "инцидент"),
    "e-government": ("электрондық үкімет", "электронного правительства"),
    "critical object": ("аса маңызды объект", "критически важн"),
}


def told(kind: str, value: str) -> str:
    """Tell a name as it is."""
    return f"{kind}={value}"


def fields(text: str) -> set[str]:
    """Give the names in braces of a text."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", ["kk", "ru"])
@pytest.mark.parametrize("pack", PACKS, ids=lambda path: path.name)
def test_every_reason_of_a_pack_has_its_text(pack: Path, language: str) -> None:
    """A row whose reason nobody translated would be told in English to whom it concerns."""
    texts, reasons = reason_texts(pack), reasons_of(pack)
    assert reasons
    known = texts.messages[language]
    assert [one for one in reasons if known.get(one, one) == one] == []
    assert [one for one in reasons if texts.tell(language, one, told) != known[one]] == []


@pytest.mark.parametrize("pack", PACKS, ids=lambda path: path.name)
def test_a_catalog_of_a_pack_holds_nothing_that_nobody_says(pack: Path) -> None:
    """A text whose English is gone from the pack's rows is a text to remove."""
    program = set(reason_texts().messages["kk"])
    for language in ("kk", "ru"):
        assert set(reason_texts(pack).messages[language]) - program <= set(reasons_of(pack))


@pytest.mark.parametrize("language", ["kk", "ru"])
@pytest.mark.parametrize("english", list(msgids()), ids=lambda text: text[:40])
def test_every_sentence_and_word_of_the_program_has_its_text(english: str, language: str) -> None:
    """Each has a text with the same names in it."""
    text = TEXTS.messages[language][english]
    assert fields(text) == fields(english)
    assert text != english


def test_no_kazakh_text_is_the_russian_or_the_english_one() -> None:
    """Kazakh is a language of its own here, and never a copy."""
    kazakh, russian = TEXTS.messages["kk"], TEXTS.messages["ru"]
    assert kazakh.keys() == russian.keys()
    assert {one for one in kazakh if kazakh[one] == russian[one]} <= ALIKE
    assert [one for one in kazakh if kazakh[one] == one or russian[one] == one] == []
    latin = [text for text in kazakh.values() if " the " in text or " is " in text]
    assert latin == []


@pytest.mark.parametrize("english", sorted(GLOSSARY))
def test_terms_follow_the_glossary(english: str) -> None:
    """A reason that names a party or a kind of the law uses the law's word for it."""
    kazakh, russian = GLOSSARY[english]
    concerned = [one for one in PACK_REASONS if english in one]
    assert concerned
    for reason in concerned:
        assert kazakh in TEXTS.messages["kk"][reason].casefold(), reason
        assert russian in TEXTS.messages["ru"][reason].casefold(), reason


def test_the_catalogs_hold_nothing_that_nobody_says() -> None:
    """A text whose English is gone from rows and program is a text to remove."""
    assert set(reason_texts().messages["kk"]) == set(msgids())


@pytest.mark.parametrize("rule", DETECTORS, ids=lambda rule: str(rule.id))
def test_every_detector_of_our_own_has_its_title_and_its_row(rule: RuleRef) -> None:
    """What the law's own detectors find is told in each language, and is evidence for something."""
    assert rule.title in TEXTS.messages["kk"]
    found = labels_for(load_pack(KZ), (), "saqshy", "detector", rule.id)
    assert found.reason != NOTHING_SAYS


@pytest.mark.parametrize("sentence", [one for one in SENTENCES if "{" in one], ids=str)
def test_a_sentence_is_read_back_into_its_names(sentence: str) -> None:
    """What the program said in English is told anew with the same names."""
    shapes = {
        "answer": "yes", "outcome": "failure", "hours": "24", "rule": "unattested",
        "act": "leak", "regime": "normal", "floor": "critical_object", "count": "2",
        "grade": "3", "steps": "1", "findings": "A title [T1003: x]",
        "reason": "no finding answers it",
    }  # fmt: skip
    values = {name: shapes.get(name, f"some_{name}") for name in fields(sentence)}
    english = sentence.format(**values)
    text = TEXTS.labels("kk", english, told) if ": {reason}" in sentence else TEXTS.tell(
        "kk", english, told
    )  # fmt: skip
    assert text != english
    for name in fields(sentence) & {"act", "regime", "floor", "axes", "roles", "answer"}:
        assert f"{name}={values[name]}" in text


def test_labels_of_a_case_file_are_told_each() -> None:
    """What a case file says of itself and the row that it follows are told one by one."""
    row = "a record with a mark came from an object attested open, which is to hold none"
    text = TEXTS.labels("kk", f"facts of the case; log source: {row}", told)
    known = TEXTS.messages["kk"]
    assert text == f"{known['facts of the case']}; журнал көзі: {known[row]}"


def test_several_sentences_are_told_each() -> None:
    """Grounds joined by semicolons are told one by one, also those that hold one themselves."""
    first = "the sectoral centre may give the notice too; this centre gives it in any case"
    second = "the registry names nobody for it"
    text = TEXTS.tell("ru", f"{first}; {second}; something new", told)
    known = TEXTS.messages["ru"]
    assert text == f"{known[first]}; {known[second]}; something new"


@given(st.text(max_size=80), st.sampled_from(["kk", "ru", "en"]))
def test_any_text_is_told_and_none_is_lost(text: str, language: str) -> None:
    """A reason that no catalog knows stands in its own words; nothing raises."""
    marked = f"zz{text}zz".replace(";", ",")
    said = TEXTS.tell(language, marked, lambda _kind, value: value)
    assert said.startswith("zz") or marked.partition(" is ")[1] or "[" in marked


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"\xff\xfe", "is not UTF-8"), (b'msgid "a\n', "is no catalog")],
    ids=["bytes", "broken"],
)
def test_a_broken_catalog_is_told_with_its_file(tmp_path: Path, data: bytes, said: str) -> None:
    """What cannot be read fails where it is read, with the file's name."""
    (tmp_path / "locale").mkdir()
    (tmp_path / "locale" / "kk.po").write_bytes(data)
    with pytest.raises(ConfigurationError) as caught:
        reason_texts(tmp_path)
    assert said in str(caught.value)
    assert "kk.po" in str(caught.value)


def test_a_pack_without_catalogs_is_told_in_english() -> None:
    """The program's own sentences have their texts whatever the pack brings."""
    texts = reason_texts(LOCALE)
    assert texts.tell("kk", PACK_REASONS[0], told) == PACK_REASONS[0]
    assert texts.word("kk", "severity") != WORDS["severity"]
    assert texts.word("ru", "never heard") == "never heard"
