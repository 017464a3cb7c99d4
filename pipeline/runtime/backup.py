"""Backups of the standalone system: a folder that proves itself, and its way back.

In it are a copy of the store as of one instant, the evidence that is kept beside it and what people
had asked and nobody had taken yet. ``manifest.json`` is written last and has the SHA-256 of every
file: a folder without it is no backup. Both ways the copy's pages, and every chain and checkpoint
of its audit trail, are verified before anything counts as done.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from connectors.sinks.durable import write_whole
from connectors.stores.sqlite import open_sqlite
from connectors.stores.sqlite.backup import check_store, copy_store, put_in_place
from pipeline.errors import StoreCorrupt, StoreError
from pipeline.incidents.checkpoint_chain import Signed
from pipeline.incidents.trail import verify_trail
from pipeline.model import from_json, to_json
from pipeline.runtime.leaving import spool_of

VERSION = 1
MANIFEST, STORE, EVIDENCE, COMMANDS = "manifest.json", "store.db", "evidence", "commands"
_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Filed:
    """One file of a backup, by its path in the folder."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup is: made when (ns), of how many entries and checkpoints, with which files."""

    version: int
    made_at: int
    entries: int
    checkpoints: int
    files: tuple[Filed, ...]

    @property
    def bytes(self) -> int:
        """Give how many bytes it has."""
        return sum(one.bytes for one in self.files)


def evidence_of(store: Path) -> Path:
    """Give the folder of the evidence that is kept, by hash, beside a store."""
    return store.with_name(f"{store.name}.evidence")


def make_backup(store: Path, folder: Path, now: int, signed: Signed | None) -> Backup:
    """Back a store up into a new folder, beside the process that writes it.

    StoreError where there is no store, StoreCorrupt where the copy is not whole or its trail does
    not verify, FileExistsError where the folder is there.
    """
    folder.mkdir(mode=0o700, parents=True)
    # What is beside the store goes first: whatever the copy names is then among it.
    for name, source in ((COMMANDS, spool_of(store)), (EVIDENCE, evidence_of(store))):
        for path in _files(source):
            _copied(path, folder / name / path.relative_to(source))
    copy_store(store, folder / STORE)
    for path in _files(evidence_of(store)):  # that came meanwhile
        to = folder / EVIDENCE / path.relative_to(evidence_of(store))
        if not to.exists():
            _copied(path, to)
    entries, checkpoints = _verified(folder / STORE, signed)
    found = tuple(_filed(folder, path) for path in _files(folder))
    made = Backup(VERSION, now, entries, checkpoints, found)
    write_whole(folder / MANIFEST, to_json(made), now)
    return made


def read_backup(folder: Path, signed: Signed | None) -> Backup:
    """Verify a backup: every file, the pages of the store, the trail. StoreError where it is none.

    StoreCorrupt where it is not what it was.
    """
    try:
        made = from_json(Backup, (folder / MANIFEST).read_bytes())
    except OSError as error:
        raise StoreError(f"{folder} is no backup: it has no {MANIFEST}") from error
    except ValidationError as error:
        raise StoreCorrupt(f"{folder / MANIFEST} does not read: use another backup") from error
    if made.version != VERSION:
        raise StoreError(f"{folder} is of version {made.version}, known is {VERSION}")
    for one in made.files:
        path = folder / one.path
        if not path.is_file() or _filed(folder, path) != one:
            raise StoreCorrupt(f"{path} is not what the backup says: use another backup")
    entries, checkpoints = _verified(folder / STORE, signed)
    if (entries, checkpoints) != (made.entries, made.checkpoints):
        raise StoreCorrupt(f"{folder}: the audit trail is not as long as it was")
    return made


def restore_backup(
    folder: Path, store: Path, signed: Signed | None, *, aside: Path | None = None
) -> Backup:
    """Put a verified backup in a store's place; a store that is there goes ``aside``.

    StoreError where a process has it, or where one is there and ``aside`` is not given.
    """
    made = read_backup(folder, signed)
    if aside is None and store.exists():
        raise StoreError(
            f"there is a store {store} already: name another, or --replace, which keeps the old one"
            " beside it"
        )
    store.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = store.with_name(f".{store.name}.restored")
    part.unlink(missing_ok=True)
    _copied(folder / STORE, part)
    try:
        check_store(part)
        put_in_place(part, store, aside)
    finally:
        part.unlink(missing_ok=True)
    for name, beside in ((EVIDENCE, evidence_of(store)), (COMMANDS, spool_of(store))):
        for path in _files(folder / name):
            to = beside / path.relative_to(folder / name)
            if not to.exists():
                _copied(path, to)
    return made


def _verified(store: Path, signed: Signed | None) -> tuple[int, int]:
    """Verify pages and trail; give how many entries and checkpoints there are."""
    check_store(store)
    stores = open_sqlite(store, readonly=True)
    with closing(stores.database), stores.database.still():
        found = verify_trail(stores.checkpoints.read(), stores.audit.read(), signed, {})
    if found.breaks:
        raise StoreCorrupt(
            f"the audit trail in {store} does not verify ({found.breaks[0]}): look with saqshy"
            " audit verify --store"
        )
    return found.entries, found.checkpoints


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (path for path in sorted(folder.rglob("*")) if path.is_file())


def _copied(source: Path, to: Path) -> None:
    to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with source.open("rb") as reading, to.open("xb") as writing:
        to.chmod(0o600)
        shutil.copyfileobj(reading, writing, _PIECE)
        writing.flush()
        os.fsync(writing.fileno())


def _filed(folder: Path, path: Path) -> Filed:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            size += len(piece)
    return Filed(str(path.relative_to(folder)), size, digest.hexdigest())
