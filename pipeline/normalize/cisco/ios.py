# ruff: noqa: E501 (a message a line, as the vendor's guide lists them)
"""Messages of IOS, IOS XE and NX-OS, by facility and mnemonic.

Source: Cisco, "System Message Guide for Cisco IOS" (SEC_LOGIN, SYS, PARSER, SEC, LINK, LINEPROTO,
SSH, DOT1X, AUTHMGR, PORT_SECURITY); "Cisco NX-OS System Messages Reference" (AUTHPRIV, VSHD, ACLLOG).
"""

import re
from collections.abc import Mapping
from functools import cache

from pipeline.model import Json
from pipeline.normalize.cisco.said import Wording, wording

_AUTH = "authentication"
_LOGIN = r"[Ll]ogin \w+:? \[user: ?(?P<user>[^\]]*)\] \[Source: ?(?P<s>[^\]]*)\](?: \[localport: ?(?P<dp>\d+)\])?(?: \[Reason: ?(?P<reason>[^\]]*)\])?"
# IOS XE puts the place in the chassis before, IOS XR says access-list, permit and deny.
_LIST = r"(?: *[\w/.-]{1,32}+: +){0,2}+(?:access-)?list (?P<acl>\S+) (?P<verdict>permitted|denied|permit|deny) "
_PACKETS = r",? ?(?P<packets>\d+) packets?"
_MAC_IN = r"(?: ?\((?P<si>[^\s)]+)(?: (?P<mac>[0-9a-fA-F.]{14}))?[^)]*\))?"
_PORTS = (
    _LIST
    + r"<proto> (?:(?:[0-9a-fA-F]{2}[-:]){5}[0-9a-fA-F]{2} )?(?P<s>[^\s(]+)\((?P<sp>\d+)\)"
    + _MAC_IN
    + r"(?: (?P<interface>[A-Za-z][\w/.]+))? ?-> ?(?P<d>[^\s(]+)\((?P<dp>\d+)\)"
    + _PACKETS
)
_NO_PORTS = (
    _LIST + r"<proto> (?P<s>[^\s(]+)" + _MAC_IN
    + r" -> (?P<d>[^\s,(]+)(?: \((?P<icmp_type>\d+)(?:/(?P<icmp_code>\d+))?\))?"
    + _PACKETS
)  # fmt: skip
_RULE = ("firewall-rule", "network", "connection")
_FROM = r"(?: by (?:(?P<line>(?:vty|tty|con)\d+|console)\b|(?P<user>\S+)))?(?: on (?P<terminal>\S+))?(?: \(?(?P<s>[0-9a-fA-F.:]{3,45})\)?)?"
_CONFIGURED = ("configuration-changed", "configuration", "change")

