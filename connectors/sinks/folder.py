"""A spool folder per recipient, one file a notice, collected by the recipient's own transport.

The receipt says ``spooled`` with the file's hash: the notice left, nobody has confirmed it. What
comes late although it was tried has a file ``<notice id>.late.json`` beside it.
"""

from dataclasses import dataclass
from urllib.parse import quote

from connectors.sinks.durable import write_whole
from connectors.sinks.letter import lateness, letter, sha256
from pipeline.errors import DeliveryDelayed, DeliveryRejected
from pipeline.model import Notice, Receipt, Recipient
from pipeline.settings import FolderSettings


@dataclass(slots=True)
class FolderSink:
    """Write letters to ``<folder>/<role>-<party>/<notice id>.json``, each once and whole."""

    settings: FolderSettings
    channel: str = "folder"

    def deliver(self, notice: Notice, now: int) -> Receipt:
        """Write the file durably, or find it there; its time is when it was spooled.

        DeliveryDelayed where the folder cannot be written, DeliveryRejected where the file is
        there with another content.
        """
        body = letter(notice)
        file = self.settings.path / _folder(notice.recipient) / f"{notice.id}.json"
        try:
            duplicate = file.exists()
            if duplicate and file.read_bytes() != body:
                raise DeliveryRejected(f"{file}: is there already with another content")
            late = lateness(notice, now)
            if not duplicate and late is not None:
                write_whole(file.with_suffix(".late.json"), late, now)
            if not duplicate:
                write_whole(file, body, now)
            spooled_at = file.stat().st_mtime_ns
        except OSError as error:
            reason = error.strerror or str(error)
            raise DeliveryDelayed(
                f"{file}: cannot be written: {reason} (make room or give the right to write)",
                "room",
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
