"""The same act asked twice under one key is one command."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.errors import StoreError
from pipeline.model import Command
from pipeline.runtime.leaving import leave_again
from pipeline.runtime.leaving_once import KEYS, LASTING, LeaveOnce

FIRST = Command("incident_note", "analyst", "a.serik", "it is worth a note", 1, {"text": "one"})
SECOND = replace(FIRST, given_at=2)


def waiting(folder: Path) -> list[str]:
    return sorted(one.name.partition("-")[2].removesuffix(".json") for one in folder.glob("*.json"))


def test_one_key_is_one_command(tmp_path: Path) -> None:
    """The second act under a key is the first, also once the running system has taken it."""
    leave = LeaveOnce(tmp_path)
    assert leave(FIRST, "k") == FIRST
    assert leave(SECOND, "k") == FIRST
    assert waiting(tmp_path) == [FIRST.id]
    next(tmp_path.glob("*.json")).unlink()
    assert leave(SECOND, "k") == FIRST
    assert waiting(tmp_path) == []


def test_without_a_key_each_act_is_left(tmp_path: Path) -> None:
    """Acts without a key, and under other keys, are commands of their own."""
    leave = LeaveOnce(tmp_path)
    for command, key in ((FIRST, ""), (SECOND, ""), (replace(FIRST, given_at=3), "k")):
        assert leave(command, key) == command
    assert len(waiting(tmp_path)) == 3


def test_a_key_lasts_a_day(tmp_path: Path) -> None:
    """After a day a key may be given anew."""
    leave = LeaveOnce(tmp_path)
    leave(FIRST, "k")
    later = replace(FIRST, given_at=1 + LASTING)
    assert leave(later, "k") == later
    assert len(waiting(tmp_path)) == 2


def test_a_kill_before_the_command_was_left_leaves_it_at_the_next_try(tmp_path: Path) -> None:
    """A key without its command in the folder leaves the same command at the retry."""
    leave = LeaveOnce(tmp_path)
    leave(FIRST, "k")
    next(tmp_path.glob("*.json")).unlink()
    next((tmp_path / KEYS).glob("*.left")).unlink()
    assert leave(SECOND, "k") == FIRST
    assert waiting(tmp_path) == [FIRST.id]


def test_a_part_that_a_kill_left_hinders_nobody(tmp_path: Path) -> None:
    """A command of which a kill left a part in the folder is left whole at the retry."""
    leave = LeaveOnce(tmp_path)
    leave(FIRST, "k")
    whole = next(tmp_path.glob("*.json"))
    whole.rename(whole.with_name(f".{whole.stem}"))
    next((tmp_path / KEYS).glob("*.left")).unlink()
    assert leave(SECOND, "k") == FIRST
    assert waiting(tmp_path) == [FIRST.id]


def test_of_many_at_once_one_is_taken(tmp_path: Path) -> None:
    """Retries that race each other leave one command."""
    leave = LeaveOnce(tmp_path)
    acts = [replace(FIRST, given_at=number) for number in range(16)]
    with ThreadPoolExecutor(8) as pool:
        stand = set(pool.map(lambda one: leave(one, "k").id, acts))
    assert len(stand) == 1
    assert waiting(tmp_path) == sorted(stand)


def test_a_broken_key_is_told(tmp_path: Path) -> None:
    """A key's file that is no command is an error, and nothing is left."""
    leave = LeaveOnce(tmp_path)
    leave(FIRST, "k")
    (path,) = (one for one in (tmp_path / KEYS).iterdir() if not one.suffix and one.name != ".lock")
    path.write_bytes(b"{")
    with pytest.raises(StoreError, match="is no command"):
        leave(SECOND, "k")


def test_what_a_kill_left_by_half_is_left_whole(tmp_path: Path) -> None:
    """A command may be left again, also over a part of it; what is in the way is an error."""
    half = tmp_path / f".{FIRST.given_at:020d}-{FIRST.id}"
    half.write_bytes(b"{")
    for _ in range(2):
        leave_again(tmp_path, FIRST)
        assert waiting(tmp_path) == [FIRST.id]
    assert not half.exists()
    in_the_way = tmp_path / "file"
    in_the_way.write_bytes(b"")
    with pytest.raises(OSError, match="file"):
        leave_again(in_the_way, FIRST)
