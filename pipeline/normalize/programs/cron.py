"""Messages of cron, crontab and their kin.

Source: Vixie cron and cronie, src/misc.c (log_it): ``(user) EVENT (detail)``; anacron, runjob.c.
"""

import re

from pipeline.model import Json
from pipeline.normalize.programs.told import Told, first_said, saying, told

_LINE = re.compile(r"\(([^()]{1,256})\) ([A-Za-z][A-Za-z -]{1,40}) \((.*)\)", flags=re.DOTALL)
_LOG = "system.syslog"
_CHANGES = frozenset({"REPLACE", "DELETE", "BEGIN EDIT", "END EDIT"})
_ANACRON = (
    saying(
        r"Job [`'](?P<job>[^']{1,256})' started",
        told("cron_job_started", "process", "start", "", _LOG),
    ),
    saying(
        r"Job [`'](?P<job>[^']{1,256})' terminated.*",
        told("cron_job_ended", "process", "end", "", _LOG),
    ),
)


def read(message: str) -> Told | None:
    """Give what a message tells; None where it is none of these."""
    match = _LINE.fullmatch(message)
    if match is None:
        return first_said(_ANACRON, message)
    user, what, detail = match.groups()
    native: Json = {"cron_event": what, "detail": detail}
    fields: Json = {} if user in ("CRON", "*system*") else {"user.name": user}
    if what in ("CMD", "CMDEND"):
        fields["process.command_line"] = detail
        kind = "start" if what == "CMD" else "end"
        return Told(told("cron_command", "process", kind, "", _LOG), fields, native)
    if what in _CHANGES:
        kind = "deletion" if what == "DELETE" else "change"
        event = told(f"crontab_{what.lower().replace(' ', '_')}", "configuration", kind, "", _LOG)
        return Told(event, {**fields, "user.target.name": detail}, native)
    if what in ("LIST", "RELOAD"):
        event = told(f"crontab_{what.lower()}", "configuration", "access", "", _LOG)
        return Told(event, fields, native)
    outcome = "failure" if what in ("AUTH", "ERROR", "error", "WRONG FILE OWNER") else ""
    event = told(f"cron_{what.lower().replace(' ', '_')}", "process", "info", outcome, _LOG)
    return Told({**event, "reason": detail}, fields, native)
