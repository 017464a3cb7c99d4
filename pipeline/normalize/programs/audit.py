"""Audit records without their head: what journald and the kernel's log hand on to syslog.

Source: systemd, src/journal/journald-audit.c: ``TYPE fields`` or ``<audit-1400> fields``.
"""

import re

from pipeline.model import Json
from pipeline.normalize.ecs_schema import fitting
from pipeline.normalize.linux.audit_event import audit_event
from pipeline.normalize.linux.audit_tables import tables, type_name
from pipeline.normalize.linux.audit_text import AuditRecord, audit_fields
from pipeline.normalize.programs.told import Told

_HEAD = re.compile(r"(?:<audit-(\d{4,5})>|([A-Z][A-Z0-9_]{2,40})) (.*)", flags=re.DOTALL)


def read(message: str) -> Told | None:
    """Give what a record tells; None where the message is none."""
    match = _HEAD.fullmatch(message)
    if match is None:
        return None
    kind = match[2] or type_name(int(match[1]))
    if match[2] and kind not in tables().types.values():
        return None
    found, native = audit_event([AuditRecord(kind, 0, "", "", audit_fields(kind, match[3]))])
    del native["msg"]  # time and serial, which are not there
    event: Json = {"module": "auditd", "dataset": "auditd.log"}
    fields: Json = {}
    for path, value in found.items():
        fit = fitting(path, value)
        if path.startswith("event."):
            event[path.removeprefix("event.")] = fit
        elif fit is not None:
            fields[path] = fit
    return Told(event, fields, native)
