"""Second tries: who has one, and that it is told."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONFTEST = """
from pathlib import Path
from tests.reporting.second_tries import SecondTries

def pytest_configure(config):
    config.pluginmanager.register(SecondTries(Path(__file__).parent))
"""
SUITE = """
from pathlib import Path

def test_first_time_bad():
    seen = Path(__file__).with_suffix(".seen")
    known = seen.exists()
    seen.touch()
    assert known, "the first try"

def test_always_bad():
    assert False, "every try"
"""


def test_only_what_stands_on_services_is_tried_twice(tmp_path: Path) -> None:
    """A service's test may pass at its second try and is named; all other failures count."""
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "integration").mkdir()
    (tmp_path / "integration/test_served.py").write_text(SUITE)
    (tmp_path / "test_alone.py").write_text(SUITE)
    made = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", "."],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    told = made.stdout.partition("second tries")[2]
    assert "integration/test_served.py::test_first_time_bad: " in told
    assert "the first try" in told
    assert "3 failed, 1 passed, 2 rerun" in made.stdout
    assert made.returncode == 1
