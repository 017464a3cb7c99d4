"""What PostgreSQL says: connections, authentication, statements, pgaudit's records.

Source: PostgreSQL, src/backend/libpq/auth.c, utils/init/postinit.c, tcop/postgres.c, po/ru.po;
pgaudit, README ("Format"); "Error Reporting and Logging" (log_line_prefix, csvlog).
"""

import csv
import re

from pipeline.model import Json
from pipeline.normalize.keyvalue import pairs
from pipeline.normalize.programs.told import Told, first_said, party, saying, told

_LOG = "postgresql.log"
# Severities, in the languages of Kazakhstan's installations: English and Russian.
SEVERITIES = {
    "DEBUG": "debug", "DEBUG1": "debug", "DEBUG2": "debug", "DEBUG3": "debug", "DEBUG4": "debug",
    "DEBUG5": "debug", "LOG": "log", "INFO": "info", "NOTICE": "notice", "WARNING": "warning",
    "ERROR": "error", "FATAL": "fatal", "PANIC": "panic", "DETAIL": "detail", "HINT": "hint",
    "STATEMENT": "statement", "CONTEXT": "context", "QUERY": "query", "LOCATION": "location",
    "ОТЛАДКА": "debug", "СООБЩЕНИЕ": "log", "ИНФОРМАЦИЯ": "info", "ЗАМЕЧАНИЕ": "notice",
    "ПРЕДУПРЕЖДЕНИЕ": "warning", "ОШИБКА": "error", "ВАЖНО": "fatal", "ПАНИКА": "panic",
    "ПОДРОБНОСТИ": "detail", "ПОДСКАЗКА": "hint", "ОПЕРАТОР": "statement",
    "КОНТЕКСТ": "context", "ЗАПРОС": "query",
}  # fmt: skip
_WORDS = "|".join(sorted(SEVERITIES, key=len, reverse=True))
LINE = re.compile(rf"(.{{0,512}}?)\b({_WORDS}):  (.*)", re.DOTALL)
_SYSLOG_PART = re.compile(r"\[\d{1,10}-\d{1,10}\] ?")
_PID = re.compile(r"\[(\d{1,10})\]")
_USER_AT = re.compile(r"(?<![\w.@-])([^\s@,:=\[\]()]{1,63})@([^\s@,:=\[\]()]{1,63})(?![\w@])")
_HOST_PORT = re.compile(
    r"(?<![\w.])([0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]{1,4}:[0-9A-Fa-f:.]{1,40}|[\w.-]{1,255})"
    r"\((\d{1,5})\)"
)
_AUDIT = re.compile(r"AUDIT: (.*)", re.DOTALL)
_AUDIT_NAMES = (
    "AUDIT_TYPE", "STATEMENT_ID", "SUBSTATEMENT_ID", "CLASS", "COMMAND", "OBJECT_TYPE",
    "OBJECT_NAME", "STATEMENT", "PARAMETER", "ROWS",
)  # fmt: skip
_STATEMENT = re.compile(
    r"(?:duration: (?P<ms>\d{1,12}(?:\.\d{1,6})?) ms(?:  )?)?"
    r"(?:(?P<how>statement|execute \S{1,128}|parse \S{1,128}|bind \S{1,128}|fastpath function call)"
    r"(?: [^:\n]{0,64})?: (?P<statement>.*))?",
    re.DOTALL,
)
_RU_STATEMENT = re.compile(
    r"(?:продолжительность: (?P<ms>[\d.,]+) мс, ?)?оператор: (?P<statement>.*)", re.DOTALL
)
_LOGIN = told("database_login", "authentication database", "start", "failure", _LOG)
_ENTERED = told("database_login", "authentication database", "start", "success", _LOG)
_NAME = r"\"(?P<user>[^\"]{0,256})\""
_SAYINGS = (
    saying(
        r"connection received: host=(?P<peer>\S{1,255})(?: port=(?P<port>\d{1,5}))?",
        told("database_connected", "network database", "connection access", "", _LOG),
    ),
    saying(
        r"(?:принято подключение: узел=)(?P<peer>\S{1,255})(?: порт=(?P<port>\d{1,5}))?",
        told("database_connected", "network database", "connection access", "", _LOG),
    ),
    saying(
        rf"connection authenticated: (?:identity={_NAME}|user={_NAME.replace('user', 'login')}) "
        rf"method=(?P<method>\S{{1,64}}).*",
        told("database_authenticated", "authentication database", "info", "success", _LOG),
    ),
    saying(
        r"(?:replication )?connection authorized: user=(?P<user>\S{1,256})(?: "
        r"database=(?P<database>\S{1,256}))?"
        r"(?: application_name=(?P<application_name>.{0,128}?))?(?: SSL enabled "
        r"\((?P<ssl>[^)]{0,256})\))?(?: GSS \(.{0,256}\))?",
        _ENTERED,
    ),
    saying(
        r"подключение авторизовано: пользователь=(?P<user>\S{1,256})(?: "
        r"база=(?P<database>\S{1,256}))?.{0,256}",
        _ENTERED,
    ),
    saying(
        r"disconnection: session time: (?P<session_time>\S{1,32}) user=(?P<user>\S{0,256}) "
        r"database=(?P<database>\S{0,256}) "
        r"host=(?P<peer>\S{1,255})(?: port=(?P<port>\d{1,5}))?",
        told("database_disconnected", "session database", "end info", "success", _LOG),
    ),
    saying(
        rf"(?P<method>password|Ident|Peer|GSSAPI|SSPI|PAM|BSD|LDAP|certificate|RADIUS|"
        rf"OAuth.{{0,16}}|\"trust\"|scram-sha-256) authentication failed for user {_NAME}",
        _LOGIN,
    ),
    saying(
        rf"пользователь {_NAME} не прошёл проверку подлинности \((?P<method>[^)]{{1,64}})\)", _LOGIN
    ),
    saying(
        rf"(?P<reason>no pg_hba\.conf entry|pg_hba\.conf rejects connection|pg_hba\.conf rejects "
        rf"replication connection|no pg_hba\.conf entry for replication connection)"
        rf"(?: for replication connection)?(?: for| from) host \"(?P<peer>[^\"]{{1,255}})\", "
        rf"user {_NAME}(?:, database \"(?P<database>[^\"]{{0,256}})\")?(?:, "
        rf"(?P<encryption>.{{1,64}}))?",
        _LOGIN,
    ),
    saying(
        rf"(?P<reason>в pg_hba\.conf нет записи)[^\"]{{0,64}}\"(?P<peer>[^\"]{{1,255}})\", "
        rf"пользователя {_NAME}(?:, базы \"(?P<database>[^\"]{{0,256}})\")?.{{0,64}}",
        _LOGIN,
    ),
    saying(rf"role {_NAME} (?P<reason>does not exist|is not permitted to log in)", _LOGIN),
    saying(rf"роль {_NAME} (?P<reason>не существует)", _LOGIN),
    saying(r"database \"(?P<database>[^\"]{0,256})\" (?P<reason>does not exist)", _LOGIN),
    saying(
        r"(?P<reason>permission denied|must be owner|must be superuser)(?: for| of| "
        r"to)? ?(?P<object>.{0,512})",
        told("database_denied", "database", "access", "failure", _LOG),
    ),
    saying(
        r"(?P<reason>нет доступа) к (?P<object>.{0,512})",
        told("database_denied", "database", "access", "failure", _LOG),
    ),
)


