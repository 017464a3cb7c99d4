"""Heartbeats as files, where there is no line to the coordination centre; the last are kept."""

from dataclasses import dataclass
from pathlib import Path

from connectors.sinks.durable import write_whole
from connectors.sinks.letter import sha256
from pipeline.errors import DeliveryDelayed
from pipeline.model import Json

KEPT = 100


@dataclass(slots=True)
class HeartbeatFolder:
    """Write each heartbeat to ``<folder>/<time in nanoseconds>.json``, and let old ones go."""

    folder: Path

    def beat(self, body: bytes, now: int) -> Json:
        """Write one heartbeat durably; DeliveryDelayed where the folder cannot be written."""
        file = self.folder / f"{now:020d}.json"
        try:
            write_whole(file, body, now)
            for old in sorted(self.folder.glob("*.json"))[:-KEPT]:
                old.unlink(missing_ok=True)
        except OSError as error:
            raise DeliveryDelayed(
                f"{file}: cannot be written: {error.strerror or error} (make room, or give the"
                " right to write)"
            ) from error
        return {"kind": "spooled", "sha256": sha256(body), "file": file.name}

    def close(self) -> None:
        """Let go of nothing: no file stays open."""
