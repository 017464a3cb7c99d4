"""Messages of Cisco's devices: ``%FACILITY-SEVERITY-MNEMONIC: text``, raw or in a syslog header.

IOS, IOS XE, IOS XR and NX-OS name a facility and a mnemonic, ASA, FTD, PIX and FWSM six digits. A
message that is not known keeps its code and its text.
Source: Cisco, "Configuring System Message Logs" (message format); the guides that
``pipeline/normalize/cisco`` names.
"""

import re

from pipeline.model import Json, TimeConfidence
from pipeline.normalize.cisco import read_asa, read_ftd, read_ios
from pipeline.normalize.completing import complete
from pipeline.normalize.formats.syslog_header import LINE_ENDS, SEVERITIES
from pipeline.normalize.keyvalue import pairs
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.shown import parse_shown

NAME = "cisco"

_CODE = re.compile(
    r"%(([A-Z][A-Z0-9_]{0,63})(?:-[A-Za-z0-9_]{1,63}){0,4}?-([0-7])-([A-Z0-9_]{1,63})) ?:(?: |$)"
)
_FIREWALLS = {"ASA": "cisco_asa.log", "PIX": "cisco_asa.log", "FWSM": "cisco_asa.log"}
_FIREWALL_SETS = frozenset({"cisco_asa.log", "cisco_ftd.log"})
_FEWEST_PAIRS = 2  # one "=" is found in any prose
_NEXUS = frozenset({
    "ACLLOG", "AUTHPRIV", "ETHPORT", "ETHPC", "FEX", "MODULE", "PLATFORM_NX", "VDC_MGR", "VPC",
    "VSHD", "VSHD_SYSLOG", "DAEMON", "LOCAL7", "FEATURE-MGR",
})  # fmt: skip


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one record; a line without a code stays an event of its syslog header."""
    return parse_shown(record, context)


def read(text: str, notes: tuple[str, ...], _context: Context) -> Parsed | None:
    """Read a text that begins with a code; None where it does not."""
    text = text.rstrip(LINE_ENDS)
    match = _CODE.match(text)
    if match is None:
        return None
    code, facility, severity, mnemonic = match.groups()
    dataset = _dataset(facility)
    level = int(severity)
    ecs: Json = {
        "event": {
            "kind": "event",
            "dataset": dataset,
            "module": dataset.partition(".")[0],
            "code": code,
            "severity": level,
        },
        "log": {"level": SEVERITIES[level]},
        "message": text,  # rules seek the code in the text
        "observer": {"vendor": "Cisco"},
    }
    native: Json = {"facility": facility, "severity": severity, "mnemonic": mnemonic}
    rest = text[match.end() :]
    if dataset in _FIREWALL_SETS:
        ecs["observer"]["type"] = "firewall"
        known = read_ftd(mnemonic, rest, ecs, native) or read_asa(mnemonic, rest, ecs, native)
    else:
        known = read_ios(facility, mnemonic, rest, ecs, native)
    if not known and len(vendor := pairs(rest)) >= _FEWEST_PAIRS:
        native |= vendor
        complete(ecs, vendor)
    return Parsed(NAME, "generic", None, TimeConfidence.RECEIVED, ecs, native, notes)


def _dataset(facility: str) -> str:
    if facility == "FTD":
        return "cisco_ftd.log"
    return _FIREWALLS.get(facility) or (
        "cisco_nexus.log" if facility in _NEXUS else "cisco_ios.log"
    )
