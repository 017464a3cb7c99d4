"""SigmaHQ's content, loaded once."""

from pathlib import Path

import pytest

from pipeline.content import Content, load_content
from tests.match.sigmahq import CASES, RULE_FOLDERS, RULES, unpack


@pytest.fixture(scope="session")
def sigmahq_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack SigmaHQ's rules."""
    return unpack(RULES, tmp_path_factory.mktemp("sigmahq"))


@pytest.fixture(scope="session")
def sigmahq(sigmahq_folder: Path) -> Content:
    """Load SigmaHQ's rules."""
    return load_content([sigmahq_folder / name for name in RULE_FOLDERS], None)


@pytest.fixture(scope="session")
def cases_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack SigmaHQ's regression cases."""
    return unpack(CASES, tmp_path_factory.mktemp("cases"))
