"""A real systemd for the tests: the first process of namespaces of its own, over thrown-away files.

Nothing of the machine is touched: what is written goes into memory, and ends with the process.
"""

import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.dashboards.prometheus_server import until

ROOT = Path(__file__).parents[2]
BOOT = Path(__file__).with_name("boot.sh")
PYTHON = Path(f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}")
ABSENT = (
    "no systemd can be started here: it takes root, unshare, systemd and a Python of the system"
)
_NAMESPACES = ("--mount", "--pid", "--uts", "--ipc", "--cgroup", "--root", "--wd=/")
# Its groups of processes lie below one of this run's, which is removed at the end.
_GROUP = (
    'mount -t tmpfs tmpfs "$1" && mkdir "$1/groups" && mount -t cgroup2 cgroup2 "$1/groups" && '
)
_INTO = 'mkdir "$1/groups/$2" && echo $$ >"$1/groups/$2/cgroup.procs" && umount "$1/groups" && '
_START = (
    'umount "$1" && exec unshare --mount --pid --fork --kill-child --uts --ipc --cgroup '
    '"$3" "$1" "$4" "$5"'
)
_REMOVE = 'find "$1/groups/$2" -depth -type d -exec rmdir {} +'


@dataclass(frozen=True, slots=True)
class Booted:
    """A running systemd; ``pid`` is its number outside."""

    pid: int

    def __call__(self, *command: str, user: str = "", check: bool = True) -> str:
        """Run a command inside, as root or another; give what it printed."""
        as_user = ("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups")
        done = subprocess.run(
            ["nsenter", f"--target={self.pid}", *_NAMESPACES, *(as_user if user else ()), *command],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=600,
        )  # fmt: skip
        assert done.returncode == 0 or not check, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def shown(self, unit: str, name: str) -> str:
        """Give a property of a unit."""
        return self("systemctl", "show", unit, f"--property={name}", "--value").strip()

    def file(self, path: str) -> Path:
        """Give a file of its own as it is seen from outside."""
        return Path(f"/proc/{self.pid}/root{path}")

    def told(self, name: str) -> str:
        """Give what the services of that name have said."""
        return self("cat", f"/var/log/saqshy/{name}.log", check=False)


@contextmanager
def booted() -> Iterator[Booted]:
    """Start a systemd, and end it with everything that it started."""
    needed = ("unshare", "nsenter", "setpriv", "systemctl")
    whole = all(map(shutil.which, needed)) and PYTHON.exists()
    if not whole or subprocess.run(["unshare", "--mount", "true"], check=False).returncode:
        pytest.skip(ABSENT)
    group = f"saqshy-{uuid.uuid4().hex[:12]}"
    with tempfile.TemporaryDirectory(prefix="saqshy-units-") as folder:
        place = [folder, group]
        with (Path(folder).parent / f"{group}.log").open("w+b") as log:
            script = [_GROUP + _INTO + _START, "boot", *place, str(BOOT), str(ROOT), str(PYTHON)]
            # Should the tests themselves be killed, everything goes with them.
            begin = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "sh", "-c", *script]
            process = subprocess.Popen(begin, stdout=log, stderr=log)
            try:
                yield Booted(_first(process, log.name))
            finally:
                process.kill()
                process.wait()
                Path(log.name).unlink()
                until(lambda: _removed(place), "all has ended")


def _first(process: subprocess.Popen[bytes], log: str) -> int:
    """Give the number of the first process once it manages."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")

    def manages() -> bool:
        assert process.poll() is None, Path(log).read_text(errors="replace")
        if not (found := children.read_text().split()):
            return False
        asked = ["nsenter", f"--target={found[0]}", *_NAMESPACES, "systemctl", "is-system-running"]
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
        return done.stdout.strip() in {"running", "degraded"}

    until(manages, "systemd manages")
    return int(children.read_text().split()[0])


def _removed(place: list[str]) -> bool:
    """Remove the groups of what ran; tell whether nothing runs there any more."""
    remove = ["unshare", "--mount", "sh", "-c", _GROUP + _REMOVE, "remove", *place]
    return subprocess.run(remove, capture_output=True, check=False).returncode == 0
