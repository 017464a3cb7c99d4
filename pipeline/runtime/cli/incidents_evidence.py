"""Evidence by its hash: measured, guarded, and where asked for kept beside the store."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ConfigurationError, Problem
from pipeline.registry import load_registry
from pipeline.runtime.cli.incidents_handing import Hand
from pipeline.runtime.cli.output import say
from pipeline.runtime.reading import one_machine
from pipeline.runtime.written import MARKED, MOST_KEPT, WrittenGuard

_CHUNK = 1024 * 1024
RECORD = "without it the file is recorded by its hash: keep it where your evidence lies"


def evidence_folder(store: Path) -> Path:
    """Give the folder of the evidence that is kept, by hash, beside a store."""
    return store.with_name(f"{store.name}.evidence")


@dataclass(frozen=True, slots=True)
class Kept:
    """What a step says of a file, and the copy that was made for it, if any."""

    entry: dict[str, object]
    copy: Path | None = None

    def forget(self) -> None:
        """Take the copy away: the step was refused."""
        if self.copy is not None:
            self.copy.unlink(missing_ok=True)


def kept_evidence(hand: Hand, file: Path, *, keep: bool) -> Kept:
    """Measure a file, and keep it where that is asked for and may be.

    ConfigurationError where the file bears a secrecy mark: nothing of it is recorded or kept.
    """
    settings = hand.settings()
    path = one_machine(settings, hand.store, "--keep", RECORD) if keep else settings.store.path
    digest, size, data = _measured(file)
    entry: dict[str, object] = {"name": file.name, "sha256": digest, "size": size}
    marked = WrittenGuard(load_registry(settings.registry).marks).file(data)
    if marked:
        raise ConfigurationError([Problem(file.name, 0, MARKED, "hand it to a cleared person")])
    if not keep:
        return Kept(entry)
    if size > MOST_KEPT:
        say(f"{file.name}: larger than {MOST_KEPT} bytes: recorded by its hash, not kept")
        return Kept(entry)
    if marked is None:
        say(f"{file.name}: cannot be read as text and looked at: recorded by its hash, not kept")
        return Kept(entry)
    folder = evidence_folder(path) / digest[:2]
    return Kept({**entry, "kept": True}, _copied(folder, digest, data))


def _copied(folder: Path, digest: str, data: bytes) -> Path | None:
    """Write a file under its hash, whole or not at all; None where it is there already."""
    whole = folder / digest
    if whole.exists():
        return None
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = folder / f".{digest}.{os.getpid()}"
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    part.replace(whole)
    return whole


def _measured(file: Path) -> tuple[str, int, bytes]:
    """Give a file's SHA-256, its size and its beginning, as far as it is looked into."""
    digest, size, head = hashlib.sha256(), 0, b""
    with file.open("rb") as data:
        while piece := data.read(_CHUNK):
            digest.update(piece)
            head += piece[: max(0, MOST_KEPT - size)]
            size += len(piece)
    return digest.hexdigest(), size, head