_MESSAGES: Mapping[str, tuple[str, ...]] = {
    "SEC_LOGIN-LOGIN_FAILED": (_LOGIN, "logon", _AUTH, "start", "failure"),
    "SEC_LOGIN-LOGIN_SUCCESS": (_LOGIN, "logon", _AUTH, "start", "success"),
    "SEC_LOGIN-WEBLOGIN_SUCCESS": (_LOGIN, "logon", _AUTH, "start", "success"),
    "SEC_LOGIN-WEBLOGIN_FAILED": (_LOGIN, "logon", _AUTH, "start", "failure"),
    "SEC_LOGIN-QUIET_MODE_ON": (r".*\[user: ?(?P<user>[^\]]*)\] \[Source: ?(?P<s>[^\]]*)\] \[localport: ?(?P<dp>\d+)\](?: \[Reason: ?(?P<reason>[^\]]*)\])?", "quiet-mode", f"{_AUTH} intrusion_detection", "info"),
    "SYS-CONFIG_I": (rf"Configured from (?P<object>\S+){_FROM}", *_CONFIGURED),
    "SYS-CONFIG_P": (r"Configured programmatically by process (?P<object>.+?) from (?P<rest>\S+) as (?P<user>\S+)(?: on (?P<line>\S+))?", *_CONFIGURED),
    "SYS-LOGOUT": (r"User (?P<user>\S+) has exited tty session (?P<line>\d+)(?: ?\((?P<s>[^)]*)\))?", "logoff", _AUTH, "end"),
    "SYS-PRIV_AUTH_FAIL": (rf"Authentication to Privilege level (?P<privilege>\d+) failed{_FROM}", "privilege", _AUTH, "start", "failure"),
    "SYS-PRIV_AUTH_PASS": (rf"Privilege level set to (?P<privilege>\d+){_FROM}", "privilege", _AUTH, "start", "success"),
    "SYS-RESTART": (r"System restarted", "restarted", "host", "start"),
    "SYS-RELOAD": (r"Reload requested(?: by (?P<user>\S+?))?(?: on (?P<line>\S+?))?(?: from (?P<s>[0-9a-fA-F.:]+))?\. Reload [Rr]eason: (?P<reason>.*?)\.?$", "reload", "host", "end"),
    "PARSER-CFGLOG_LOGGEDCMD": (r"User: ?(?P<user>\S+) +logged command: ?(?P<command>.*)", "command-executed", "configuration process", "change start"),
    "IPS-SIGNATURE": (r"Sig:(?P<number>\d+) Subsig:(?P<object>\d+) Sev:(?P<level>\d+) (?P<name>.*?) \[(?P<s>[^\s\]]+):(?P<sp>\d+) -> (?P<d>[^\s\]]+):(?P<dp>\d+)\]", "ips-signature", "network intrusion_detection", "info"),
    "LINK-UPDOWN": (r"Interface (?P<interface>\S+), changed state to (?P<state>.*)", "interface-state", "network", "info"),
    "LINK-CHANGED": (r"Interface (?P<interface>\S+), changed state to (?P<state>.*)", "interface-state", "network", "info"),
    "LINEPROTO-UPDOWN": (r"Line protocol on Interface (?P<interface>\S+), changed state to (?P<state>.*)", "interface-state", "network", "info"),
    "FW-SESS_AUDIT_TRAIL": (r".*?:(?P<state>Start|Stop) <proto> session: initiator \((?P<s>[^\s)]+):(?P<sp>\d+)\)(?: sent (?P<received>\d+) bytes)? -- responder \((?P<d>[^\s)]+):(?P<dp>\d+)\)(?: sent (?P<sent>\d+) bytes)?", "firewall-session", "network", "connection"),
    "FW-SESS_AUDIT_TRAIL_START": (r".*?:(?P<state>Start|Stop) <proto> session: initiator \((?P<s>[^\s)]+):(?P<sp>\d+)\) -- responder \((?P<d>[^\s)]+):(?P<dp>\d+)\)", "firewall-session", "network", "connection start"),
    "FW-DROP_PKT": (r"Dropping <proto> (?:pkt|session|packet)(?: from (?P<interface>\S+))? (?P<s>[^\s(]+):(?P<sp>\d+) => (?P<d>[^\s(]+):(?P<dp>\d+)\s?\(target:class\)-\([^)]*\) +due to +(?P<reason>.*?)(?: with ip ident .*)?$", "firewall-rule", "network", "connection denied"),
    "SSH-SSH2_SESSION": (r"SSH2 Session request from (?P<s>\S+) \(tty = (?P<line>\d+)\) using (?P<rest>.*) (?P<state>Succeeded|Failed)$", "ssh-session", "session network", "start"),
    "SSH-SSH2_USERAUTH": (r"User '(?P<user>[^']*)' authentication for SSH2 Session from (?P<s>\S+) \(tty = (?P<line>\d+)\) using (?P<rest>.*) (?P<state>Succeeded|Failed)$", "logon", _AUTH, "start"),
    "SSH-SSH2_CLOSE": (r"SSH2 Session from (?P<s>\S+) \(tty = (?P<line>\d+)\) for user '(?P<user>[^']*)' (?P<rest>.*)", "ssh-session-ended", "session network", "end"),
    "AUTHMGR-START": (r"Starting '(?P<kind>[^']*)' for client \((?P<mac>[^)]*)\) on Interface (?P<interface>\S+)", "port-authentication", _AUTH, "info"),
    "AUTHMGR-SUCCESS": (r"Authorization succeeded for client \((?P<mac>[^)]*)\) on Interface (?P<interface>\S+)", "port-authentication", _AUTH, "start", "success"),
    "AUTHMGR-FAIL": (r"Authorization failed(?: or unapplied)? for client \((?P<mac>[^)]*)\) on Interface (?P<interface>[^\s.]+)", "port-authentication", _AUTH, "start", "failure"),
    "DOT1X-FAIL": (r"Authentication failed for client \((?P<mac>[^)]*)\)(?: with reason \((?P<reason>.*?)\))? on Interface (?P<interface>\S+)", "port-authentication", _AUTH, "start", "failure"),
    "DOT1X-SUCCESS": (r"Authentication successful for client \((?P<mac>[^)]*)\) on Interface (?P<interface>\S+)", "port-authentication", _AUTH, "start", "success"),
    "MAB-FAIL": (r"Authentication failed for client \((?P<mac>[^)]*)\) on Interface (?P<interface>\S+)", "port-authentication", _AUTH, "start", "failure"),
    "PORT_SECURITY-PSECURE_VIOLATION": (r"Security violation occurred, caused by MAC address (?P<mac>[0-9a-fA-F.:-]+?) on port (?P<interface>\S+?)\.?$", "port-security", "network intrusion_detection", "denied"),
    "VSHD-VSHD_SYSLOG_CONFIG_I": (r"Configured from (?P<object>\S+) by (?P<user>\S+)(?: on (?P<s>[^\s@]+))?(?:@(?P<line>\S+))?", *_CONFIGURED),
    "AUTHPRIV-SYSTEM_MSG": (r"pam_aaa: ?Authentication failed for user (?P<user>\S+) from (?P<s>\S+)", "logon", _AUTH, "start", "failure"),
    "ACLLOG-ACLLOG_NEW_FLOW": (r".*?Src(?:ination)? IP: (?P<s>[^\s,]+), Dst(?:ination)? IP: (?P<d>[^\s,]+), Src Port: (?P<sp>\d+), Dst Port: (?P<dp>\d+), Src Intf: (?P<si>[^\s,]+), Protocol: \"?(?P<proto>\w+)", *_RULE),
    "ACLLOG-ACLLOG_FLOW_INTERVAL": (r".*?Src(?:ination)? IP: (?P<s>[^\s,]+), Dst(?:ination)? IP: (?P<d>[^\s,]+), Src Port: (?P<sp>\d+), Dst Port: (?P<dp>\d+), Src Intf: (?P<si>[^\s,]+), Protocol: \"?(?P<proto>\w+)", *_RULE),
}  # fmt: skip
# Every platform names its access lists' messages in its own way: what follows "ACCESSLOG" tells.
_ACCESS_LISTS: Mapping[str, tuple[str, ...]] = {
    "P": (_PORTS, *_RULE),
    "SP": (_NO_PORTS, *_RULE),
    "DP": (_NO_PORTS, *_RULE),
    "RP": (_NO_PORTS, *_RULE),
    "NP": (_NO_PORTS, *_RULE),
    "S": (_LIST + r"(?P<s>\S+?)" + _PACKETS, *_RULE),
}
_INSIDE = re.compile(r".{0,256}?%([A-Z][A-Z0-9_]{0,63})-[0-7]-([A-Z0-9_]{1,63}): ", re.DOTALL)
_VERDICTS = {"permitted": "allowed", "permit": "allowed", "denied": "denied", "deny": "denied"}
_OUTCOMES = {"Succeeded": "success", "Failed": "failure"}


