"""Rows of the audit log of Microsoft's DHCP server, for IPv4 and IPv6.

A row shows itself; its header names the columns where Windows writes it in English, else their
documented order does. Date and time are the server's local ones.
Source: Microsoft, "Analyze DHCP server log files" (fields, event ids 00 to 36, 50 and above);
"DHCPv6 server log event codes".
"""

import re
from functools import lru_cache

from pipeline.model import FailureCode, Json, TimeConfidence
from pipeline.normalize.columns import cells, distinct
from pipeline.normalize.ecs_schema import address
from pipeline.normalize.formats.syslog_header import LINE_ENDS
from pipeline.normalize.moments import moment
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.text import decode
from pipeline.normalize.tree import put

NAME = "windows_dhcp"
_ROW = re.compile(r"(\d{1,5}),(\d\d)/(\d\d)/(\d\d),(\d\d:\d\d:\d\d),")
_FIRST_OF_IPV6 = 11_000
_NAMES = (
    "ID", "Date", "Time", "Description", "IP Address", "Host Name", "MAC Address", "User Name",
    "TransactionID", "QResult", "Probationtime", "CorrelationID", "Dhcid", "VendorClass(Hex)",
    "VendorClass(ASCII)", "UserClass(Hex)", "UserClass(ASCII)", "RelayAgentInformation",
    "DnsRegError",
)  # fmt: skip
_NAMES_OF_IPV6 = (
    "ID", "Date", "Time", "Description", "IPv6 Address", "Host Name", "Error Code", "Duid Length",
    "Duid Bytes(Hex)", "User Name", "Dhcid", "Subnet Prefix",
)  # fmt: skip
# Event id: action, event.type, outcome ("" where the event tells of none).
_EVENTS = {
    0: ("log-start", "start", ""), 1: ("log-stop", "end", ""), 2: ("log-pause", "info", "failure"),
    10: ("dhcp-new", "start", "success"), 11: ("dhcp-renew", "info", "success"),
    12: ("dhcp-release", "end", "success"), 13: ("dhcp-conflict", "error", "failure"),
    14: ("dhcp-exhausted", "error", "failure"), 15: ("dhcp-deny", "denied", "failure"),
    16: ("dhcp-delete", "end", "success"), 17: ("dhcp-expire", "end", "success"),
    18: ("dhcp-expire", "end", "success"), 20: ("bootp-new", "start", "success"),
    21: ("bootp-new", "start", "success"), 22: ("bootp-exhausted", "error", "failure"),
    23: ("bootp-delete", "end", "success"), 24: ("cleanup-begin", "info", ""),
    25: ("cleanup-end", "info", ""), 30: ("dns-update-request", "info", ""),
    31: ("dns-update", "error", "failure"), 32: ("dns-update", "info", "success"),
    33: ("dhcp-drop", "denied", "failure"), 34: ("dns-update", "error", "failure"),
    35: ("dns-update", "error", "failure"), 36: ("dhcp-drop", "info", ""),
    51: ("authorization", "info", "success"), 53: ("authorization", "info", "success"),
    54: ("authorization", "error", "failure"), 55: ("authorization", "info", "success"),
    56: ("authorization", "error", "failure"),
    11_000: ("dhcpv6-solicit", "info", ""), 11_001: ("dhcpv6-advertise", "info", ""),
    11_002: ("dhcpv6-request", "info", ""), 11_003: ("dhcpv6-confirm", "info", ""),
    11_004: ("dhcpv6-renew", "info", "success"), 11_005: ("dhcpv6-rebind", "info", ""),
    11_006: ("dhcpv6-decline", "error", "failure"), 11_007: ("dhcpv6-release", "end", "success"),
    11_008: ("dhcpv6-information-request", "info", ""),
    11_009: ("dhcpv6-exhausted", "error", "failure"), 11_010: ("log-start", "start", ""),
    11_011: ("log-stop", "end", ""), 11_012: ("log-pause", "info", "failure"),
    11_014: ("dhcpv6-conflict", "error", "failure"),
    11_015: ("dhcpv6-conflict", "error", "failure"),
    11_016: ("dhcpv6-delete", "end", "success"), 11_018: ("dhcpv6-expire", "end", "success"),
    11_020: ("cleanup-begin", "info", ""), 11_021: ("cleanup-end", "info", ""),
    11_022: ("dns-update-request", "info", ""), 11_023: ("dns-update", "error", "failure"),
    11_024: ("dns-update", "info", "success"), 11_028: ("dns-update", "error", "failure"),
    11_029: ("dns-update", "error", "failure"),
}  # fmt: skip
_ROGUE = ("rogue-detection", "info", "")  # 50 and above
_OTHER = ("dhcp-event", "info", "")
_NO_ROW = Refusal(
    FailureCode.SYNTAX,
    "is no row of a DHCP server's log: it begins with no event id, date and time; check what this "
    "source sends",
)


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one row."""
    found = decode(record)
    if isinstance(found, Refusal):
        return found
    text, notes = found
    return read(text.lstrip("\ufeff \t\r\n\x00"), notes, context) or _NO_ROW


def read(text: str, notes: tuple[str, ...], context: Context) -> Parsed | Refusal | None:
    """Read a text that begins as a row does; None where it does not."""
    match = _ROW.match(text)
    if match is None:
        return None
    code, month, day, year, time = match.groups()
    number = int(code)
    row = cells(text.rstrip(LINE_ENDS), ",")
    names = _names(context.preamble, ipv6=number >= _FIRST_OF_IPV6)
    native: Json = {name: cell for name, cell in zip(names, row, strict=False) if cell.strip()}
    action, kind, outcome = _EVENTS.get(number, _ROGUE if 50 <= number < 100 else _OTHER)
    event: Json = {
        "kind": "event",
        "dataset": "microsoft_dhcp.log",
        "module": "microsoft_dhcp",
        "code": code,
        "action": action,
        "category": ["network"],
        "type": [kind],
    }
    if outcome:
        event["outcome"] = outcome
    ecs: Json = {"event": event, "network": {"protocol": "dhcp"}}
    _read_client(ecs, native)
    at, confidence = moment(f"20{year}-{month}-{day} {time}", context.zone) or (
        None,
        TimeConfidence.RECEIVED,
    )
    return Parsed(NAME, "generic", at, confidence, ecs, native, notes)


@lru_cache(maxsize=64)
def _names(preamble: bytes, *, ipv6: bool) -> tuple[str, ...]:
    """Give the columns' names as the header's last line has them in English, else as documented."""
    found = decode(preamble)
    line = found[0].rpartition("\n")[2] if isinstance(found, tuple) else ""
    if not line.startswith("ID,Date,Time"):
        return _NAMES_OF_IPV6 if ipv6 else _NAMES
    return distinct([name.strip(" .\r") for name in line.split(",")])


def _read_client(ecs: Json, native: Json) -> None:
    get = native.get
    client: Json = {}
    at = address(str(get("IP Address") or get("IPv6 Address") or ""))
    if at is not None:
        client |= {"ip": at, "address": at}
    digits = str(get("MAC Address", "")).replace("-", "").replace(":", "").upper()
    if len(digits) == 12 and digits.isalnum():
        client["mac"] = "-".join(digits[start : start + 2] for start in range(0, 12, 2))
    if get("Host Name"):
        client["domain"] = str(get("Host Name")).rstrip(".")
    if client:
        ecs["client"] = client
        ecs["source"] = dict(client)
    if get("User Name"):
        put(ecs, "user.name", get("User Name"))
    if get("Description"):
        put(ecs, "message", get("Description"))
    if get("Error Code") not in (None, "0") or get("DnsRegError") not in (None, "0"):
        put(ecs, "error.code", str(get("Error Code") or get("DnsRegError")))
