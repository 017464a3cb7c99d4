"""Lines of the audit system to records: types, times, serials, fields decoded.

A value that holds a blank, a quote or a control character is written as its bytes in hexadecimal,
without quotes; a record of a user-space program has its own fields in ``msg='...'``; the enriched
form adds names in capitals behind a group separator.
Source: Linux, kernel/audit.c (audit_log_untrustedstring, audit_log_start); audit userspace,
README and "audit event fields" (which fields are encoded); auditd.conf(5), log_format, name_format.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.model import NANOSECONDS, Json
from pipeline.normalize.linux.audit_tables import type_name

MOST_FIELDS = 4096  # of one record: an execve may carry thousands of arguments
MOST_RECORDS = 4096  # of one event

_HEAD = re.compile(
    r"(?:node=(?P<node>\S{1,255}) )?(?:type=(?P<type>[A-Z0-9_]{1,40}(?:\[\d{1,6}\])?) msg="
    r"|(?:audit: )?type=(?P<number>\d{4,5}) (?:msg=)?)"
    r"audit\((?P<seconds>\d{1,12})\.(?P<fraction>\d{1,9}):(?P<serial>\d{1,20})\):? ?"
)
_FIELD = re.compile(
    r"(?<![^\s{\x1d,'])([A-Za-z_][A-Za-z0-9_.-]{0,63}(?:\[\d{1,5}\])?)="
    r"(\"[^\"]*+\"|'[^']*+'|\{[^}]*+\}|[^\s\x1d'}]*+)"
)
_MESSAGE = re.compile(r"\bmsg='((?:[^'\n]|'(?![\s\x1d]|$))*+)'?")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_ARGUMENT = re.compile(r"a(\d{1,5})(?:\[(\d{1,5})\])?")
# Fields that audit_log_untrustedstring or the user-space library may have encoded.
_ENCODED = frozenset(
    {
        "acct", "cmd", "comm", "cwd", "data", "dev", "device", "dir", "exe", "file", "grp", "key",
        "name", "new_group", "ocomm", "old-disk", "new-disk", "path", "proctitle", "sw", "vm",
        "watch", "profile", "info", "interface",
    }
)  # fmt: skip
_ABSENT = frozenset({"(null)", "(none)", "?", '"?"', ""})
_AVC = re.compile(r"avc: +(denied|granted) +\{ ([^}]*)\} for +")


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One record; ``at`` nanoseconds since the epoch; ``fields`` under their own names, decoded."""

    type: str
    at: int
    serial: str
    node: str
    fields: Json


def audit_records(text: str) -> Iterator[AuditRecord]:
    """Give the records of a text of one or several lines, whatever header stands before each."""
    count = 0
    for line in text.split("\n"):
        match = _HEAD.search(line)
        if match is None:
            continue
        count += 1
        if count > MOST_RECORDS:
            return
        nanos = int(match["fraction"][:9].ljust(9, "0"))
        kind = match["type"] or type_name(int(match["number"]))
        yield AuditRecord(
            kind,
            int(match["seconds"]) * NANOSECONDS + nanos,
            match["serial"],
            match["node"] or "",
            audit_fields(kind, line[match.end() :].rstrip("\r\x00")),
        )


def audit_fields(kind: str, body: str) -> Json:
    """Give the fields of one record's body, decoded; those without a value are left out."""
    found: Json = {}
    inner = _MESSAGE.search(body)
    if inner is not None:
        body = f"{body[: inner.start()]}{inner[1]} {body[inner.end() :]}"
    avc = _AVC.search(body)
    if avc is not None:
        found["seresult"], found["seperms"] = avc[1], avc[2].strip()
    for match in _FIELD.finditer(body):
        name, value = match.groups()
        if value in _ABSENT or name in found:
            continue
        if value[0] == "{":
            found.update(_braced(value))
        else:
            found[name] = _decoded(kind, name, value)
        if len(found) >= MOST_FIELDS:
            break
    return _joined(found) if kind == "EXECVE" else found


def _braced(value: str) -> Json:
    """Read ``{ saddr_fam=inet laddr=192.0.2.1 lport=22 }`` of the enriched form."""
    return {
        match[1]: match[2].strip('"')
        for match in _FIELD.finditer(value[1:-1])
        if match[2] not in _ABSENT
    }


def _decoded(kind: str, name: str, value: str) -> str:
    if value[0] in "\"'":
        return value[1:-1]
    argument = kind == "EXECVE" and _ARGUMENT.fullmatch(name) is not None
    if (argument or name in _ENCODED) and _HEX.fullmatch(value):
        if name == "key":  # several keys of one event are parted by this byte
            return bytes.fromhex(value).decode("utf-8", "replace").replace("\x01", ",")
        text = bytes.fromhex(value).decode("utf-8", "replace")
        return text.replace("\x00", " ").rstrip(" ") if name == "proctitle" else text
    return value


def _joined(fields: Json) -> Json:
    """Join the pieces of long arguments (``a2[0]``, ``a2[1]``); their lengths stay."""
    found: Json = {}
    for name, value in fields.items():
        match = _ARGUMENT.fullmatch(name)
        if match is not None and match[2] is not None:
            whole = f"a{match[1]}"
            found[whole] = found.get(whole, "") + value
        else:
            found[name] = value
    return found
