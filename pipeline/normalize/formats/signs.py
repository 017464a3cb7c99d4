"""How a text shows its format: by how it begins, raw or as the message of a syslog header.

A sign is a pattern that the text's beginning matches and that nothing else does. A format that has
a sign offers ``read(text, notes, context)`` beside ``parse``; an answer None means that the sign
was there and the rest was not, and the next reader is asked.
"""

import re
from collections.abc import Callable
from functools import cache, lru_cache
from importlib import import_module
from string import ascii_letters, ascii_uppercase, digits
from typing import TypeAlias

from pipeline.normalize.parsed import Context, Parsed, Refusal

TextReader: TypeAlias = Callable[[str, tuple[str, ...], Context], Parsed | Refusal | None]

_HERE = "pipeline.normalize.formats"
# Format: the sign. They are tried together; of several that fit the first counts.
SIGNS: dict[str, str] = {
    "onec_techlog": r"\d\d:\d\d\.\d{4,6}-\d{1,15},[A-Z][A-Z0-9_]{1,31},\d",
    "onec": r"(?:<\?xml[^<>]{0,200}\?>\s*)?(?:<v8e:EventLog[^<>]{0,2000}>\s*)?<v8e:Event[\s>]",
    "snare": r"(?:[^\s|#]{1,255}+(?:[\t|]|#011))?MSWinEventLog(?:[\t|;]|#011)",
    "windows_dhcp": r"\d{1,5},\d\d/\d\d/\d\d,\d\d:\d\d:\d\d,",
    "windows_dns": r"(?:\d{8}|\d{1,4}[-./]\d{1,2}[-./]\d{1,4}) \d{1,2}:\d\d:\d\d(?: [AaPp][Mm])? "
    r"[0-9A-Fa-f]{3,8} +(?:PACKET|EVENT|Note:)",
    "windows_xml": r"<Events?[\s>]|<\?xml[^<>]{0,200}\?>\s*<Events?[\s>]",
    "cef": r"CEF:\s?\d",
    "leef": r"LEEF:\s?\d",
    "fortigate": r"date=\d{4}-\d\d-\d\d[ ,]time=\d\d:\d\d:\d\d[ ,](?:devname|logver|eventtime|tz|"
    r'log_?id|devid|timestamp)=|(?:logver=\d+ |timestamp=\d+ |tz="[^" ]{1,8}" |'
    r"eventtime=\d{10,19} |"
    r'devname="?[^"=]{1,64}"? ){0,4}(?:devid="?F[A-Z]|logid="?\d{10}\b)',
    "check_point": r'\[[\w .-]{1,64}:"|\[\w{1,32}@1\.3\.6\.1\.4\.1\.2620[ \]]|time=\d{9,11}\|',
    "kaspersky": r"(?:[A-Za-z0-9]{1,16}+\|[0-9.]{1,24}+ \S{1,128}+ \S{1,64}+ )?\[event@23668 ",
    "palo_alto": r"\d{0,3},\d{4}/\d\d/\d\d \d\d:\d\d:\d\d,[^,]{0,32},[A-Z-]{3,20},",
    "mikrotik": r"(?:[^\s,:]{1,64}+: )?(?:account|async|backup|bfd|bgp|bridge|caps|certificate|"
    "container|"
    r"critical|ddns|dhcp|dns|dot1x|e-mail|error|event|firewall|gps|hotspot|info|interface|ipsec|"
    r"l2tp|"
    r"lte|manager|mpls|ntp|ospf|ovpn|ppp|pppoe|pptp|radius|raw|route|script|smb|snmp|ssh|sstp|stp|"
    r"system|tr069|ups|vrrp|warning|watchdog|web-proxy|wireguard|wireless)"
    r"(?:,!?[a-z0-9-]{2,16}){1,8}:? |"
    r"(?:[^\s:]{1,64}+ )?[\w-]{1,64}+: in:(?:\(unknown \d\)|[^\s,]{1,64}) out:",
    "cisco": r"%[A-Z][A-Z0-9_]{0,63}(?:-[A-Za-z0-9_]{1,63}){0,4}?-[0-7]-[A-Z0-9_]{1,63} ?:(?: |$)",
    "sonicwall": r"id=[^\s=]{1,64} sn=[0-9A-Fa-f-]{6,24} ",
    "netscaler": r"(?:\d{2,4}/\d\d/\d{2,4}:\d\d:\d\d:\d\d [^\n:]{0,300}?)?\d{1,3}-PPE-\d{1,3} ?:",
    "auditd": r"(?:node=\S{1,255} )?type=[A-Z0-9_\[\]]{1,48} msg=audit\(|"
    r"(?:\[ *\d{1,12}\.\d{1,9}\] ?)?audit: type=\d{4,5} (?:msg=)?audit\(",
    "zeek_tsv": r"\d{9,11}\.\d{6}\t",
    "journald": r"__CURSOR=",
    "web_access": r"(?:(?:\[[0-9A-Fa-f:]{2,45}\]|[\w.*-]{1,255}+)(?::\d{1,5})? )?"
    r"(?:[0-9A-Fa-f.:]{2,45}, ){0,8}+[\w.:%-]{1,255}+ "
    r"(?:- [^\[\]\"]{1,256}?|[^\s\"]{1,64} [^\s\[\"]{1,128}) "
    r"\[\d{1,2}/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] \"",
    "web_error": r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[[a-z]{2,8}\] \d+#\d+: |"
    r"\[[A-Z][a-z]{2} [A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d(?:\.\d{1,9})? "
    r"\d{4}\] \[",
    "squid": r"\d{9,11}\.\d{1,6} +-?\d{1,15} \S{1,255} [A-Z_]{3,64}/\d{3} ",
    "postgresql": r"[<\[]?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?(?: ?[A-Z][A-Za-z/_]{1,31}|"
    r" ?[+-]\d\d"
    r"(?::?\d\d)?)?[>\]]?(?:,(?:\"[^\"]{0,255}\"|[^,\"]{0,64}),(?:\"[^\"]{0,255}\"|[^,\"]{0,64})"
    r",\d+,|"
    r"[^\n]{0,512}?\b(?:LOG|ERROR|FATAL|PANIC|WARNING|NOTICE|INFO|DEBUG[1-5]?|DETAIL|HINT|"
    r"STATEMENT|"
    r"CONTEXT|QUERY|СООБЩЕНИЕ|ОШИБКА|ВАЖНО|ПАНИКА|ПРЕДУПРЕЖДЕНИЕ|ЗАМЕЧАНИЕ|ПОДРОБНОСТИ|ПОДСКАЗКА|"
    r"ОПЕРАТОР|КОНТЕКСТ|ИНФОРМАЦИЯ):  )",
    "program_line": r"\d{1,2}-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d\.\d{3} |\[\d{9,11}\] unbound\[\d|"
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} fail2ban\.|"
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} [A-Z]{4,5} +\[kea-|"
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{3})?(?: [+-]\d{4})? (?:\[\d{1,10}\] )?"
    r"(?:[0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4} |H=\S+ |[a-z_0-9]{2,64} authenticator "
    r"failed )|"
    r"(?:[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) "
    r"(?:\[pid \d{1,10}\] |(?:us=\d+ )?(?:[^\s/\[\]]{1,256}/)?(?:\[AF_INET6?\])?"
    r"[0-9A-Fa-f.:\[\]]{4,48}:\d{1,5} )",
}

