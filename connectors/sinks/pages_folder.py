"""Pages of an auditor to the duty officer: files in a folder of their own, and nowhere else.

They must not go through the outbox that the auditor watches. Whatever pages the duty officer there
(a script, a mail transport, a lamp) takes ``<time>-<id>.json``: ``{"format":
"saqshy-auditor-page-1", "centre", "at", "to": "duty_officer", "count", "alarms": [...]}``; removing
a file says that it was seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from connectors.sinks.durable import write_whole
from pipeline.errors import DeliveryDelayed
from pipeline.model import Json, identity, rfc3339

FORMAT = "saqshy-auditor-page-1"
MOST = 100  # alarms told one by one in a page; all are counted


@dataclass(slots=True)
class PagesFolder:
    """Write one page for all alarms that are new."""

    folder: Path
    centre: str

    def page(self, alarms: Sequence[Json], now: int) -> Path:
        """Write a page durably; DeliveryDelayed where the folder cannot be written."""
        name = identity("page", now, *(str(one["subject"]) + str(one["what"]) for one in alarms))
        file = self.folder / f"{now:020d}-{name[:12]}.json"
        body = orjson.dumps(
            {
                "format": FORMAT,
                "centre": self.centre,
                "at": rfc3339(now),
                "to": "duty_officer",
                "count": len(alarms),
                "alarms": list(alarms[:MOST]),
            },
            option=orjson.OPT_SORT_KEYS,
        )
        try:
            write_whole(file, body, now)
        except OSError as error:
            raise DeliveryDelayed(
                f"{file}: cannot be written: {error.strerror or error} (make room, or give the"
                " right to write)"
            ) from error
        return file
