"""Where the Sigma specification leaves a choice, rules/SIGMA.md says ours, and a test holds it."""

import re
from pathlib import Path

from tests.content import test_documents, test_quarantine
from tests.match import test_semantics, test_semantics_files
from tests.match.semantics_detections import CONDITIONS, KEYWORDS, REFUSED, REFUSED_CONDITIONS

TABLE = Path(__file__).parents[2] / "rules" / "SIGMA.md"
MODULES = (test_documents, test_quarantine, test_semantics, test_semantics_files)


def known_ids() -> set[str]:
    """Give the ids of every row and the names of every test that the table may name."""
    ids = {row[0] for row in test_semantics.ROWS}
    ids |= {f"keywords search: {row[0]}" for row in KEYWORDS}
    ids |= {f"condition: {row[0]}" for row in CONDITIONS}
    ids |= {f"refused: {row[0]}" for row in REFUSED}
    ids |= {f"refused condition: {row[0]}" for row in REFUSED_CONDITIONS}
    ids |= {f"filters: {row[0]}" for row in test_semantics_files.FILTERS}
    ids |= {f"refused filter: {row[0]}" for row in test_semantics_files.BROKEN_FILTERS}
    return ids | {name for module in MODULES for name in vars(module) if name.startswith("test_")}


def rows() -> list[list[str]]:
    """Give the cells of each choice."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    table = [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in table[2:] if row[1].strip()]


def test_every_choice_is_whole() -> None:
    """Each row says the choice, what is done, why, and at least one test."""
    found = rows()
    assert len(found) >= 50
    assert [row for row in found if len(row) != 4 or not all(row)] == []


def test_every_choice_has_its_test() -> None:
    """Each test that the table names is there."""
    known = known_ids()
    named = [name for row in rows() for name in re.findall(r"`([^`]+)`", row[3])]
    assert len(named) >= len(rows())
    assert [name for name in named if name not in known] == []
