"""Texts of the console: everything in the catalogs, nothing in the templates."""

import re
from pathlib import Path

import pytest

from pipeline.model import NANOSECONDS
from pipeline.notify.texts import LANGUAGES
from pipeline.web.console.moments import Moments
from pipeline.web.console.rendering import FOLDER
from pipeline.web.console.steps import STEPS
from pipeline.web.console.ways import WAYS
from pipeline.web.console.words import CONTEXT, Words, console_texts, spoken

TEMPLATES = sorted((FOLDER / "templates").glob("*.html"))
SOURCES = [*FOLDER.rglob("*.py"), *TEMPLATES]
CALL = re.compile(r"""\b(?:say|words|t)\(\s*["']([a-z][\w.]*)["']""")
QUOTED = re.compile(r"""["']([a-z][\w.]*)["']""")
MADE = ("theme.", "span.", "column.", "why.", "lane.", "error.", "key.", "example.", "ask.",
        "notice.", "notices.", "times.", "watched.", "span_of.", "way.", "step.")  # fmt: skip
"""Names that are put together of parts."""


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda one: one.name)
def test_templates_say_nothing_themselves(path: Path) -> None:
    """No template holds a letter of text: every word comes from the catalogs."""
    text = path.read_text(encoding="utf-8")
    bare = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<!doctype html>", "", text, flags=re.DOTALL)
    words = re.sub(r"<[^<>]*>", " ", bare)
    assert re.findall(r"[^\W\d_]+", words) == []
    said = re.findall(r'(?:title|aria-label|placeholder|alt)="([^"]*)"', bare)
    assert [one for one in said if re.search(r"\w", one)] == []


def test_what_is_said_stands_in_the_catalogs() -> None:
    """Each text that a page names is in every catalog, and each of the catalogs' is named."""
    named = {one for path in SOURCES for one in CALL.findall(path.read_text(encoding="utf-8"))}
    quoted = {one for path in SOURCES for one in QUOTED.findall(path.read_text(encoding="utf-8"))}
    named |= {way.text for way in WAYS}
    pages = ("queue", "incidents", "search", "unknown", "dead_letters", "notices", "proof", "audit")
    named |= {f"{page}.{part}" for page in pages for part in ("title", "lead", "nothing")}
    for language in LANGUAGES:
        known = {name for context, name in console_texts().messages[language] if context == CONTEXT}
        assert named - known == {"proof.nothing"} - known, language
        unused = known - named - quoted
        assert {name for name in unused if not name.startswith(MADE)} == set(), language


@pytest.mark.parametrize("language", LANGUAGES)
def test_steps_and_their_answers_have_words(language: str) -> None:
    """Each step has a name, what it does, and words for every question and answer."""
    known = console_texts().messages[language]
    for step in STEPS.values():
        assert {("step", step.name), ("step_effect", step.name)} <= set(known)
        for one in step.questions:
            assert (CONTEXT, f"ask.{one.name}") in known
            assert {(one.context, each) for each in one.choices if each} <= set(known)


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        (("ru", "en", "kk", ""), "ru"),
        (("xx", "en", "kk", ""), "en"),
        (("", "", "ru", "en"), "ru"),
        (("", "", "", "de, ru;q=0.8, en"), "ru"),
        (("", "", "", ""), "kk"),
    ],
)
def test_languages_are_chosen(asked: tuple[str, str, str, str], language: str) -> None:
    """What is asked for goes before what is kept, the viewer's own, the browser's, and Kazakh."""
    assert spoken(*asked) == language


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3_725, "1 h 2 min"), (90_000, "1 d 1 h"),
     (86_400, "1 d"), (-61, "1 min 1 s")],
)  # fmt: skip
def test_spans_are_said_in_two_units(seconds: int, said: str) -> None:
    """How long something takes is told in its two greatest units, without zeros."""
    assert Words(console_texts(), "en").span(seconds * NANOSECONDS) == said


@pytest.mark.parametrize(
    ("left", "state", "said"),
    [(7_200, "calm", "02:00:00 left"), (59, "soon", "00:00:59 left"),
     (-90_061, "late", "1 d 01:01:01 overdue")],
)  # fmt: skip
def test_countdowns_are_written(left: int, state: str, said: str) -> None:
    """A countdown is readable without a script, and says by its class how near it is."""
    now = 1_772_470_800 * NANOSECONDS
    text = Moments(Words(console_texts(), "en"), now).left(now + left * NANOSECONDS)
    assert f'class="timer {state}"' in text
    assert f">{said}</span>" in text


def test_numbers_are_plain() -> None:
    """Numbers hold no space that would count as a character which cannot be seen."""
    for language in LANGUAGES:
        words = Words(console_texts(), language)
        assert words.number(1_234_567).isprintable()
        assert words.share(0.987).isprintable()