def read(message: str) -> Told | None:
    """Give what a message inside syslog tells; None where it has no severity."""
    part = _SYSLOG_PART.match(message)
    match = LINE.fullmatch(message[part.end() :] if part else message)
    return None if match is None else said(match[1], match[2], match[3])


def said(prefix: str, severity: str, message: str) -> Told:
    """Give what a message of some severity tells, with what log_line_prefix put before it."""
    level = SEVERITIES.get(severity, severity.lower())
    found = _audit(message) or first_said(_SAYINGS, message) or _statement(level, message)
    if found is None:
        failed = level in ("error", "fatal", "panic")
        kind = "error" if failed else "info"
        event = told(f"database_{level}", "database", kind, "failure" if failed else "", _LOG)
        found = Told(event)
    fields, native = _prefix(prefix)
    fields |= found.fields
    fields["log.level"] = level
    if level in ("error", "fatal", "panic"):
        fields["error.message"] = message
    return Told(found.event, fields, {**native, "error_severity": severity, **found.native})


def _audit(message: str) -> Told | None:
    """Read a record of pgaudit: comma-separated, quoted as CSV."""
    match = _AUDIT.fullmatch(message)
    if match is None:
        return None
    try:
        values = next(csv.reader([match[1].replace("\x00", "")]))
    except (csv.Error, StopIteration):
        return None
    native = {name: value for name, value in zip(_AUDIT_NAMES, values, strict=False) if value}
    action = native.get("COMMAND", "audit").lower().replace(" ", "_")
    changes = native.get("CLASS") in ("WRITE", "DDL", "ROLE")
    event = told(action, "database", "change" if changes else "access", "success", _LOG)
    return Told({**event, "provider": "pgaudit"}, {}, native)


def _statement(level: str, message: str) -> Told | None:
    if level == "statement":
        return Told(
            told("database_statement", "database", "info", "", _LOG), {}, {"statement": message}
        )
    match = _STATEMENT.fullmatch(message) or _RU_STATEMENT.fullmatch(message)
    if match is None or not (match["ms"] or match["statement"]):
        return None
    event = told("database_statement", "database", "access", "", _LOG)
    native: Json = {}
    if match["ms"]:
        event["duration"] = round(float(match["ms"].replace(",", ".")) * 1_000_000)
    if match["statement"]:
        native["statement"] = match["statement"]
    return Told(event, {}, native)


def _prefix(prefix: str) -> tuple[Json, Json]:
    """Read what common settings of log_line_prefix hold; what they do not name is left."""
    fields: Json = {}
    native: Json = {}
    if found := _PID.search(prefix):
        fields["process.pid"] = int(found[1])
    given = pairs(prefix)
    native |= {name: value for name, value in given.items() if value}
    if at := _USER_AT.search(prefix):
        native.setdefault("user", at[1])
        native.setdefault("db", at[2])
    if host := _HOST_PORT.search(prefix):
        fields |= party(host[1])
        if int(host[2]) < 65_536:
            fields["source.port"] = int(host[2])
    for name in ("client", "host", "remote"):
        if native.get(name) and "source.ip" not in fields:
            fields |= party(str(native[name]).partition("(")[0])
    if native.get("user") and native["user"] not in ("[unknown]", "[неизвестно]"):
        fields["user.name"] = native["user"]
    return fields, native
