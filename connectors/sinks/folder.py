"""A spool folder per recipient, one file a notice, collected by the recipient's own transport.

The receipt says ``spooled`` with the file's hash: the notice left, nobody has confirmed it.
"""

import os
import threading
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from connectors.sinks.letter import letter, sha256
from pipeline.errors import DeliveryDelayed, DeliveryRefused
from pipeline.model import Notice, Receipt, Recipient
from pipeline.settings import FolderSettings


@dataclass(slots=True)
class FolderSink:
    """Write letters to ``<folder>/<role>-<party>/<notice id>.json``, each once and whole."""

    settings: FolderSettings
    channel: str = "folder"

    def deliver(self, notice: Notice, now: int) -> Receipt:
        """Write the file durably, or find it there; its time is when it was spooled.

        DeliveryDelayed where the folder cannot be written, DeliveryRefused where the file is
        there with another content.
        """
        body = letter(notice)
        file = self.settings.path / _folder(notice.recipient) / f"{notice.id}.json"
        try:
            duplicate = file.exists()
            if duplicate and file.read_bytes() != body:
                raise DeliveryRefused(f"{file}: is there already with another content")
            if not duplicate:
                _write(file, body, now)
            spooled_at = file.stat().st_mtime_ns
        except OSError as error:
            reason = error.strerror or str(error)
            raise DeliveryDelayed(
                f"{file}: cannot be written: {reason} (make room or give the right to write)"
            ) from error
        return Receipt(
            notice_id=notice.id,
            recipient=f"{notice.recipient.role}:{notice.recipient.party_id}",
            received_at=spooled_at,
            body={
                "kind": "spooled",
                "sha256": sha256(body),
                "file": file.relative_to(self.settings.path).as_posix(),
            },
            duplicate=duplicate,
        )

    def close(self) -> None:
        """Let go of nothing: no file stays open."""


def _folder(recipient: Recipient) -> str:
    """Name a recipient's folder; what is no letter, digit, ``-``, ``_`` or ``~`` is escaped."""
    name = f"{recipient.role}-{recipient.party_id}"
    return quote(name, safe="").replace(".", "%2E")


def _write(file: Path, body: bytes, now: int) -> None:
    """Write beside and rename, with both the file and its name on the disk before returning."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    part = file.with_name(f".{file.name}.{os.getpid()}-{threading.get_ident()}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(body)
            stream.flush()
            os.fsync(stream.fileno())
        os.utime(part, ns=(now, now))
        part.replace(file)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
