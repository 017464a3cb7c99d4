"""Tests of secrecy marks: homonyms, spellings, mixed scripts."""

import pytest

from pipeline.registry import Meaning, load_registry, mark_reader, skeleton
from pipeline.registry.marks import contradictions
from tests.registry.making import RULES

MARKS = load_registry([RULES / "objects"]).marks


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        pytest.param("аса маңызды", Meaning.VALID, id="special-importance-kk"),
        pytest.param("  АСА   МАҢЫЗДЫ ", Meaning.VALID, id="case-and-spaces"),
        pytest.param("«Аса маңызды»", Meaning.VALID, id="quotes"),
        pytest.param("aca маңызды", Meaning.VALID, id="latin-look-alikes"),
        pytest.param("ө\u00adте құ\u200bпия", Meaning.VALID, id="hidden-characters"),
        pytest.param("ерекше маңызды", Meaning.VALID, id="clearance-spelling"),
        pytest.param("Совершенно секретно", Meaning.VALID, id="top-secret-ru"),
        pytest.param("секретно", Meaning.VALID, id="secret-ru"),
        pytest.param("ceкpeтнo", Meaning.VALID, id="secret-ru-mixed-script"),
        pytest.param("TOP SECRET", Meaning.VALID, id="top-secret-en"),
        pytest.param("құпия", Meaning.SUSPECTED, id="secret-or-confidential"),
        pytest.param("құпия (дана № 2)", Meaning.SUSPECTED, id="malformed"),
        pytest.param("CEKPETHO", Meaning.VALID, id="capitals-of-another-script"),
        pytest.param("С Е К Р Е Т Н О", Meaning.VALID, id="letters-apart"),
        pytest.param("Совершенно-секретно!", Meaning.VALID, id="punctuation"),
        pytest.param("Сов.секретно", Meaning.VALID, id="shortened"),
        pytest.param("оте купия", Meaning.VALID, id="kk-without-its-letters"),
        pytest.param("Секретно (экз. № 12)", Meaning.VALID, id="copy-ru"),
        pytest.param("өте құпия, № 3 дана", Meaning.VALID, id="copy-kk"),
        pytest.param("top secret copy no 1", Meaning.VALID, id="copy-en"),
        pytest.param("секретно\u3164", Meaning.VALID, id="filler"),
        pytest.param("СС", Meaning.SUSPECTED, id="letters-of-practice"),
        pytest.param("өқ", Meaning.SUSPECTED, id="letters-of-practice-kk"),
        pytest.param("секретно " * 60, Meaning.SUSPECTED, id="longer-than-any-mark"),
        pytest.param("***", Meaning.SUSPECTED, id="covered"),
        pytest.param("\U0001f512", Meaning.SUSPECTED, id="a-padlock"),
        pytest.param("&#1089;екретно", Meaning.SUSPECTED, id="entity"),
        pytest.param("false", Meaning.OPEN, id="false"),
        pytest.param("secret", Meaning.SUSPECTED, id="secret-en"),
        pytest.param("restricted-7", Meaning.SUSPECTED, id="unknown-value"),
        pytest.param("құпиясөз", Meaning.SUSPECTED, id="password-is-no-known-value"),
        pytest.param("конфиденциально", Meaning.OPEN, id="confidential-ru"),
        pytest.param("confidential", Meaning.OPEN, id="confidential-en"),
        pytest.param("Қызмет бабында пайдалану үшін", Meaning.OPEN, id="official-use-kk"),
        pytest.param("не секретно", Meaning.OPEN, id="not-secret-ru"),
        pytest.param("құпия емес", Meaning.OPEN, id="not-secret-kk"),
        pytest.param("", Meaning.OPEN, id="empty"),
        pytest.param(" - ", Meaning.OPEN, id="a-dash"),
    ],
)
def test_a_declared_field_means_what_its_whole_value_means(value: str, meaning: Meaning) -> None:
    """A whole value decides, in any case, script mix and quotes; what nobody knows is suspected."""
    assert mark_reader(MARKS)([value]) is meaning


def test_the_gravest_of_several_fields_counts() -> None:
    """One valid mark among several declared fields is enough."""
    assert mark_reader(MARKS)(["open", "құпия", "өте құпия"]) is Meaning.VALID


def test_a_source_may_have_valid_spellings_of_its_own() -> None:
    """A spelling that a source declares is valid there and nowhere else."""
    assert mark_reader(MARKS, ["ҚҰПИЯ"])(["құпия"]) is Meaning.VALID
    assert mark_reader(MARKS)(["құпия"]) is Meaning.SUSPECTED


def test_no_spelling_of_the_vocabulary_falls_together_with_another_meaning() -> None:
    """Folding makes no mark equal to a word that is known to be open."""
    lists = (MARKS.valid, MARKS.suspected, MARKS.abbreviations, MARKS.open)
    folded = [set(map(skeleton, one)) for one in lists]
    assert sum(map(len, folded)) == len(set().union(*folded))
    assert contradictions(MARKS) == []


def test_the_names_of_mark_fields_are_two_lists_without_a_word_in_both() -> None:
    """A name either means a mark always, or only with a word that is one."""
    always, perhaps = (set(map(skeleton, one)) for one in (MARKS.names, MARKS.doubtful_names))
    assert always
    assert perhaps
    assert not always & perhaps
    assert "" not in always | perhaps
