"""What stands against replacing the content in force: losses by error, not deletions."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.content import Content, load_content
from pipeline.runtime.losses import losses

RULE = """title: Rule {0}
id: 00000000-0000-4000-8000-0000000000{0:02d}
logsource: {{product: linux}}
detection:
  sel: {{a: b{0}}}
  condition: sel
"""
BROKEN = RULE.replace("condition: sel", "condition: nothing")
FILTER = """title: Known hosts
id: 00000000-0000-4000-8000-000000000099
logsource: {product: linux}
filter:
  rules: [00000000-0000-4000-8000-000000000011]
  known: {host: scanner}
  condition: not known
"""
COUNT = 12


def write(folder: Path, number: int, text: str = RULE, name: str = "") -> None:
    """Write a rule of a number."""
    path = folder / (name or f"r{number:02d}.yml")
    path.write_text(text.format(number), encoding="utf-8")


def loaded(folder: Path) -> Content:
    """Load what a folder holds."""
    return load_content([folder], None)


def breaks(folder: Path) -> None:
    """Break one rule where it stands."""
    write(folder, 1, BROKEN)


def deletes(folder: Path) -> None:
    """Delete one rule."""
    (folder / "r01.yml").unlink()


def deletes_what_another_names(folder: Path) -> None:
    """Delete a rule that a filter names and leave the filter."""
    (folder / "r11.yml").unlink()


def renames(folder: Path) -> None:
    """Move one rule to another file."""
    (folder / "r01.yml").rename(folder / "moved.yml")


def renames_and_breaks(folder: Path) -> None:
    """Move one rule to another file and break it there."""
    deletes(folder)
    write(folder, 1, BROKEN, "moved.yml")


def adds_broken(folder: Path) -> None:
    """Add a rule that does not load."""
    write(folder, 50, BROKEN)


def deletes_most(folder: Path) -> None:
    """Leave fewer than half of the rules."""
    for number in range(7):
        (folder / f"r{number:02d}.yml").unlink()


def deletes_some(folder: Path) -> None:
    """Delete half of the rules."""
    for number in range(6):
        (folder / f"r{number:02d}.yml").unlink()


def breaks_the_filter(folder: Path) -> None:
    """Break a filter: its rule stays, and fires where it did not."""
    path = folder / "filter.yml"
    path.write_text(re.sub("not known", "not nothing", FILTER), encoding="utf-8")


def truncates(folder: Path) -> None:
    """Cut a file in the middle of a word, as a copy that was not finished."""
    path = folder / "r01.yml"
    path.write_text(path.read_text(encoding="utf-8")[:95], encoding="utf-8")


def edits_what_was_broken(folder: Path) -> None:
    """Edit a rule that was put aside before, and is still broken."""
    write(folder, 60, BROKEN.replace("Rule", "Other"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (breaks, "would be lost"),
        (renames_and_breaks, "would be lost"),
        (truncates, "would be lost"),
        (breaks_the_filter, "nothing"),
        (deletes_what_another_names, "would be lost: the filter names the rule"),
        (deletes_most, "7 of 12 rules in force would go at once"),
        (deletes, ""),
        (deletes_some, ""),
        (renames, ""),
        (adds_broken, ""),
        (edits_what_was_broken, ""),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_errors_and_vanished_folders_are_losses_deletions_are_not(
    tmp_path: Path, change: Callable[[Path], None], words: str
) -> None:
    """Content is refused where an error takes away what is in force, or most of it is gone."""
    for number in range(COUNT):
        write(tmp_path, number)
    write(tmp_path, 60, BROKEN)
    (tmp_path / "filter.yml").write_text(FILTER, encoding="utf-8")
    before = loaded(tmp_path)
    assert (len(before.rules), len(before.quarantined)) == (COUNT, 1)
    assert losses(before, before) == []
    change(tmp_path)
    found = losses(before, loaded(tmp_path))
    assert bool(found) is bool(words)
    assert words in "\n".join(map(str, found))
