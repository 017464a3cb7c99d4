"""The spool folder."""

from pathlib import Path

import pytest

from connectors.sinks.folder import FolderSink
from connectors.sinks.letter import letter, sha256
from pipeline.errors import DeliveryDelayed
from pipeline.model import Recipient
from pipeline.settings import FolderSettings
from tests.notify.made import BASE, notice


def spool(folder: Path) -> FolderSink:
    return FolderSink(FolderSettings(path=folder))


@pytest.mark.parametrize(
    ("party", "folder"),
    [
        ("energo", "holder-energo"),
        ("../../etc", "holder-%2E%2E%2F%2E%2E%2Fetc"),
        ("a/b\0c", "holder-a%2Fb%00c"),
        ("", "holder-"),
    ],
)
def test_each_recipient_has_its_own_folder(tmp_path: Path, party: str, folder: str) -> None:
    """A letter lies under its recipient, whose name can lead nowhere else."""
    one = notice(recipient=Recipient("holder", party))
    receipt = spool(tmp_path).deliver(one, BASE)
    file = tmp_path / folder / f"{one.id}.json"
    assert file.read_bytes() == letter(one)
    assert receipt.body == {
        "kind": "spooled",
        "sha256": sha256(letter(one)),
        "file": f"{folder}/{one.id}.json",
    }


def test_the_spool_shows_whole_files_only(tmp_path: Path) -> None:
    """Beside the letter nothing is left, its time is the delivery's, others cannot read it."""
    spool(tmp_path).deliver(notice(), BASE)
    [file] = (tmp_path / "ncc-ncc").iterdir()
    assert file.stat().st_mtime_ns == BASE
    assert file.stat().st_mode & 0o007 == 0


def test_an_unwritable_spool_delays(tmp_path: Path) -> None:
    """Where the folder cannot be made the delivery waits, with the reason and a way out."""
    (tmp_path / "spool").write_text("a file, not a folder")
    with pytest.raises(DeliveryDelayed, match=r"cannot be written: .*\(make room"):
        spool(tmp_path / "spool").deliver(notice(), BASE)


def test_a_full_disk_delays_and_leaves_nothing(tmp_path: Path) -> None:
    """Where the file cannot be renamed into place, no part of it stays behind."""
    taken = tmp_path / "ncc-ncc" / f"{notice().id}.json"
    taken.mkdir(parents=True)
    (taken / "x").touch()
    with pytest.raises(DeliveryDelayed):
        spool(tmp_path).deliver(notice(), BASE)
    assert list(taken.parent.iterdir()) == [taken]
