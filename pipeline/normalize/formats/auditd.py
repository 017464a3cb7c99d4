"""Records of the Linux audit system: one line, or all lines of one serial as one record.

They come from ``audit.log``, from its dispatcher over syslog, or from the kernel's own log where no
auditd runs. Lines of one serial are joined by the collector (``pipeline/normalize/collecting.py``);
a line that stayed alone reads as well.
"""

from pipeline.model import FailureCode, Json, TimeConfidence
from pipeline.normalize.ecs_schema import fitting
from pipeline.normalize.linux.audit_event import audit_event
from pipeline.normalize.linux.audit_text import audit_records
from pipeline.normalize.moments import EARLIEST
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.text import decode
from pipeline.normalize.tree import put

NAME = "auditd"

_NO_RECORD = Refusal(
    FailureCode.SYNTAX,
    "holds no audit record (type=... msg=audit(time:serial): ...): set the source's format to what "
    "it sends, or to auto",
)


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one record; lines of one serial are parted by LF."""
    found = decode(record)
    if isinstance(found, Refusal):
        return found
    return read(*found, context) or _NO_RECORD


def read(text: str, notes: tuple[str, ...], _context: Context) -> Parsed | None:
    """Read a text; None where it holds no audit record.

    Lines of another serial than the first one's belong to another event and are left out.
    """
    records = list(audit_records(text))
    if not records:
        return None
    first = records[0]
    same = [one for one in records if (one.serial, one.at) == (first.serial, first.at)]
    if len(same) < len(records):
        notes = (*notes, "other_serials")
    fields, native = audit_event(same)
    ecs: Json = {"event": {"kind": "event", "module": "auditd", "dataset": "auditd.log"}}
    for path, value in fields.items():
        fit = fitting(path, value)
        if fit is not None:
            put(ecs, path, fit)
    if first.serial:
        put(ecs, "event.sequence", int(first.serial) if len(first.serial) < 19 else None)
    if first.node:
        put(ecs, "host.name", first.node)
    put(ecs, "message", text)
    timed = first.at >= EARLIEST
    return Parsed(
        NAME,
        "linux",
        first.at if timed else None,
        TimeConfidence.EXACT if timed else TimeConfidence.RECEIVED,
        ecs,
        native,
        notes,
    )
