"""A batch that a process died over is known to the next one; what ended is not."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import StoreError
from pipeline.runtime import begun as module
from pipeline.runtime.begun import Begun

DYING = """
import os, signal, sys
from pathlib import Path
from pipeline.runtime.begun import Begun
begun = Begun.opened(Path(sys.argv[1]))
with begun("whole"):
    pass
with begun(sys.argv[2]):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def die(note: Path, batch: str) -> None:
    """Have a process die over a batch, after it matched another."""
    done = subprocess.run([sys.executable, "-c", DYING, str(note), batch], check=False)
    assert done.returncode == -signal.SIGKILL


def test_what_a_process_died_over_is_known_to_all_that_follow(tmp_path: Path) -> None:
    """A kill in the middle of a batch names it, and no other, to the next and to those after."""
    note = tmp_path / "begun"
    die(note, "a")
    for _ in range(2):
        opened = Begun.opened(note)
        assert opened.died_over == ["a"]
        with opened("b"):
            pass
        opened.close()
    die(note, "b")
    opened = Begun.opened(note)
    assert opened.died_over == ["a", "b"]
    opened.close()


def test_what_broke_or_ended_is_not_noted(tmp_path: Path) -> None:
    """An error is not a death: the batch that raised ended like the one that did not."""
    opened = Begun.opened(tmp_path / "begun")
    with pytest.raises(RuntimeError), opened("a"):
        raise RuntimeError
    with opened("b"):
        pass
    opened.close()
    again = Begun.opened(tmp_path / "begun")
    assert again.died_over == []
    again.close()
    again.close()


def test_the_note_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound the oldest deaths are forgotten; one that comes again counts as new."""
    monkeypatch.setattr(module, "MOST_KEPT", 2)
    note = tmp_path / "begun"
    for batch, kept in (("a", "[]"), ("b", '["a"]'), ("a", '["a","b"]'), ("c", '["b","a"]')):
        note.write_text(f'["{batch}",{kept}]\n')
        opened = Begun.opened(note)
        opened.close()
    assert opened.died_over == ["a", "c"]


@pytest.mark.parametrize(
    "found", [b"", b"noise\n", b"{}\n", b"[1]\n", b'["a",[]', bytes(70_000)],
    ids=["nothing", "noise", "no list", "too short", "a beginning", "too long"],
)  # fmt: skip
def test_a_note_that_is_not_ours_says_nothing(tmp_path: Path, found: bytes) -> None:
    """A broken note stops nothing, and is written anew."""
    note = tmp_path / "begun"
    note.write_bytes(found)
    opened = Begun.opened(note)
    assert opened.died_over == []
    with opened("b"):
        written = note.read_bytes().partition(b"\n")[0]
    assert written == b'["b",[]]'
    opened.close()


def test_a_full_disk_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be noted is matched all the same."""

    def full(_file: int, _data: bytes, _at: int) -> int:
        raise OSError(28, os.strerror(28))

    opened = Begun.opened(tmp_path / "begun")
    monkeypatch.setattr(os, "pwrite", full)
    matched = False
    with opened("a"):
        matched = True
    assert matched
    opened.close()


def test_a_note_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """Where the folder is absent the start fails, by the file's name."""
    with pytest.raises(StoreError, match="absent"):
        Begun.opened(tmp_path / "absent" / "begun")