# With which ASCII characters texts of a sign begin, where these are few: others are not tried.
BEGINNINGS: dict[str, str] = {
    "onec_techlog": digits,
    "onec": "<",
    "windows_dhcp": digits,
    "windows_dns": digits,
    "windows_xml": "<",
    "cef": "C",
    "leef": "L",
    "fortigate": "delt",
    "check_point": "[t",
    "kaspersky": f"[{ascii_letters}{digits}",
    "palo_alto": f",{digits}",
    "cisco": "%",
    "sonicwall": "i",
    "netscaler": digits,
    "auditd": "[ant",
    "zeek_tsv": digits,
    "journald": "_",
    "web_error": f"[{digits}",
    "squid": digits,
    "postgresql": f"<[{digits}",
    "program_line": f"[{ascii_uppercase}{digits}",
}

# Format of rows: what their header holds; the first that fits counts.
HEADERS: dict[str, re.Pattern[bytes]] = {
    "zeek_tsv": re.compile(rb"^#(?:separator|fields\t)", re.MULTILINE),
    "exchange": re.compile(rb"^#Fields:[^\n]*,", re.MULTILINE | re.IGNORECASE),
    "w3c": re.compile(rb"^#Fields:", re.MULTILINE | re.IGNORECASE),
    # Windows writes the prose in its own language; the protocol's name stands in all.
    "windows_dhcp": re.compile(rb"^\W*ID,Date,Time,Description,IP|\A[^\n]*DHCP", re.MULTILINE),
    "windows_dns": re.compile(rb"DNS Server log file|Message logging key"),
}

_PRIORITY = re.compile(r"<\d{1,3}>")


@cache
def _pattern(first: str) -> re.Pattern[str]:
    """Give the signs of texts that begin with an ASCII character; "": of any other texts."""
    signs = (
        f"(?P<{name}>{sign})"
        for name, sign in SIGNS.items()
        if not first or first in BEGINNINGS.get(name, first)
    )
    return re.compile("|".join(signs) or "(?!)")


@cache
def _reader(name: str) -> TextReader:
    found: TextReader = import_module(f"{_HERE}.{name}").read
    return found


@lru_cache(maxsize=256)
def format_headed(preamble: bytes) -> str:
    """Give the format of rows that have this header; a header of no other kind is CSV's."""
    found = next((name for name, sign in HEADERS.items() if sign.search(preamble)), "csv_rows")
    return found if preamble else ""


def format_shown(text: str, preamble: bytes = b"") -> str:
    """Give the format whose sign stands at a text's beginning, or in the header of its rows.

    "" where none does. A row that a relay sends stands behind a syslog priority, in the message.
    """
    if preamble and not _PRIORITY.match(text):
        return format_headed(preamble)
    if text[:1] == "<" and text[1:2].isdecimal():  # a syslog priority, of which no sign begins
        return ""
    first = text[:1]
    match = _pattern(first if first.isascii() else "").match(text)
    return (match.lastgroup or "") if match else ""


def read_shown(text: str, notes: tuple[str, ...], context: Context) -> Parsed | Refusal | None:
    """Read a text in the format that it or its header shows; None where neither shows any."""
    name = format_shown(text, context.preamble)
    return _reader(name)(text, notes, context) if name else None
