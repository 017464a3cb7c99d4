"""What people write is looked at before it is kept."""

import pytest

from pipeline.incidents.life_cycle import COMMANDS
from pipeline.model import Command
from pipeline.registry.marks import MarkVocabulary
from pipeline.runtime.written import MARKED, WrittenGuard, written_problems

MARKS = MarkVocabulary(
    valid=("совершенно секретно", "секретно"),
    suspected=("құпия",),
    abbreviations=("с",),
    open=("открыто",),
)
GUARD = WrittenGuard(MARKS)

TEXTS = [
    ("a mark on a line of its own", "Приказ\n  СОВЕРШЕННО  СЕКРЕТНО \nо чём-то", True),
    ("a suspected one", "«Құпия»", True),
    ("a mark's field", "Степень секретности: особая", True),
    ("a mark's field that is open", "Гриф секретности = открыто", False),
    ("a doubtful field with a mark", "Гриф: секретно", True),
    ("a doubtful field with another thing", "Гриф: для сотрудников", False),
    ("a word in a sentence", "Ничего секретного здесь нет, сказал он.", False),
    ("an abbreviation", "с", False),
    ("nothing", "", False),
]


@pytest.mark.parametrize(
    ("text", "marked"), [row[1:] for row in TEXTS], ids=[row[0] for row in TEXTS]
)
def test_a_line_that_is_a_mark_marks_the_text(text: str, marked: bool) -> None:
    """A line that is nothing but a mark decides, or a mark's field; a word in a sentence never."""
    assert GUARD([text]) is marked


FILES = [
    ("text", "секретно".encode(), True),
    ("text with a byte order mark", "секретно".encode("utf-16"), True),
    ("open text, cut within a character", "открытый".encode()[:-1], False),
    ("another encoding", "секретно".encode("cp1251"), None),
    ("an image", b"\x89PNG\r\n\x1a\n\x00\x00", None),
]


@pytest.mark.parametrize(
    ("data", "marked"), [row[1:] for row in FILES], ids=[row[0] for row in FILES]
)
def test_a_file_that_is_no_text_is_not_looked_into(data: bytes, marked: bool | None) -> None:
    """What cannot be read says neither yes nor no, and so is not kept."""
    assert GUARD.file(data) is marked


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_step_is_looked_at(name: str) -> None:
    """Reason, text, description and names of any step are read before it is journalled."""
    for field in ("text", "description", "name", "who", "to"):
        marked = Command(name, "analyst", "a", "why it is so", 1, {field: "секретно"})
        assert written_problems(marked, MARKS) == [MARKED]
    assert written_problems(Command(name, "analyst", "a", "секретно", 1), MARKS) == [MARKED]
    assert written_problems(Command(name, "analyst", "a", "why it is so", 1), MARKS) == []
