"""What a program's message tells."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.model import Json
from pipeline.normalize.ecs_schema import address, fitting, number

MOST_CHARACTERS = 8192  # of a message that patterns are tried on: prose is short


@dataclass(frozen=True, slots=True)
class Told:
    """``event`` holds fields of ``event.*``, ``fields`` other ECS fields by dotted name."""

    event: Json
    fields: Json = field(default_factory=dict)
    native: Json = field(default_factory=dict)


def told(
    action: str,
    category: str,
    kinds: str,
    outcome: str = "",
    dataset: str = "system.auth",
) -> Json:
    """Give ``event.*`` of something that a program says; ``kinds`` parted by blanks."""
    event: Json = {"action": action, "dataset": dataset}
    if category:
        event |= {"category": category.split(), "type": kinds.split()}
    if outcome:
        event["outcome"] = outcome
    module = dataset.partition(".")[0]
    return event if module == "system" else {**event, "module": module}


def authentication(action: str, outcome: str, kind: str = "start") -> Json:
    """Give ``event.*`` of an attempt to prove an identity."""
    return told(action, "authentication", kind, outcome)


def session(action: str, kind: str) -> Json:
    """Give ``event.*`` of a session that begins or ends (``start``, ``end``)."""
    return told(action, "session", kind, "success")


def party(text: str, side: str = "source") -> Json:
    """Give where a party is: ``source.ip``, or ``source.domain`` for a name."""
    text = text.strip("[]<>()'\"")
    found = address(text)
    if found:
        return {f"{side}.ip": found}
    return {f"{side}.domain": text} if text and text not in ("-", "?", "unknown", "UNKNOWN") else {}


# Names of a pattern's groups: the ECS field that each fills. Any other is the program's own.
_TEXTS = {
    "user": "user.name",
    "uid": "user.id",
    "target": "user.target.name",
    "effective": "user.effective.name",
    "new_name": "user.changes.name",
    "group": "group.name",
    "gid": "group.id",
    "reason": "event.reason",
    "code": "event.code",
    "command": "process.command_line",
    "path": "file.path",
    "cwd": "process.working_directory",
    "service": "service.name",
    "device": "observer.ingress.interface.name",
    "rule": "rule.name",
    "agent": "user_agent.original",
    "question": "dns.question.name",
    "qtype": "dns.question.type",
    "qclass": "dns.question.class",
    "rcode": "dns.response_code",
    "dns_id": "dns.id",
    "sender": "email.from.address",
    "recipient": "email.to.address",
    "subject": "email.subject",
    "message_id": "email.message_id",
    "queue_id": "email.local_id",
    "mac": "source.mac",
}
_NUMBERS = {
    "port": "source.port",
    "dst_port": "destination.port",
    "pid": "process.pid",
    "received": "source.bytes",
    "sent": "destination.bytes",
    "size": "file.size",
}
_PARTIES = {"peer": "source", "dst": "destination", "client": "client"}


def mac(text: str) -> str:
    """Give a hardware address as ECS writes it: capitals, parted by hyphens (RFC 7042, 2.1)."""
    return text.upper().replace(":", "-")


@dataclass(frozen=True, slots=True)
class Saying:
    """One thing that a program says: a pattern of its whole message, and what that means.

    Groups fill ECS by their names; ``always`` fields are set beside them.
    """

    pattern: re.Pattern[str]
    event: Json
    always: Json = field(default_factory=dict)

    def __call__(self, match: re.Match[str]) -> Told:
        """Give what a message that fits tells."""
        event, fields, native = dict(self.event), dict(self.always), {}
        for name, value in match.groupdict().items():
            if value is None or value == "":
                continue
            if name in _PARTIES:
                fields |= party(value, _PARTIES[name])
            elif name in _NUMBERS:
                found = number(value)
                if found is not None and 0 <= found < (65_536 if "port" in name else 2**63):
                    fields[_NUMBERS[name]] = found
            elif name in _TEXTS:
                path = _TEXTS[name]
                if path.startswith("event."):
                    event[path.removeprefix("event.")] = value
                else:
                    fields[path] = fitting(path, mac(value) if name == "mac" else value)
            else:
                native[name] = value
        return Told(event, fields, native)


def saying(pattern: str, event: Json, **always: object) -> Saying:
    """Make a saying; a name of ``always`` is an ECS field with ``__`` for its dots."""
    fields = {name.replace("__", "."): value for name, value in always.items()}
    return Saying(re.compile(pattern, re.DOTALL), event, fields)


def first_said(sayings: Sequence[Saying], message: str) -> Told | None:
    """Give what the first saying that fits tells; None where none does."""
    if len(message) > MOST_CHARACTERS:
        return None
    for one in sayings:
        match = one.pattern.fullmatch(message)
        if match is not None:
            return one(match)
    return None
