"""Three languages, none poorer than another, by the law's glossary."""

import re
from pathlib import Path
from string import Formatter

import pytest

from pipeline.errors import ConfigurationError
from pipeline.model import Json
from pipeline.notify import notices_for, read_texts
from pipeline.notify.texts import LANGUAGES, LOCALE
from tests.notify.made import BASE, NCC, TENANT, assessment, desk, incident, registry, words

KAZAKH_LETTERS = set("әғқңөұүһі")
# Texts that may be the same in Kazakh and Russian; none is today.
SHARED: set[tuple[str, str]] = set()
# What the law calls it (kk, ru): a notice about it uses the word.
GLOSSARY = {
    "incident": ("оқыс оқиға", "инцидент"),
    "operations centre": ("жедел орталығы", "Оперативный центр"),
    "object": ("объекті", "объект"),
}
# «Аса маңызды» is critical in one law and a secrecy mark in another, «құпия» likewise; «оқиға»
# without «оқыс» is an event, not an incident.
TRAPS = re.compile(r"аса маңызды|құпия", re.IGNORECASE)


def test_no_language_lacks_a_text() -> None:
    """Kazakh, Russian and English have the same messages, and none is empty."""
    kk, ru, en = (words().messages[language] for language in LANGUAGES)
    assert set(kk) == set(ru) == set(en)
    assert all(text.strip() for known in (kk, ru, en) for text in known.values())


def test_kazakh_is_no_copy() -> None:
    """No Kazakh text equals the Russian or English one, and no Russian one the English."""
    kk, ru, en = (words().messages[language] for language in LANGUAGES)
    assert {key for key in kk if kk[key] in (ru[key], en[key])} <= SHARED
    assert {key for key in ru if ru[key] == en[key]} == set()


def test_kazakh_is_written_in_kazakh() -> None:
    """Kazakh sentences use Kazakh letters, and no Latin i or h stands among Cyrillic ones."""
    for (context, name), text in words().messages["kk"].items():
        plain = re.sub(r"\{\w+\}|UTC", "", text)
        assert not re.search(r"[a-z]", plain), (context, name)
        assert len(plain) < 40 or KAZAKH_LETTERS & set(plain.lower()), (context, name)


def test_placeholders_agree() -> None:
    """A message has the same placeholders in every language."""
    for key in words().messages["en"]:
        fields = {
            tuple(sorted(part[1] for part in Formatter().parse(texts[key]) if part[1]))
            for texts in words().messages.values()
        }
        assert len(fields) == 1, key


@pytest.mark.parametrize("term", sorted(GLOSSARY))
def test_openings_keep_to_the_glossary(term: str) -> None:
    """The first notice names incident, centre and object as the law does, in both languages."""
    kazakh, russian = GLOSSARY[term]
    said = {text["language"]: text["subject"] + text["body"] for text in first_notice()["text"]}
    assert kazakh in said["kk"]
    assert russian in said["ru"]


def test_ambiguous_words_are_avoided() -> None:
    """No Kazakh text uses a word that one law reads as critical and another as a secrecy mark."""
    found = [key for key, text in words().messages["kk"].items() if TRAPS.search(text)]
    assert found == []


def test_every_act_of_the_law_has_a_word() -> None:
    """The eleven acts of article 53 are worded in every language."""
    acts = (
        "unauthorised_access", "leak", "influence", "blocking", "modification", "copying",
        "destruction_loss", "unlicensed_software", "disruption", "subscriber_data_access",
        "subscriber_device_blocking",
    )  # fmt: skip
    worded = [{act for act in acts if ("act", act) in words().messages[one]} for one in LANGUAGES]
    assert worded == [set(acts)] * 3


def first_notice(leg: str = "ncc") -> Json:
    route = (NCC,) if leg == "ncc" else (TENANT,)
    [one] = notices_for(incident(assessment(route=route), trial=True), None, registry(), desk())
    return one.payload


def test_the_first_notice_reads_well() -> None:
    """A first notice to the NCC says the fact, plainly, in the recipient's language first."""
    text = first_notice()["text"][0]
    assert text == {
        "language": "kk",
        "subject": "Ақпараттық қауіпсіздіктің оқыс оқиғасы: KZ-EN-1 объектісі",
        "body": "Ақпараттық қауіпсіздіктің жедел орталығы (OCIB-1) ақпараттық қауіпсіздіктің оқыс "
        "оқиғасы фактісі туралы хабарлайды.\n"
        "Объект тәжірибелік пайдалануда.\n"
        "Ақпараттандыру объектісі: KZ-EN-1\n"
        "Әрекеттер: санкцияланбаған қол жеткізу\n"
        "Оқиғалар уақыты: 2026 ж. 2 наурыз, 03:58:00 UTC – 2026 ж. 2 наурыз, 03:59:00 UTC\n"
        "Маңыздылық деңгейі: жоғары\n"
        "Құқықтық негіз: kz-418-V/7-2(1)(2)\n"
        f"Оқыс оқиға нөмірі: {'a' * 32}",
    }


def test_russian_and_english_say_the_same() -> None:
    """The other languages follow with the same lines."""
    _, russian, english = first_notice()["text"]
    assert "Время событий: 2 марта 2026 г., 03:58:00 UTC" in russian["body"]
    assert "Acts: unauthorised access" in english["body"]
    assert len(russian["body"].splitlines()) == len(english["body"].splitlines()) == 8


def test_a_guest_reads_why_it_is_told() -> None:
    """Who has something hosted is told that its infrastructure is concerned, not the trial."""
    text = first_notice("hosted_owner")["text"][0]
    assert text["language"] == "en"
    assert "the infrastructure on which your object is hosted" in text["body"]
    assert "trial" not in text["body"]


def test_an_incident_of_one_moment_has_one_time() -> None:
    """Where first and last event are one, one time is told."""
    said = words().when("ru", BASE)
    assert said == "2 марта 2026 г., 04:00:00 UTC"


def test_a_name_newer_than_the_words_stands_for_itself() -> None:
    """A class that the catalogs do not know is shown by its code, in lists too."""
    assert words().words("en", "act", ["leak", "new_act"]) == "leak of information and new_act"


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        pytest.param(None, "cannot be read", id="missing"),
        pytest.param(b"\xff\xfe", "is not UTF-8", id="not UTF-8"),
        pytest.param(b'msgid "a\n', "is no catalog", id="broken"),
        pytest.param(b'msgctxt "act"\nmsgid "leak"\nmsgstr ""\n', "has no text", id="incomplete"),
    ],
)
def test_a_bad_catalog_fails_at_load(tmp_path: Path, broken: bytes | None, message: str) -> None:
    """A catalog that is missing, broken or poorer than the others is a configuration error."""
    for language in ("ru", "en"):
        (tmp_path / f"{language}.po").write_bytes((LOCALE / f"{language}.po").read_bytes())
    if broken is not None:
        (tmp_path / "kk.po").write_bytes(broken)
    with pytest.raises(ConfigurationError) as caught:
        read_texts(tmp_path)
    assert all(problem.file == "kk.po" for problem in caught.value.problems)
    assert message in str(caught.value)
