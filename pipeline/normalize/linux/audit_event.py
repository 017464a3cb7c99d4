"""Records of one serial to one event: the vendor's own fields, and what ECS learns from them.

Source: Red Hat, "Audit event fields"; Elastic Common Schema, process, user, file, network fields;
ids of users are Elastic's: `uid` the user, `euid` the effective one; `acct` is whom a login, an
authentication or a change of accounts is about.
"""

from collections.abc import Sequence
from posixpath import join, normpath

from pipeline.model import Json
from pipeline.normalize.ecs_schema import address, number
from pipeline.normalize.linux.audit_tables import Meaning, meanings, syscall_name
from pipeline.normalize.linux.audit_text import AuditRecord
from pipeline.normalize.linux.socket_address import socket_address

_EXEC = frozenset({"execve", "execveat"})
_INBOUND = frozenset({"accept", "accept4", "recvfrom", "recvmsg"})
_ADDRESSED = frozenset({"connect", "sendto", "sendmsg"})
# Records that only complete others: of the rest the first says what the event is.
_PARTS = frozenset({"SYSCALL", "EXECVE", "CWD", "PATH", "PROCTITLE", "SOCKADDR", "EOE"})
_PROCESS = (
    ("exe", "process.executable"),
    ("comm", "process.name"),
    ("proctitle", "process.title"),
    ("cwd", "process.working_directory"),
)
_IDS = (
    ("pid", "process.pid"),
    ("ppid", "process.parent.pid"),
)
_NAMES = (
    ("EUID", "user.effective.name"),
    ("GID", "user.group.name"),
    ("EGID", "user.effective.group.name"),
)
_NUMBERS = (
    ("euid", "user.effective.id"),
    ("gid", "user.group.id"),
    ("egid", "user.effective.group.id"),
)
_UNSET = frozenset({"4294967295", "-1", "unset"})
_OUTCOMES = {"yes": "success", "success": "success", "1": "success", "no": "failure",
             "failed": "failure", "0": "failure", "fail": "failure"}  # fmt: skip


def audit_event(records: Sequence[AuditRecord]) -> tuple[Json, Json]:
    """Give ECS fields by dotted name, and the records' own fields as one flat object.

    A field that stands in several records with different values is a list. The registers that a
    call of exec shows (``a0`` to ``a3`` of SYSCALL) make room for the arguments of EXECVE, and are
    kept as ``SYSCALL.a0``.
    """
    native = _native(records)
    call = str(native.get("SYSCALL", ""))
    main = next((one for one in records if one.type not in _PARTS), records[0])
    meaning = _meaning(main, records, call)
    ecs: Json = {"event.action": meaning.action if meaning else main.type.lower()}
    if meaning:
        ecs |= {"event.category": [meaning.category], "event.type": list(meaning.types)}
    outcome = _outcome(main, native)
    if outcome:
        ecs["event.outcome"] = outcome
    category = meaning.category if meaning else ""
    _process(ecs, native)
    _user(ecs, native, main.type, category)
    _network(ecs, native, call)
    paths = [one.fields for one in records if one.type == "PATH"]
    if paths and call not in _EXEC:
        _file(ecs, paths, str(native.get("cwd", "")))
    if main.fields.get("apparmor") or main.type in ("AVC", "ANOM_LINK"):
        _policy(ecs, native)
    if main.type in ("SERVICE_START", "SERVICE_STOP") and "unit" in native:
        ecs["service.name"] = _one(native, "unit")
    return ecs, native


