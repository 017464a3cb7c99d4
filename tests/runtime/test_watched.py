"""Whether files changed, seen without reading them."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.runtime.watched import state_of


def same_size(folder: Path) -> None:
    """Write other bytes of the same length and bring the old time back."""
    path = folder / "deep/a.yml"
    before = path.stat()
    path.write_bytes(b"other")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def replaced(folder: Path) -> None:
    """Replace a file in one step, as editors and checkouts do."""
    (folder / "new").write_bytes(b"first")
    (folder / "new").replace(folder / "deep/a.yml")


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        (same_size, True),
        (replaced, True),
        (lambda folder: (folder / "deep/a.yml").unlink(), True),
        (lambda folder: (folder / "deep/b.yml").write_bytes(b""), True),
        (lambda folder: (folder / "deep").rename(folder / "other"), True),
        (lambda folder: (folder / ".a.yml.swp").write_bytes(b"x"), False),
        (lambda folder: (folder / "deep/a.yml").read_bytes(), False),
    ],
    ids=["edited", "replaced", "deleted", "added", "moved", "hidden", "read"],
)
def test_every_change_of_content_shows(
    tmp_path: Path, change: Callable[[Path], object], *, seen: bool
) -> None:
    """A change of bytes, names or files shows; reading and hidden files do not."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/a.yml").write_bytes(b"first")
    before = state_of([tmp_path])
    assert state_of([tmp_path, tmp_path / "deep"]) == before
    change(tmp_path)
    assert (state_of([tmp_path]) != before) is seen


def test_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    """A path that does not exist is an empty state, and its coming shows."""
    path = tmp_path / "rule.yml"
    assert state_of([path]) == ()
    path.write_bytes(b"x")
    assert len(state_of([path])) == 1
