r"""Events of Kaspersky Security Center in RFC 5424, with structured data ``event@23668``.

The program is the product and its version (``KES|11.0.0.0``), the message id the event type; the
message holds lines ``Name: value``, their ends written as ``\r\n``. Its CEF and LEEF exports, and
CEF of Kaspersky Industrial CyberSecurity for Networks, are read by the files of these formats.
Source: Kaspersky Security Center, online help, "About exporting events using Syslog format" and
"Exporting events to SIEM systems".
"""

import re

from pipeline.model import Json, TimeConfidence
from pipeline.normalize.domain_users import part_domains
from pipeline.normalize.ecs_schema import address, number
from pipeline.normalize.formats.syslog_header import LINE_ENDS
from pipeline.normalize.keyvalue import MOST_PAIRS
from pipeline.normalize.nature import categorise_code
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.placing import Placing
from pipeline.normalize.shown import parse_shown

NAME = "kaspersky"
ELEMENT = "[event@23668 "

_HEAD = re.compile(r"(?:([A-Za-z0-9]{1,16}\|[0-9.]{1,24}) (\S{1,128}) (\S{1,64}) )?\[event@23668 ")
_PARAM = re.compile(r'([^\s="\]]{1,32})="((?:[^"\\]|\\.)*+)"', flags=re.DOTALL)
_DATA = re.compile(r'(?:\s*[^\s="\]]{1,32}="(?:[^"\\]|\\.)*+")*+(?:[^\]]*\] ?)?', flags=re.DOTALL)
_ESCAPED = re.compile(r'\\(["\\\]])')
_LINE_END = re.compile(r"\\r\\n|\\n|\r?\n")
_LINE = re.compile(r"([^\W\d_][^:\n]{0,63}): ?(.*)", flags=re.DOTALL)
_INITIATOR = re.compile(r" ?\((?:Initiator|System user|Active user|Инициатор)[^()]*\)$")
_place = Placing({
    "et": ("event.action", "event.code"),
    "hdn": "host.hostname",
    "hip": "host.ip",
    "gn": "group.name",
    "kscfqdn": "observer.hostname",
    "User": "user.name",
    "Пользователь": "user.name",
    "Object": "file.path",
    "Объект": "file.path",
    "SHA256": "file.hash.sha256",
    "MD5": "file.hash.md5",
    "Name": "threat.software.name",
    "Имя": "threat.software.name",
    "Название": "threat.software.name",
    "Reason": "event.reason",
    "Причина": "event.reason",
    "Application": "process.name",
    "Программа": "process.name",
})  # fmt: skip
# Event types whose numbered parameters are known: parameter, ECS field.
_MALWARE = Placing(
    {"p1": "file.hash", "p2": "file.path", "p5": "threat.software.name", "p7": "user.name"}
)
_LAUNCH = Placing({"p6": "process.name", "p7": "process.executable"})
_ATTACK = Placing({"p1": "rule.name", "p4": "destination.port"})
_DENIED = re.compile(
    r"block|denied|delet|disinfect|terminat|заблок|запрещ|удал|вылеч|бұғат", re.IGNORECASE
)


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one record; a line without the structured data stays an event of its syslog header."""
    return parse_shown(record, context)


def read(text: str, notes: tuple[str, ...], _context: Context) -> Parsed | None:
    """Read what a header without priority, or data that breaks RFC 5424's grammar, leaves."""
    text = text.rstrip(LINE_ENDS)
    head = _HEAD.match(text)
    end = _DATA.match(text, head.end()) if head else None
    if head is None or end is None:
        return None
    fields = {
        name: _ESCAPED.sub(r"\1", value)
        for name, value in _PARAM.findall(text, head.end(), end.end())[:MOST_PAIRS]
    }
    return _read(fields, text[end.end() :], head[1] or "", head[3] or "", notes)


def read_data(fields: dict[str, str], message: str, header: Parsed, _context: Context) -> Parsed:
    """Read the structured data and the message of a whole RFC 5424 record."""
    syslog = header.ecs.get("log", {}).get("syslog", {})
    answer = _read(fields, message, syslog.get("appname", ""), syslog.get("msgid", ""), ())
    answer.ecs["log"] = {"level": header.ecs["log"]["level"]}
    answer.ecs["event"]["severity"] = header.ecs["event"]["severity"]
    header.ecs.pop("process", None)  # it names the product that saw it, not what ran
    return answer


def _read(
    fields: dict[str, str], message: str, program: str, code: str, notes: tuple[str, ...]
) -> Parsed:
    product, _, version = program.partition("|")
    event: Json = {"kind": "event", "dataset": "kaspersky.ksc", "module": "kaspersky"}
    observer: Json = {"vendor": "Kaspersky", "product": product or "Security Center"}
    if version:
        observer["version"] = version
    if code and "et" not in fields:
        event["code"] = event["action"] = code
    ecs: Json = {"event": event, "observer": observer}
    native: Json = {**fields}
    said = _lines(message)
    for name, value in said.items():
        native.setdefault(name, value)
    names = [*fields, *said]
    code = fields.get("et") or code
    categorise_code(ecs, code)
    _place_numbered(ecs, fields, code)
    _place(ecs, names, [*fields.values(), *said.values()])
    part_domains(ecs)
    if "://" in ecs.get("file", {}).get("path", ""):
        ecs["url"] = {"original": ecs.pop("file")["path"]}
    verdict = said.get("Result description") or said.get("Описание результата") or ""
    if (
        verdict
        and _DENIED.search(verdict[:128])
        and "type" in event
        and "denied" not in event["type"]
    ):
        event["type"] = (
            [*event["type"], "denied"] if "network" in event["category"] else event["type"]
        )
        event["outcome"] = "success"
    text = message or fields.get("etdn", "")
    if text:
        ecs["message"] = _LINE_END.sub("\n", text)
    return Parsed(NAME, "generic", None, TimeConfidence.RECEIVED, ecs, native, notes)


def _lines(message: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in _LINE_END.split(message, 64):
        match = _LINE.match(line)
        if match is not None:
            value = _INITIATOR.sub("", match[2].strip())
            found.setdefault(match[1], value)
    return found


def _place_numbered(ecs: Json, fields: dict[str, str], code: str) -> None:
    names, values = list(fields), list(fields.values())
    if code.startswith(("GNRL_EV_VIRUS", "GNRL_EV_OBJECT", "GNRL_EV_SUSPICIOUS")):
        _MALWARE(ecs, names, values)
    elif code.startswith("GNRL_EV_APPLICATION_LAUNCH"):
        _LAUNCH(ecs, names, values)
        checksum = fields.get("p8", "").rpartition(";")[2].lower()  # MD5;SHA256
        if len(checksum) == 64:
            ecs.setdefault("process", {}).setdefault("hash", {})["sha256"] = checksum
    elif code == "GNRL_EV_ATTACK_DETECTED":
        _ATTACK(ecs, names, values)
        protocol = fields.get("p2", "").lower()
        if protocol:
            ecs["network"] = {"transport": protocol}
        for side, name in (("source", "p3"), ("destination", "p6")):
            found = _dotted(fields.get(name, ""))
            if found:
                ecs.setdefault(side, {})["ip"] = found


def _dotted(said: str) -> str | None:
    """Give an IPv4 address that is written as one number, or as it is."""
    whole = number(said)
    if whole is None or not 0 < whole < 2**32:
        return address(said)
    return ".".join(str(whole >> shift & 255) for shift in (24, 16, 8, 0))