def _native(records: Sequence[AuditRecord]) -> Json:
    native: Json = {}
    types = list(dict.fromkeys(one.type for one in records if one.type != "EOE"))
    native["type"] = types[0] if len(types) == 1 else types or "EOE"
    native["msg"] = f"audit({records[0].at // 10**9}.{records[0].at // 10**6 % 1000:03d}:"
    native["msg"] += f"{records[0].serial})"
    if records[0].node:
        native["node"] = records[0].node
    executed = any(one.type == "EXECVE" for one in records)
    for one in records:
        for name, value in one.fields.items():
            if one.type == "SYSCALL" and executed and name in ("a0", "a1", "a2", "a3"):
                native[f"SYSCALL.{name}"] = value
            elif one.type != "PATH":
                _add(native, name, value)
        if one.type == "SYSCALL" and "SYSCALL" not in one.fields:
            said = one.fields.get("syscall", "")  # ausearch --interpret writes the name itself
            name = said if said.isidentifier() else syscall_name(one.fields.get("arch", ""), said)
            if name:
                _add(native, "SYSCALL", name)
        if "saddr" in one.fields and "SADDR" not in one.fields:
            for name, value in socket_address(one.fields["saddr"]).items():
                _add(native, name, value)
    _columns(native, [one.fields for one in records if one.type == "PATH"])
    return native


def _add(native: Json, name: str, value: object) -> None:
    before = native.get(name)
    if before is None:
        native[name] = value
    elif isinstance(before, list):
        if value not in before:
            before.append(value)
    elif before != value:
        native[name] = [before, value]


def _columns(native: Json, paths: list[Json]) -> None:
    """Keep several PATH records side by side: the n-th value of each field is of the n-th path."""
    if len(paths) == 1:
        for name, value in paths[0].items():
            _add(native, name, value)
        return
    for name in dict.fromkeys(name for path in paths for name in path):
        column = [path.get(name, "") for path in paths]
        before = native.get(name)
        if before is not None:
            column = [*(before if isinstance(before, list) else [before]), *column]
        native[name] = column


def _meaning(main: AuditRecord, records: Sequence[AuditRecord], call: str) -> Meaning | None:
    known = meanings()
    if main.fields.get("apparmor"):
        return known["APPARMOR"]
    if main.type in known:
        return known[main.type]
    if main.type in _PARTS:
        if call in known:
            return known[call]
        types = {one.type for one in records}
        if "EXECVE" in types:
            return known["execve"]
        if types == {"PATH"}:
            return _of_path(str(main.fields.get("nametype", "")))
    return None


def _of_path(nametype: str) -> Meaning:
    kind = {"CREATE": "creation", "DELETE": "deletion"}.get(nametype, "access")
    words = {"creation": "created-file", "deletion": "deleted", "access": "opened-file"}
    return Meaning(words[kind], "file", (kind,))


def _outcome(main: AuditRecord, native: Json) -> str:
    if main.fields.get("apparmor") == "DENIED" or main.fields.get("seresult") == "denied":
        return "failure"
    for name in ("success", "res", "result"):
        value = main.fields.get(name, _one(native, name))
        if value in _OUTCOMES:
            return _OUTCOMES[value]
    return ""


def _one(native: Json, name: str) -> str:
    value = native.get(name, "")
    return str(value[0]) if isinstance(value, list) else str(value)


def _process(ecs: Json, native: Json) -> None:
    for name, path in _PROCESS:
        if name in native:
            ecs[path] = _one(native, name)
    for name, path in _IDS:
        found = number(_one(native, name))
        if found is not None and found >= 0:
            ecs[path] = found
    if "argc" in native or "EXECVE" in native["type"]:  # of a call alone these are registers
        args: list[str] = []
        while (name := f"a{len(args)}") in native:
            args.append(_one(native, name))
        if args:
            ecs["process.args"] = args
            ecs["process.args_count"] = number(_one(native, "argc")) or len(args)
            ecs["process.command_line"] = " ".join(args)
    elif "cmd" in native:
        ecs["process.command_line"] = _one(native, "cmd")


