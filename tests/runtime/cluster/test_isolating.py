"""A batch that a worker died over waits, alone, until it was matched apart."""

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.errors import SaqshyError
from pipeline.runtime.begun import Begun
from pipeline.runtime.chain import Observed
from pipeline.runtime.cluster.isolating import Isolating
from tests.runtime.cluster.test_preparing import BATCH

PATIENCE = 20.0  # seconds
PLACE = "raw/0/7"


class Apart:
    """Matches apart when it is let, and fails as often as it is told to."""

    def __init__(self, fails: int = 0) -> None:
        self.let, self.fails, self.asked = threading.Event(), fails, 0
        self.found: Any = SimpleNamespace()

    def __call__(self, _batch: object) -> Observed:
        """Match a batch."""
        self.asked += 1
        assert self.let.wait(PATIENCE)
        if self.asked <= self.fails:
            raise SaqshyError("no process starts")
        found: Observed = self.found
        return found


def isolating(folder: Path, apart: Apart, died_over: str) -> Isolating:
    """Make what a worker has after it died over a batch."""
    note = folder / "begun"
    note.write_text(f'["{died_over}",[]]\n')
    return Isolating(Begun.opened(note), apart)


def settle(one: Isolating) -> None:
    """Wait until what was handed out is done."""
    one.pool.submit(int).result(PATIENCE)


def test_it_waits_until_it_was_matched_apart(tmp_path: Path) -> None:
    """Its partition is told to wait; what was found apart is what the batch comes to."""
    apart = Apart()
    one = isolating(tmp_path, apart, BATCH.id)
    assert "a process died over this batch" in one.lacks(PLACE, BATCH)
    assert PLACE in one.lacks(PLACE, BATCH)
    assert apart.asked <= 1
    apart.let.set()
    settle(one)
    assert one.lacks(PLACE, BATCH) == ""
    chain: Any = None  # nobody matches here
    assert one.observed(chain, BATCH) is apart.found
    assert apart.asked == 1
    one.begun.close()


def test_what_cannot_be_matched_apart_is_tried_again(tmp_path: Path) -> None:
    """The reason is told, and the next look tries again."""
    apart = Apart(fails=1)
    one = isolating(tmp_path, apart, BATCH.id)
    one.lacks(PLACE, BATCH)
    apart.let.set()
    settle(one)
    assert "no process starts" in one.lacks(PLACE, BATCH)
    one.lacks(PLACE, BATCH)
    settle(one)
    assert one.lacks(PLACE, BATCH) == ""
    one.begun.close()


def test_what_was_found_serves_whenever_the_batch_comes_again(tmp_path: Path) -> None:
    """A partition that goes and comes has it matched apart once."""
    apart = Apart()
    one = isolating(tmp_path, apart, BATCH.id)
    assert one.lacks(PLACE, BATCH)
    assert one.lacks(PLACE, BATCH)
    apart.let.set()
    settle(one)
    chain: Any = None  # nobody matches here
    for _ in range(2):
        assert one.lacks(PLACE, BATCH) == ""
        assert one.observed(chain, BATCH) is apart.found
    assert apart.asked == 1
    one.begun.close()


@pytest.mark.parametrize("breaks", [False, True], ids=["matched", "an error"])
def test_others_are_matched_here_and_noted_meanwhile(tmp_path: Path, breaks: bool) -> None:
    """The note names the batch while it is matched, and nothing after."""
    one = isolating(tmp_path, Apart(), "another")
    noted: list[bytes] = []

    class Chain:
        """Stages that look at the note."""

        def observe(self, _batch: object) -> Any:
            """Match a batch."""
            noted.append(one.begun.path.read_bytes().partition(b"\n")[0])
            if breaks:
                raise SaqshyError("no")

    assert one.lacks(PLACE, BATCH) == ""
    chain: Any = Chain()
    if breaks:
        with pytest.raises(SaqshyError):
            one.observed(chain, BATCH)
    else:
        one.observed(chain, BATCH)
    assert noted == [f'["{BATCH.id}",["another"]]'.encode()]
    assert one.begun.path.read_bytes().partition(b"\n")[0] == b'["",["another"]]'
    one.begun.close()