def read_ios(facility: str, mnemonic: str, text: str, ecs: Json, native: Json) -> bool:
    """Fill what a message says; False where it is unknown or worded otherwise."""
    if (facility, mnemonic) == ("IOSXE", "PLATFORM") and (inside := _INSIDE.match(text)):
        facility, mnemonic, text = inside[1], inside[2], text[inside.end() :]
    found = wordings().get(f"{facility}-{mnemonic}") or _access_list(mnemonic)
    if found is None or not found(text, ecs, native):
        return False
    event = ecs["event"]
    event.update(found.event)
    said = _VERDICTS.get(native.get("verdict", ""))
    if said:
        event["type"] = [*event["type"], said]
    outcome = _OUTCOMES.get(native.get("state", ""))
    if outcome:
        event["outcome"] = outcome
    return True


def _access_list(mnemonic: str) -> Wording | None:
    _, said, kind = mnemonic.partition("ACCESSLOG")
    return wordings().get(f"ACCESSLOG-{kind}") if said else None


@cache
def wordings() -> dict[str, Wording]:
    """Give the messages by number or by chapter, or by facility and mnemonic."""
    made = {name: wording(*said) for name, said in _MESSAGES.items()}
    return made | {f"ACCESSLOG-{kind}": wording(*said) for kind, said in _ACCESS_LISTS.items()}