def _user(ecs: Json, native: Json, kind: str, category: str) -> None:
    account = _one(native, "acct")
    known = account if account not in ("", "(unknown)", "(unknown user)") else ""
    own, own_name = _one(native, "uid"), _name(native, "UID")
    if category == "iam":
        ecs["user.target.name"] = known
        ecs["user.target.id"] = _id(native, "id")
        if kind in ("ADD_GROUP", "DEL_GROUP", "GRP_MGMT"):
            ecs["group.name"] = _one(native, "grp") or known
    if known and category in ("authentication", "session"):
        ecs["user.name"] = known
        ecs["user.id"] = _id(native, "id") or (own if own_name == known else "")
    elif kind == "LOGIN":
        ecs["user.id"] = _id(native, "auid")
        ecs["user.name"] = _name(native, "AUID")
    else:
        ecs["user.id"], ecs["user.name"] = _id(native, "uid"), own_name
    for name, path in _NUMBERS:
        ecs[path] = _id(native, name)
    for name, path in _NAMES:
        ecs[path] = _name(native, name)
    for path in [path for path, value in ecs.items() if value == ""]:
        del ecs[path]


def _id(native: Json, name: str) -> str:
    value = _one(native, name)
    return value if value.isdecimal() and value not in _UNSET else ""


def _name(native: Json, name: str) -> str:
    """Give a name that auditd wrote beside a number (``UID``), or ausearch in its place."""
    value = _one(native, name)
    if not value and not _one(native, name.lower()).lstrip("-").isdecimal():
        value = _one(native, name.lower())
    return "" if value in ("unset", "unknown") or value.startswith("unknown(") else value


def _network(ecs: Json, native: Json, call: str) -> None:
    side = "source" if call in _INBOUND else "destination"
    where, port = _one(native, "laddr"), _one(native, "lport")
    found = address(where) if where else None
    if found and (call in _INBOUND or call in _ADDRESSED or not call):
        ecs[f"{side}.ip"] = found
        if (at := number(port)) is not None and at < 65_536:
            ecs[f"{side}.port"] = at
        ecs["network.type"] = "ipv6" if ":" in found else "ipv4"
    for name in ("addr", "hostname"):
        peer = _one(native, name)
        if peer in ("", "?", "UNKNOWN"):
            continue
        known = address(peer)
        if known:
            ecs.setdefault("source.ip", known)
        elif name == "hostname":
            ecs.setdefault("source.domain", peer)


def _file(ecs: Json, paths: list[Json], cwd: str) -> None:
    """Name the file that the call was about: not a folder that only holds it."""
    about = [path for path in paths if path.get("nametype") not in ("PARENT", "UNKNOWN")]
    made = [path for path in about if path.get("nametype") == "CREATE"]
    path = (made or about or paths)[-1]
    name = path.get("name", "")
    if not name:
        return
    whole = name if name.startswith("/") or not cwd else normpath(join(cwd, name))
    ecs["file.path"] = whole
    ecs["file.name"] = whole.rpartition("/")[2]
    for field, target in (("inode", "file.inode"), ("ouid", "file.uid"), ("ogid", "file.gid"),
                          ("OUID", "file.owner"), ("OGID", "file.group")):  # fmt: skip
        if path.get(field):
            ecs[target] = path[field]
    mode = path.get("mode", "")
    if mode.isascii() and mode.isdigit():
        ecs["file.mode"] = mode[-4:]
    if made and ecs.get("event.category") == ["file"]:
        ecs["event.type"] = list(dict.fromkeys([*ecs["event.type"], "creation"]))


def _policy(ecs: Json, native: Json) -> None:
    """Tell what a security module refused, and of which file."""
    granted = _one(native, "seresult") == "granted" or _one(native, "apparmor") in (
        "ALLOWED", "AUDIT", "STATUS",
    )  # fmt: skip
    if granted:
        ecs["event.type"] = ["info" if _one(native, "apparmor") == "STATUS" else "allowed"]
        ecs.pop("event.outcome", None)
    path = _one(native, "path") or _one(native, "name")
    if path.startswith("/") and "file.path" not in ecs:
        ecs["file.path"] = path
        ecs["file.name"] = path.rpartition("/")[2]
    if profile := _one(native, "profile"):
        ecs["rule.name"] = profile
