"""The file of calendar and numbers: read whole, or refused with every problem."""

from pathlib import Path

import pytest

from pipeline.correlate.watching import load_watching, watching_from_bundle
from pipeline.errors import ConfigurationError
from tests.correlate.weeks import RULES, kazakh


def test_a_bundle_is_the_same_revision() -> None:
    """What is kept by revision gives the same calendar and numbers back."""
    assert watching_from_bundle(kazakh().bundle) == kazakh()


def test_each_row_says_on_what_ground() -> None:
    """Every day that ships has its article or who set it, and the numbers their author."""
    text = RULES.read_text(encoding="utf-8")
    days = [line for line in text.splitlines() if line.lstrip().startswith("- {day:")]
    assert days
    assert all("basis: kz-267-II/" in line or "set_by: policy" in line for line in days)


def test_another_text_is_another_revision(tmp_path: Path) -> None:
    """An edited number is stamped on the batches that it judges."""
    path = tmp_path / "kz.yml"
    text = RULES.read_text(encoding="utf-8")
    path.write_text(text.replace("novel_a_day: 20", "novel_a_day: 30"), encoding="utf-8")
    found = load_watching(path)
    assert found.numbers.novel_a_day == 30
    assert found.revision != kazakh().revision


BROKEN = [
    ("zone: Asia/Almaty", "zone: Asia/Nowhere", "no time zone"),
    ("day: 01-01", "day: 13-01", "holidays.0.day"),
    ("day: 01-01", "day: first", "MM-DD"),
    ("from: 2022", "from: 2022, until: 2021", "lies behind"),
    ("2027-05-16", "2026-05-27", "moved twice"),
    ("learning_days: 14", "learning_days: 0", "numbers.learning_days"),
    ("drop_to_percent", "drop_percent", "unknown key"),
    ("  author: Saqshy maintainers\n  set_at", "  set_at", "numbers.author: is missing"),
]


@pytest.mark.parametrize(("old", "new", "told"), BROKEN, ids=[row[2] for row in BROKEN])
def test_what_is_wrong_is_refused_with_its_line(
    old: str, new: str, told: str, tmp_path: Path
) -> None:
    """A file with an error is not read in part: the error is named with its line."""
    path = tmp_path / "kz.yml"
    path.write_text(RULES.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=told) as error:
        load_watching(path)
    assert all(problem.line > 0 for problem in error.value.problems)
