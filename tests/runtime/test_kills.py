"""Kill -9 at random instants: the same incidents and notices as without any kill."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.stores.received import ReceivedNotices
from pipeline.runtime.demonstration import receiver
from pipeline.runtime.receiver import STORE
from tests.runtime.kills import PHASES, Ground, Tally, killed, outcome, uninterrupted


def check_equal_after(kills: int, seed: int, tmp_path: Path, records: int = 20) -> Tally:
    """Run with and without kills and compare what was left."""
    with receiver(tmp_path / "ncc-plain") as plain_receiver:
        plain = Ground(tmp_path / "plain", plain_receiver, records)
        plain.folder.mkdir()
        plain.prepare()
        uninterrupted(plain)
    with receiver(tmp_path / "ncc-killed") as killed_receiver:
        other = Ground(tmp_path / "killed", killed_receiver, records)
        shutil.copytree(plain.folder, other.folder, ignore=shutil.ignore_patterns("saqshy*"))
        shutil.rmtree(other.folder / "outgoing", ignore_errors=True)
        shutil.rmtree(other.folder / "rules")
        shutil.rmtree(other.folder / "cache", ignore_errors=True)
        for part in other.folder.glob("part*"):
            part.unlink()
        other.prepare()
        tally = killed(other, kills, random.Random(seed))
    expected, left = outcome(plain.store), outcome(other.store)
    assert left.breaks == []
    assert left.gaps == []
    assert expected.breaks == []
    assert len(expected.incidents) > 3
    assert left.incidents == expected.incidents
    assert left.notices == expected.notices
    assert left.paged == expected.paged == {"kz-unattested"}
    assert (left.events, left.failures) == (expected.events, expected.failures)
    assert received(tmp_path / "ncc-killed") == left.notice_ids
    return tally


def received(folder: Path) -> set[str]:
    """Give the ids of the notices that the receiver's own store holds."""
    book = ReceivedNotices(folder / STORE)
    try:
        return {kept.notice_id for kept in book.latest(100_000)}
    finally:
        book.close()


@pytest.mark.slow
def test_six_kills_change_nothing(tmp_path: Path) -> None:
    """Six kills in journal, commit, send and receipt: incidents and notices are the same."""
    tally = check_equal_after(6, 418, tmp_path)
    assert tally.kills >= 4
    assert set(tally.phases) & set(PHASES)


@pytest.mark.proof
def test_a_hundred_kills_change_nothing(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """A hundred kills, with hits in each phase: incidents and notices are the same."""
    seed = random.SystemRandom().randrange(2**32)
    record_property("seed", seed)
    tally = check_equal_after(100, seed, tmp_path, records=8)
    record_property("kills", tally.kills)
    record_property("phases", dict(tally.phases))
    assert tally.kills >= 90
    assert set(PHASES) <= set(tally.phases)
