"""The card for people, read back by another library."""

import io
import re
from dataclasses import replace
from functools import cache

import pytest
from pypdf import PdfReader

from pipeline.errors import ConfigurationError
from pipeline.notify.exports import Exported, card_texts, exported
from pipeline.notify.exports.card import Card
from pipeline.notify.exports.font import Font, find_font
from tests.notify.exports.made import CENTRE, HOSTILE, NOW, finding, stubbed, subject, whole


@cache
def _font() -> Font | None:
    try:
        return find_font()
    except ConfigurationError:
        return None


def font() -> Font:
    found = _font()
    if found is None:
        pytest.skip("DejaVu Sans is not on this machine")
    return found


def written(*records: Exported, language: str = "kk") -> bytes:
    words = {one.incident_id: lambda _section, name: name for one in records}
    return Card(card_texts(), language, font())(records, words)


def pages(data: bytes) -> list[str]:
    """Give each page's text, words joined by single spaces."""
    return [re.sub(r"\s+", " ", page.extract_text()) for page in PdfReader(io.BytesIO(data)).pages]


@pytest.mark.parametrize(
    ("language", "title", "limbs", "notices", "name"),
    [
        ("kk", "Ақпараттық қауіпсіздіктің оқыс оқиғасы", "Заң бойынша белгілері",
         "Хабарламалар, мерзімдер және растаулар", "«Солтүстік» электр станциясы"),
        ("ru", "Инцидент информационной безопасности", "Признаки по закону",
         "Уведомления, сроки и подтверждения", "Станция «Северная»"),
        ("en", "Information security incident", "Class under the law",
         "Notices, terms and receipts", "North station"),
    ],
    ids=["kk", "ru", "en"],
)  # fmt: skip
def test_a_card_says_it_in_a_language(
    language: str, title: str, limbs: str, notices: str, name: str
) -> None:
    """Title, object, limbs with their norms, terms, receipts and the hash can be read."""
    found = pages(written(whole(), language=language))
    text = " ".join(found)
    assert len(found) <= 2
    for said in (title, limbs, notices, name, "KZ-EN-1", "harms.obtain", "kz-418-V/1(31)"):
        assert said in text
    assert f"{6:064x}" in text
    assert "2026-03-02 04:03:00 UTC" in text  # the receipt
    assert "TLP:AMBER" in text


def test_every_kazakh_letter_is_there() -> None:
    """The letters that Kazakh has beside Russian ones come out as themselves."""
    letters = "Әә Іі Ңң Ғғ Үү Ұұ Ққ Өө Һһ"
    held = finding(rule=replace(finding().rule, title=letters))
    text = " ".join(pages(written(exported(subject(findings=[held]), CENTRE, NOW))))
    assert letters in text


def test_equal_records_are_equal_bytes() -> None:
    """The document's dates are the record's own: no clock is in the bytes."""
    assert written(whole()) == written(whole())
    assert PdfReader(io.BytesIO(written(whole()))).metadata


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_only_text(text: str) -> None:
    """Any title makes a card: long ones wrap, and what the font lacks is an escape."""
    held = finding(rule=replace(finding().rule, title=text))
    record = exported(subject(findings=[held]), text, NOW)
    found = pages(written(record))
    assert len(found) >= 1
    assert "KZ-EN-1" in found[0]


def test_many_rules_are_counted() -> None:
    """A card names so many rules and says how many more there are."""
    many = [finding(number) for number in range(1, 61)]
    made = exported(subject(findings=many), CENTRE, NOW)
    assert made.details is not None
    made = replace(made, details=replace(made.details, finding_count=60))
    assert "тағы 35" in " ".join(pages(written(made)))


def test_a_stub_says_no_more() -> None:
    """A stub's card has one page, its keys, and that details are not given."""
    (text,) = pages(written(stubbed(), language="ru"))
    assert "Подробные сведения не предоставляются" in text
    for said in ("North", "Северная", "kz-418-V", "Guessed", "harms"):
        assert said not in text


def test_each_page_names_its_own_incident() -> None:
    """In a document of several cards a page ends with the id of the incident that it is of."""
    other = replace(stubbed(), incident_id="b" * 32)
    first, *_, last = pages(written(stubbed(), other, language="en"))
    assert first.endswith(f"{'a' * 32} page 1 of 2")
    assert last.endswith(f"{'b' * 32} page 2 of 2")
