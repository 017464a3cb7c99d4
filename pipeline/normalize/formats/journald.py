"""Entries of systemd's journal: the export format, and the JSON that ``journalctl -o json`` writes.

An entry reads as the syslog message that the program sent; what journald knows beside it (names
that begin with ``_``) fills ECS where the message says nothing.
Source: systemd, "Journal Export Formats", "systemd.journal-fields"; journalctl(1), ``json``.
"""

from pipeline.model import FailureCode, Json, TimeConfidence
from pipeline.normalize.ecs_schema import fitting, number
from pipeline.normalize.formats.syslog_header import SEVERITIES, header_ecs
from pipeline.normalize.formats.syslog_message import read_message
from pipeline.normalize.jsontext import Decoded
from pipeline.normalize.moments import EARLIEST, moment
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.tree import put

NAME = "journald"
MOST_FIELDS = 2048

_SIGNS = frozenset({"__CURSOR", "__REALTIME_TIMESTAMP", "SYSLOG_IDENTIFIER", "_TRANSPORT"})
_TIMES = ("_SOURCE_REALTIME_TIMESTAMP", "__REALTIME_TIMESTAMP")
_FIELDS = {
    "process.executable": "_EXE",
    "process.command_line": "_CMDLINE",
    "process.name": "_COMM",
    "host.id": "_MACHINE_ID",
    "host.boot.id": "_BOOT_ID",
    "container.id": "CONTAINER_ID_FULL",
    "container.name": "CONTAINER_NAME",
    "log.origin.file.name": "CODE_FILE",
    "log.origin.file.line": "CODE_LINE",
    "log.origin.function": "CODE_FUNC",
    "event.code": "MESSAGE_ID",
    "error.code": "ERRNO",
    "service.name": "_SYSTEMD_UNIT",
}
_NO_ENTRY = Refusal(
    FailureCode.SYNTAX,
    "is no journal entry (NAME=value lines with a MESSAGE): set the source's format to what it "
    "sends, or to auto",
)


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one entry of the export format."""
    fields = _exported(record)
    return entry(fields, (), context) if "MESSAGE" in fields else _NO_ENTRY


def read(text: str, _notes: tuple[str, ...], context: Context) -> Parsed | None:
    """Read an entry of the export format that stands as text; None where it holds no message."""
    answer = parse(text.encode("utf-8", "replace"), context)
    return answer if isinstance(answer, Parsed) else None


def is_document(document: Json) -> bool:
    """Tell whether a JSON object is a journal's entry."""
    return "MESSAGE" in document and not _SIGNS.isdisjoint(document)


def read_document(decoded: Decoded, context: Context) -> Parsed:
    """Read an entry as JSON: bytes that are no text are lists of numbers, repeated fields lists."""
    document, notes, _ = decoded
    fields = {name: _plain(value) for name, value in document.items() if value is not None}
    return entry(fields, notes, context)


def entry(fields: Json, notes: tuple[str, ...], context: Context) -> Parsed:
    """Make the event of an entry's fields, each a text or a list of texts."""
    program = _one(fields, "SYSLOG_IDENTIFIER") or _one(fields, "_COMM")
    pid = _one(fields, "SYSLOG_PID") or _one(fields, "_PID")
    facility, severity = _code(fields, "SYSLOG_FACILITY", 24), _code(fields, "PRIORITY", 8)
    whole = facility is not None and severity is not None
    priority = (facility or 0) * 8 + (severity or 0) if whole else None
    ecs = header_ecs(priority, _one(fields, "_HOSTNAME"), program, pid)
    if priority is None and severity is not None:
        ecs["log"] = {**ecs.get("log", {}), "level": SEVERITIES[severity]}
        ecs["event"]["severity"] = severity
    time, confidence = None, TimeConfidence.RECEIVED
    for name in _TIMES:
        found = moment(_one(fields, name), context.zone)
        if found is not None and found[0] >= EARLIEST:
            time, confidence = found
            break
    answer = Parsed(NAME, "linux", time, confidence, ecs, {}, notes)
    message = _one(fields, "MESSAGE")
    answer = read_message(answer, program, _audit_text(fields, message), context)
    if message:
        answer.ecs["message"] = message
    for name, value in fields.items():
        answer.native.setdefault(name, value)
    _complete(answer.ecs, fields)
    return answer


def _code(fields: Json, name: str, most: int) -> int | None:
    found = number(_one(fields, name))
    return found if found is not None and 0 <= found < most else None


def _complete(ecs: Json, fields: Json) -> None:
    for path, name in _FIELDS.items():
        value = _one(fields, name)
        fit = fitting(path, value) if value else None
        if fit is not None:
            put(ecs, path, fit)
    if "user" not in ecs and _one(fields, "_UID"):
        put(ecs, "user.id", _one(fields, "_UID"))
        put(ecs, "user.group.id", _one(fields, "_GID") or None)


def _audit_text(fields: Json, message: str) -> str:
    """Give an audit record as auditd writes it: journald keeps its type, time and serial apart."""
    if _one(fields, "_TRANSPORT") != "audit" or "_AUDIT_ID" not in fields:
        return message
    kind = _one(fields, "_AUDIT_TYPE_NAME")
    micros = number(_one(fields, _TIMES[0])) or number(_one(fields, _TIMES[1])) or 0
    body = message.removeprefix(f"{kind} ")
    stamp = f"{micros // 1_000_000}.{micros // 1000 % 1000:03d}"
    return f"type={kind} msg=audit({stamp}:{_one(fields, '_AUDIT_ID')}): {body}"


def _one(fields: Json, name: str) -> str:
    value = fields.get(name, "")
    return str(value[0]) if isinstance(value, list) and value else str(value or "")


def _plain(value: object) -> str | list[str]:
    if isinstance(value, list):
        if value and all(type(one) is int and 0 <= one < 256 for one in value):
            return bytes(value).decode("utf-8", "replace")
        return [_shown(_plain(one)) for one in value]
    return value if isinstance(value, str) else str(value)


def _shown(value: str | list[str]) -> str:
    return value if isinstance(value, str) else " ".join(value)


def _exported(record: bytes) -> Json:
    """Give the fields of an entry; a field that stands several times is a list."""
    found: Json = {}
    at = 0
    for _ in range(MOST_FIELDS):
        end = record.find(b"\n", at)
        line = record[at : end if end >= 0 else len(record)]
        name, equals, value = line.partition(b"=")
        at = end + 1 if end >= 0 else len(record)
        if not equals and name and at + 8 <= len(record):
            size = int.from_bytes(record[at : at + 8], "little")
            value = record[at + 8 : at + 8 + size]
            at += 8 + size + 1
        if name:
            _add(found, name.decode("utf-8", "replace"), value.decode("utf-8", "replace"))
        if at >= len(record):
            break
    return found


def _add(found: Json, name: str, value: str) -> None:
    before = found.get(name)
    if before is None:
        found[name] = value
    elif isinstance(before, list):
        before.append(value)
    else:
        found[name] = [before, value]
