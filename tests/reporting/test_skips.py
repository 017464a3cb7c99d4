import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.reporting.skips import read_allowed

ROOT = Path(__file__).parents[2]
CONFTEST = """
from pathlib import Path
from tests.reporting.skips import SkipPolicy, read_allowed

def pytest_configure(config):
    allowed = read_allowed(Path(__file__).with_name("skips.txt"))
    config.pluginmanager.register(SkipPolicy(allowed, strict={strict}))
"""
SUITE = """
import pytest

@pytest.mark.parametrize("row", [1, 2])
@pytest.mark.skip(reason="no data here")
def test_data(row):
    pass

@pytest.mark.xfail(reason="known")
def test_known():
    assert False
"""
LATER = """
import pytest
pytest.skip("no service here", allow_module_level=True)
"""
BOTH = "test_suite.py::test_data | no data here\ntest_later.py | no service here\n"


def run_suite(folder: Path, allowed: str, *, strict: bool) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text(CONFTEST.format(strict=strict))
    (folder / "skips.txt").write_text(allowed)
    (folder / "test_suite.py").write_text(SUITE)
    (folder / "test_later.py").write_text(LATER)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", "."],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("allowed", "strict", "code", "named"),
    [
        pytest.param("", False, 0, [], id="anywhere: told, not failed"),
        pytest.param(BOTH, True, 0, [], id="on CI and listed"),
        pytest.param(
            "", True, 1, ["test_suite.py::test_data", "test_later.py"], id="on CI, not listed"
        ),
        pytest.param(
            BOTH.replace("no data here", "another reason"),
            True,
            1,
            ["test_suite.py::test_data"],
            id="on CI, listed for another reason",
        ),
        pytest.param(
            "test_suite.py | no data here\ntest_later.py | no service here\n",
            True,
            0,
            [],
            id="on CI, the whole file listed",
        ),
    ],
)
def test_ci_fails_over_an_unlisted_skip(
    tmp_path: Path, allowed: str, strict: bool, code: int, named: list[str]
) -> None:
    """A skip outside the list fails the run on CI; everywhere skips are counted with reasons."""
    done = run_suite(tmp_path, allowed, strict=strict)
    refused = [line for line in done.stdout.splitlines() if line.startswith("NOT ALLOWED")]
    assert done.returncode == code, done.stdout + done.stderr
    assert "skipped tests: 3" in done.stdout
    assert "test_suite.py::test_data (2x): no data here" in done.stdout
    assert sorted(line.split()[2] for line in refused) == sorted(named)


@pytest.mark.parametrize("line", ["tests/test_a.py", "tests/test_a.py |", "| a reason"])
def test_a_broken_line_is_refused(tmp_path: Path, line: str) -> None:
    """A line that is not `test | reason` is refused with its number."""
    path = tmp_path / "skips.txt"
    path.write_text(f"# allowed\n{line}\n")
    with pytest.raises(pytest.UsageError, match=r"skips\.txt:2"):
        read_allowed(path)
