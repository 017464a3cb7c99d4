import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OLD = """#!/bin/sh
[ "$1" = --version ] && echo "Python 3.9.18" && exit 0
exit 1
"""
BARE = """#!/bin/sh
case "$1" in
    --version) echo "Python 3.12.0" ;;
    -c) exit 0 ;;
    *) echo "No module named $2" >&2; exit 1 ;;
esac
"""


def make_environment(folder: Path, python: str) -> subprocess.CompletedProcess[str]:
    program = folder / "python"
    program.write_text(python)
    program.chmod(0o755)
    # Without apt-get in sight, so that no test installs a system package.
    tools = folder / "tools"
    tools.mkdir()
    for tool in ("dirname", "id", "mktemp", "rm"):
        found = next(path for path in os.defpath.split(":") if (Path(path) / tool).exists())
        (tools / tool).symlink_to(Path(found) / tool)
    return subprocess.run(
        ["/bin/bash", str(ROOT / "deploy/dev/environment.sh"), str(folder / "made")],
        env={"PATH": str(tools), "PYTHON": str(program)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("python", "said"),
    [
        pytest.param(OLD, ["Python 3.11 or newer", "Python 3.9.18", "make PYTHON="], id="too old"),
        pytest.param(BARE, ["apt-get install python3-venv"], id="neither venv nor pip"),
    ],
)
def test_where_no_environment_can_be_made_the_way_out_is_said(
    tmp_path: Path, python: str, said: list[str]
) -> None:
    """A machine without a usable Python gets one message with what was found and what helps."""
    done = make_environment(tmp_path, python)
    assert done.returncode == 1
    assert [part for part in said if part not in done.stderr] == []


def test_a_working_environment_is_kept(tmp_path: Path) -> None:
    """An environment that works is left as it is, without a look at the system's Python."""
    done = subprocess.run(
        ["/bin/bash", str(ROOT / "deploy/dev/environment.sh"), sys.prefix],
        env={"PATH": os.environ["PATH"], "PYTHON": str(tmp_path / "absent")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
