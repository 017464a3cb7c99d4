"""What both syslog formats share: the priority, and the ECS fields that a header fills.

Source: RFC 5424, section 6.2.1 (facilities and severities; the same numbers as RFC 3164, 4.1.1).
"""

from pipeline.model import Json
from pipeline.normalize.ecs_schema import address
from pipeline.normalize.tree import put

# The names are those of RFC 5424's tables, in the short forms of <syslog.h> where it has one.
FACILITIES = (
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv",
    "ftp", "ntp", "security", "console", "clock", "local0", "local1", "local2", "local3", "local4",
    "local5", "local6", "local7",
)  # fmt: skip
SEVERITIES = (
    "emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug",
)  # fmt: skip
MOST_PRIORITY = 191
LINE_ENDS = "\r\n\x00"


def priority_fields(priority: int) -> Json:
    """Give ``log.syslog`` for a priority of 0 to 191."""
    facility, severity = divmod(priority, 8)
    return {
        "priority": priority,
        "facility": {"code": facility, "name": FACILITIES[facility]},
        "severity": {"code": severity, "name": SEVERITIES[severity]},
    }


def header_ecs(priority: int | None, host: str, program: str, process_id: str) -> Json:
    """Give the ECS fields of a header's parts; what is "" is left out."""
    ecs: Json = {"event": {"kind": "event", "dataset": "system.syslog"}}
    syslog = priority_fields(priority) if priority is not None else {}
    if priority is not None:
        ecs["log"] = {"level": SEVERITIES[priority % 8]}
        ecs["event"]["severity"] = priority % 8
    if host:
        syslog["hostname"] = host
        ecs["host"] = {"name": host}
        host_address = address(host)
        if host_address is not None:
            ecs["host"]["ip"] = [host_address]
    if program:
        syslog["appname"] = program
        ecs["process"] = {"name": program}
        ecs["event"]["provider"] = program
    if process_id:
        syslog["procid"] = process_id
        if process_id.isascii() and process_id.isdigit() and len(process_id) < 19:
            put(ecs, "process.pid", int(process_id))
    if syslog:
        ecs.setdefault("log", {})["syslog"] = syslog
    return ecs
