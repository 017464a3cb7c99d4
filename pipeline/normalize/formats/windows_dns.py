"""Records of the debug log of Microsoft's DNS server: packets and what else happened.

A record is its row; details of a packet that follow it stay with it and fill what the row lacks.
Dates are in the layout of the server's region and local: ``m/d/yyyy`` with AM and PM, ``yyyymmdd``,
``dd.mm.yyyy``, ``yyyy-mm-dd``; of slashes without AM or PM the day is first.
Source: Microsoft, DNS server debug log, "Message logging key" in the log's own head; RFC 1035,
section 4.1.1 (flags).
"""

import re
from functools import lru_cache

from pipeline.model import FailureCode, Json, TimeConfidence
from pipeline.normalize.ecs_schema import address, number
from pipeline.normalize.moments import Moment, moment
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.text import decode
from pipeline.normalize.tree import put

NAME = "windows_dns"
_ROW = re.compile(
    r"(?:(\d{4})(\d\d)(\d\d)|(\d{1,4})([-./])(\d{1,2})\5(\d{1,4})) "
    r"(\d{1,2}):(\d\d):(\d\d)(?: ([AaPp])[Mm])? ([0-9A-Fa-f]{3,8}) +([A-Za-z]\w{0,31}):?(?=\s|$)"
)
_PACKET = re.compile(
    r"\s*(?:([0-9A-Fa-f]{8,16}) )?(UDP|TCP) (Rcv|Snd) (\S+)\s+([0-9A-Fa-f]{4}) ([R ]) ?([QNU?]) "
    r"\[([0-9A-Fa-f]{4})([ ATDR]{0,12}?) +([A-Za-z0-9]+)\] ?(\S+)? *([^\r\n]*)"
)
_LABEL = re.compile(r"\((\d{1,3})\)")
_PORT = re.compile(r"Remote addr \S+, port (\d{1,5})")
_OPCODES = {"Q": "QUERY", "N": "NOTIFY", "U": "UPDATE"}
_FLAGS = {"A": "AA", "T": "TC", "D": "RD", "R": "RA"}
_PACKET_NAMES = (
    "PacketID", "Protocol", "Direction", "RemoteIP", "Xid", "QR", "Opcode", "FlagsHex", "FlagsChar",
    "ResponseCode", "QuestionType", "QuestionName",
)  # fmt: skip
_MOST_MESSAGE = 8192
_NO_ROW = Refusal(
    FailureCode.SYNTAX,
    "is no record of a DNS server's debug log: it begins with no date, time and thread; send the "
    "file itself, so that details stay with their packet",
)


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one record."""
    found = decode(record)
    if isinstance(found, Refusal):
        return found
    text, notes = found
    return read(text.lstrip("\ufeff \t\r\n\x00"), notes, context) or _NO_ROW


def read(text: str, notes: tuple[str, ...], context: Context) -> Parsed | Refusal | None:
    """Read a text that begins as a record does; None where it does not."""
    match = _ROW.match(text)
    if match is None:
        return None
    kind = match[13]
    row, _, details = text[match.end() :].partition("\n")
    native: Json = {"ThreadID": match[12], "Context": kind}
    event: Json = {
        "kind": "event",
        "dataset": "microsoft_dnsserver.debug",
        "module": "microsoft_dnsserver",
        "category": ["network"],
        "type": ["info"],
    }
    ecs: Json = {"event": event, "network": {"protocol": "dns"}}
    packet = _PACKET.match(row) if kind == "PACKET" else None
    if packet is not None:
        _read_packet(ecs, native, packet)
        port = number(found[1]) if (found := _PORT.search(details, 0, 512)) else None
        if port is not None and port < 65_536:
            put(ecs, f"{'source' if packet[3] == 'Rcv' else 'destination'}.port", port)
    else:
        event["action"] = f"dns-{kind.lower()}"
        put(ecs, "message", row.strip()[:_MOST_MESSAGE] or kind)
    if details.strip():
        native["Details"] = details.strip("\r\n")
    at, confidence = _time(match, context) or (None, TimeConfidence.RECEIVED)
    return Parsed(NAME, "generic", at, confidence, ecs, native, notes)


def _read_packet(ecs: Json, native: Json, packet: re.Match[str]) -> None:
    native |= {
        name: value.strip()
        for name, value in zip(_PACKET_NAMES, packet.groups(), strict=True)
        if value is not None and value.strip()
    }
    response = packet[6] == "R"
    receives = packet[3] == "Rcv"
    ecs["event"] |= {
        "action": "dns-response" if response else "dns-query",
        "type": ["protocol", "info"],
    }
    code = packet[10].upper()
    if response:
        ecs["event"]["outcome"] = "success" if code == "NOERROR" else "failure"
    remote = address(packet[4])
    if remote is not None:
        put(ecs, f"{'source' if receives else 'destination'}.ip", remote)
    ecs["network"] |= {
        "transport": packet[2].lower(),
        "direction": "inbound" if receives else "outbound",
    }
    dns: Json = {
        "type": "answer" if response else "query",
        "id": packet[5],
        "response_code": code,
        "header_flags": [_FLAGS[flag] for flag in packet[9] if flag in _FLAGS],
    }
    if packet[7] in _OPCODES:
        dns["op_code"] = _OPCODES[packet[7]]
    question = {"type": packet[11] or "", "name": _domain_name(packet[12].strip())}
    dns["question"] = {name: value for name, value in question.items() if value}
    ecs["dns"] = {name: value for name, value in dns.items() if value}


@lru_cache(maxsize=8192)
def _domain_name(text: str) -> str:
    """Read ``(3)www(7)example(2)kz(0)``: the lengths in brackets stand for the points."""
    return _LABEL.sub(".", text).strip(".") if "(" in text else text


def _time(match: re.Match[str], context: Context) -> Moment | None:
    year, month, day, first, mark, second, third = match.groups()[:7]
    half = (match[11] or "").lower()
    if year is None:
        if len(first) == 4:
            year, month, day = first, second, third
        elif mark == "/" and half and int(first) <= 12:
            month, day, year = first, second, third
        else:
            day, month, year = first, second, third
        if len(year) == 2:
            year = f"20{year}"
        if int(month) > 12:
            month, day = day, month
    hour = int(match[8])
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return moment(
        f"{year}-{int(month):02}-{int(day):02} {hour:02}:{match[9]}:{match[10]}", context.zone
    )
