# ruff: noqa: E501 (a message a line, as the vendor's guide lists them)
"""Messages of ASA, and of the same engine in FTD, PIX and FWSM, by their six digits.

Source: Cisco, "Secure Firewall ASA Series Syslog Messages", chapters 101001-199027 to 776301.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from pipeline.model import Json
from pipeline.normalize.cisco.said import Wording, wording

_NET = "network"
_AUTH = "authentication"
_DENIED = ("firewall-rule", _NET, "connection denied")
_FROM_TO = "from <sa> to <da>"
_SESSION = r"Group[ =]+<group>,? User(?:name)?[ =]+<user>,? IP[ =]+<ip>,? "
_FILTER = (
    r"Dynamic [Ff]ilter (?P<verdict>\w+) (?:black|white|grey|gray)[ -]?listed <proto> traffic"
    r" from <s><sn> to <d><dn>,? ?(?:.*?(?:list|resolved from [^:]*): (?P<domain>(?![\d.]+(?:/|,|$))[^,]+))?"
    r"(?:.*?threat-level: (?P<level>[\w-]+))?(?:, category: (?P<category>[^,]+))?"
)
_BUILT = (
    r"Built (?P<way>inbound|outbound) <proto> connection (?P<id>\d+) for <s><sn><su> to <d><dn><du>"
    r"(?: \((?P<user>[^()]*)\))?"
)
_STUB_BUILT = r"Built (?P<object>\w+) +stub <proto> connection for <s><sn> to <d><dn>"
_STUB_ENDED = r"Teardown stub <proto> connection for <s> to <d> duration (?P<duration>[\d:hms]+) forwarded bytes (?P<bytes>\d+)(?: (?P<reason>.*))?$"
_ENDED_REST = (
    r"connection (?P<id>\d+) (?:for|from) <s><su> to <d><du>"
    r" duration (?P<duration>[\d:hms]+) bytes (?P<bytes>\d+)(?: (?P<reason>[^()]+?))?(?: \((?P<user>[^()]*)\))?$"
)
_ENDED = f"Teardown <proto> {_ENDED_REST}"
_OFFLOAD = r"(?:Offloaded )?<proto> Flow (?P<object>is no longer offloaded )?for connection (?P<id>\d+) from <s><sn> to <d><dn>"
_ICMP = (
    r"(?P<proto>ICMP) connection(?: (?P<id>\d+))? for faddr <da><du> gaddr (?P<sn>[^\s/]+)(?:/\w+)?"
    r" laddr <sa><su>(?: type (?P<icmp_type>\d+))?(?: code (?P<icmp_code>\d+))?"
)
_REJECTED = (
    r"AAA (?:user \w+|credentials) [Rr]ejected ?: reason = (?P<reason>.*?)"
    r" ?: (?:server = (?P<server>[^\s:]+|[0-9a-fA-F:]+)|local database) ?: user = <user>"
    r"(?: ?: user IP = (?P<s>\S+))?$"
)

# Of a flow that began here the foreign end stands first, of ICMP the foreign end stands first too,
# where the source of what came from outside is that end.
_TURNED_BY = {"302013": "outbound", "302015": "outbound", "302020": "inbound"}
_VERDICTS = {
    "permitted": "allowed",
    "est-allowed": "allowed",
    "denied": "denied",
    "dropped": "denied",
}
_MESSAGES: Mapping[str, tuple[str, ...]] = {
    "106001": (r"Inbound <proto> connection denied from <sa> to <da> flags (?P<flags>.*?) <on>$", *_DENIED),
    "106002": (r"<proto> [Cc]onnection denied by outbound list (?P<acl>\S+) src <sa> dest <da>", *_DENIED),
    "106006": (rf"Deny inbound <proto> {_FROM_TO}<on>$", *_DENIED),
    "106007": (rf"Deny inbound <proto> {_FROM_TO} due to (?P<reason>.*?)\.?$", *_DENIED),
    "106010": (r"Deny inbound (?:protocol )?<proto> src <s><su> dst <d><du>", *_DENIED),
    "106012": (r"Deny <proto> from <sa> to <da>, IP options (?P<rest>.*)", *_DENIED),
    "106013": (r"Dropping echo request from <sa> to PAT address <da>", *_DENIED),
    "106014": (r"Deny inbound <proto> src <s><su> dst <d><du> ?\(type (?P<icmp_type>\d+), code (?P<icmp_code>\d+)\)", *_DENIED),
    "106015": (r"Deny <proto> \((?P<reason>[^)]*)\) from <sa> to <da> flags (?P<flags>.*?) <on>$", *_DENIED),
    "106016": (r"Deny <proto> spoof from \(?<sa>\)? to <da><on>$", *_DENIED),
    "106017": (rf"Deny <proto> due to (?P<reason>Land Attack) {_FROM_TO}", *_DENIED),
    "106018": (r"<proto> packet type (?P<icmp_type>\d+) denied by outbound list (?P<acl>\S+) src <sa> dest <da>", *_DENIED),
    "106020": (rf"Deny <proto> teardrop fragment \((?P<rest>[^)]*)\) {_FROM_TO}", *_DENIED),
    "106021": (rf"Deny <proto> (?P<reason>reverse path check) {_FROM_TO}<on>$", *_DENIED),
    "106022": (rf"Deny <proto> (?P<reason>connection spoof) {_FROM_TO}<on>$", *_DENIED),
    "106023": (r"Deny (?:protocol )?<proto> src <s><su> dst <d><du>(?: \(?type (?P<icmp_type>\w+), code (?P<icmp_code>\w+)\)?)? by access-group \"?(?P<acl>[^\"\[]+?)\"?(?: \[|$)", *_DENIED),
    "106100": (r"access-list (?P<acl>\S+) (?P<verdict>permitted|denied|est-allowed) <proto> (?P<si>[^\s/]+)/(?P<s>[^\s(]+)\((?P<sp>\w+)\)<su> (?:-> )?(?P<di>[^\s/]+)/(?P<d>[^\s(]+)\((?P<dp>\w+)\)<du>(?: hit-cnt (?P<hits>\d+))?", "firewall-rule", _NET, "connection"),
    "106102": (r"access-list (?P<acl>\S+) (?P<verdict>permitted|denied) <proto> for user <user> (?P<si>[^\s/]+)/(?P<s>[^\s(]+?)\(?(?: ?(?P<sp>\d+)\)?)? (?:-> )?(?P<di>[^\s/]+)/(?P<d>[^\s(]+?)\(?(?: ?(?P<dp>\d+)\)?)? hit-cnt (?P<hits>\d+)", "firewall-rule", _NET, "connection"),
    "106103": (r"access-list (?P<acl>\S+) (?P<verdict>permitted|denied) <proto> for user <user> (?P<si>[^\s/]+)/(?P<s>[^\s(]+?)\(?(?: ?(?P<sp>\d+)\)?)? (?:-> )?(?P<di>[^\s/]+)/(?P<d>[^\s(]+?)\(?(?: ?(?P<dp>\d+)\)?)? hit-cnt (?P<hits>\d+)", "firewall-rule", _NET, "connection"),
    "109005": (rf"Authentication succeeded for user <user> {_FROM_TO}<on>$", "logon", _AUTH, "start", "success"),
    "109006": (rf"Authentication failed for user <user> {_FROM_TO}<on>$", "logon", _AUTH, "start", "failure"),
    "109007": (rf"Authorization permitted for user <user> {_FROM_TO}<on>$", "authorization", _NET, "access allowed", "success"),
    "109008": (rf"Authorization denied for user <user> {_FROM_TO}<on>$", "authorization", _NET, "access denied", "failure"),
    "110002": (r"Failed to locate egress interface for <proto> from <s> to <da>", "routing-failed", _NET, "connection denied"),
    "110003": (r"Routing failed to locate next[- ]hop for <proto> from <s> to <d>", "routing-failed", _NET, "connection denied"),
    "111001": (r"Begin configuration: (?P<s>\S+) writing to (?P<object>.*)", "configuration-written", "configuration", "change"),
    "111004": (r"(?P<s>\S+) end configuration: (?P<state>\w+)", "configuration-ended", "configuration", "change"),
    "111005": (r"(?P<s>\S+) end configuration: (?P<state>\w+)", "configuration-ended", "configuration", "change"),
    "111007": (r"Begin configuration: (?P<s>\S+) reading from (?P<object>.*)", "configuration-read", "configuration", "access"),
    "111008": (r"User <user> executed the ['\"]?(?P<command>.*?)['\"]?(?: command\.?)?$", "command-executed", "configuration process", "change start"),
    "111009": (r"User <user> executed cmd: ?(?P<command>.*)$", "command-executed", "configuration process", "access start"),
    "111010": (r"User <user>, running ['\"]?(?P<object>[^'\"]*)['\"]? from IP (?P<s>[^\s,]+), executed ['\"]?(?P<command>.*?)['\"]?$", "command-executed", "configuration process", "change start"),
    "113003": (r"AAA group policy for user <user> is being set to (?P<object>\S+?)\.?$", "group-policy-set", "session", "info"),
    "113004": (r"AAA user (?P<object>\w+) Successful ?: server = +(?P<server>[^\s:]+|[0-9a-fA-F:]+) ?: user = <user>$", "logon", _AUTH, "start", "success"),
    "113005": (_REJECTED, "logon", _AUTH, "start", "failure"),
    "113006": (r"User <user> locked out on exceeding '?(?P<hits>\d+)'? successive failed authentication attempts", "account-locked-out", f"{_AUTH} iam", "info change", "failure"),
    "113008": (r"AAA transaction status (?P<state>\w+) ?: user = <user>$", "aaa-transaction", _AUTH, "info", "success"),
    "113012": (r"AAA user authentication Successful ?: local database ?: user = <user>$", "logon", _AUTH, "start", "success"),
    "113013": (r"AAA unable to complete the request Error ?: reason = (?P<reason>.*?) ?: user = <user>$", "logon", _AUTH, "start", "failure"),
    "113014": (r"AAA (?P<object>\w+) server not accessible ?: server = (?P<server>[^\s:]+|[0-9a-fA-F:]+) ?: user = <user>$", "logon", _AUTH, "start", "failure"),
    "113015": (_REJECTED, "logon", _AUTH, "start", "failure"),
    "113016": (_REJECTED, "logon", _AUTH, "start", "failure"),
    "113017": (_REJECTED, "logon", _AUTH, "start", "failure"),
    "113019": (rf"{_SESSION}Session disconnected\. Session Type: (?P<kind>[^,]*), Duration: (?P<duration>[^,]*), Bytes xmt: (?P<sent>\d+), Bytes rcv: (?P<received>\d+), Reason: (?P<reason>.*?)\.?$", "vpn-session-ended", "session network", "end"),
    "113021": (r"Attempted console login failed\.? [Uu]ser <user> did NOT have (?P<reason>.*?)\.?$", "logon", _AUTH, "start", "failure"),
    "113039": (rf"{_SESSION}(?P<rest>.*)", "vpn-session-started", "session network", "start", "success"),
    "302013": (_BUILT, "flow-creation", _NET, "connection start"),
    "302014": (_ENDED, "flow-expiration", _NET, "connection end"),
    "302015": (_BUILT, "flow-creation", _NET, "connection start"),
    "302016": (_ENDED, "flow-expiration", _NET, "connection end"),
    "302022": (_STUB_BUILT, "flow-creation", _NET, "connection start"),
    "302023": (_STUB_ENDED, "flow-expiration", _NET, "connection end"),
    "302024": (_STUB_BUILT, "flow-creation", _NET, "connection start"),
    "302025": (_STUB_ENDED, "flow-expiration", _NET, "connection end"),
    "302026": (_STUB_BUILT, "flow-creation", _NET, "connection start"),
    "302027": (_STUB_ENDED, "flow-expiration", _NET, "connection end"),
    "302303": (r"Built <proto> state-bypass connection (?P<id>\d+) (?:from|for) <s><sn><su> to <d><dn><du>", "flow-creation", _NET, "connection start"),
    "302304": (rf"Teardown <proto> state-bypass {_ENDED_REST}", "flow-expiration", _NET, "connection end"),
    "302020": (rf"Built (?P<way>inbound|outbound) {_ICMP}", "flow-creation", _NET, "connection start"),
    "302021": (rf"Teardown {_ICMP}", "flow-expiration", _NET, "connection end"),
    "303002": (r"FTP connection from <s> to <d>, user <user> (?P<object>Stored|Retrieved) file (?P<file>.*)", "ftp-file", f"{_NET} file", "access"),
    "304001": (r"(?:<user>@)?(?P<s>[^\s@(]+)<su> Accessed (?:JAVA )?URL (?:[^\s@]{1,256}@)?(?P<d>[^\s:]+|[0-9a-fA-F:]+?): ?(?P<url>\S+)", "url-accessed", f"{_NET} web", "access allowed"),
    "304002": (r"Access denied URL (?P<url>\S+) SRC (?P<s>[^\s(]+)<su> DEST (?P<d>[^\s:]+|[0-9a-fA-F:]+)(?:: .*)?", "url-denied", f"{_NET} web", "access denied"),
    "305005": (r"No translation group found for <proto> src <s><su> dst <d><du>", "translation-failed", _NET, "connection denied"),
    "305006": (r"(?P<object>[\w ]+) translation creation failed for <proto> src <s><su> dst <d><du>", "translation-failed", _NET, "connection denied"),
    "305011": (r"Built (?P<object>\w+) <proto> translation from <s><su> to (?P<di>[^\s:]+): ?(?P<sn>[^\s/]+)(?:/(?P<snp>\w+))?", "translation-built", _NET, "connection start"),
    "305012": (r"Teardown (?P<object>\w+) <proto> translation from <s><su> to (?P<di>[^\s:]+): ?(?P<sn>[^\s/]+)(?:/(?P<snp>\w+))?(?: duration (?P<duration>[\d:hms]+))?", "translation-ended", _NET, "connection end"),
    "305013": (r"(?P<reason>Asymmetric NAT rules matched[^;]*); Connection(?: for)? <proto> src <s><su> dst <d><du>", "translation-failed", _NET, "connection denied"),
    "313001": (r"Denied <proto> type=(?P<icmp_type>\w+), code=(?P<icmp_code>\w+) from (?P<s>\S+) on interface (?P<si>\S+)", *_DENIED),
    "313004": (r"Denied <proto> type=(?P<icmp_type>\w+),? from (?:laddr )?(?P<s>\S+) on interface (?P<si>\S+) to (?P<d>[^\s:]+|[0-9a-fA-F:]+?): ?(?P<reason>.*)", *_DENIED),
    "313005": (r"No matching connection for ICMP error message: <proto> src <s><su> dst <d><du> \(type (?P<icmp_type>\d+), code (?P<icmp_code>\d+)\) on (?P<interface>\S+) interface\. +Original IP payload: (?P<rest>.*?)\.?$", *_DENIED),
    "313008": (r"Denied <proto> type=(?P<icmp_type>\w+), code=(?P<icmp_code>\w+) from (?P<s>\S+) on interface (?P<si>\S+)", *_DENIED),
    "313009": (r"Denied invalid <proto> code (?P<icmp_code>\d+), for <s><sn> to <d><dn>, ICMP id (?P<object>\d+), ICMP type (?P<icmp_type>\d+)", *_DENIED),
    "315011": (r"SSH session from (?P<s>\S+) on interface (?P<si>\S+) for user <user> (?:disconnected by SSH server, reason: ['\"]?(?P<reason>.*?)['\"]?(?: \(0x\w+\))?|terminated (?P<state>\w+))$", "ssh-session-ended", "session", "end"),
    "322001": (r"Deny MAC address (?P<mac>[^\s,]+), possible spoof attempt on interface (?P<interface>\S+)", "mac-spoof", f"{_NET} intrusion_detection", "denied"),
    "410001": (r"Dropped <proto> DNS (?P<object>\w+) from <s> to <d>; (?P<reason>.*)", *_DENIED),
    "419002": (r"Duplicate TCP SYN from <s> to <d> with (?P<reason>.*)", "duplicate-syn", _NET, "connection"),
    "434002": (r"SFR requested to drop <proto> packet from <s> to <d>", *_DENIED),
    "434004": (r"SFR requested \w+ to bypass further packet redirection and process <proto> flow from <s> to <d>", "inspection-bypassed", _NET, "connection allowed"),
    "502101": (r"New user added to local dbase: Uname: <user> Priv: (?P<privilege>\d+)", "user-added", "iam", "user creation", "success"),
    "502102": (r"User deleted from local dbase: Uname: <user> Priv: (?P<privilege>\d+)", "user-deleted", "iam", "user deletion", "success"),
    "502103": (r"User priv level changed: Uname: <user> From: (?P<object>\d+) To: (?P<privilege>\d+)", "privilege-changed", "iam session", "user change", "success"),
    "507003": (r"<proto> flow from <s> to <d> terminated by inspection engine, reason - (?P<reason>.*?)\.?$", *_DENIED),
    "602303": (r"IPSEC: An (?P<way>inbound|outbound) (?P<kind>.*?) SA \(SPI= ?(?P<object>\w+)\) between <sa> and <da> \(user= ?<user>\) has been (?P<state>created)", "vpn-sa-created", _NET, "connection start"),
    "602304": (r"IPSEC: An (?P<way>inbound|outbound) (?P<kind>.*?) SA \(SPI= ?(?P<object>\w+)\) between <sa> and <da> \(user= ?<user>\) has been (?P<state>deleted)", "vpn-sa-deleted", _NET, "connection end"),
    "605004": (r"Login denied from (?P<s>[^\s/]+)/(?P<sp>\w+) to (?P<di>[^\s:]+):(?P<d>[^\s/]+)/(?P<object>\w+) for user <user>$", "logon", _AUTH, "start", "failure"),
    "605005": (r"Login permitted from (?P<s>[^\s/]+)/(?P<sp>\w+) to (?P<di>[^\s:]+):(?P<d>[^\s/]+)/(?P<object>\w+) for user <user>$", "logon", _AUTH, "start", "success"),
    "609001": (r"Built local-host <s>$", "local-host-built", _NET, "start"),
    "609002": (r"Teardown local-host <s> duration (?P<duration>[\d:hms]+)", "local-host-ended", _NET, "end"),
    "611101": (r"User authentication succeeded: ?(?:IP(?: address)?[:,] ?(?:IP address ?: ?)?(?P<s>[^\s,]+)[,:]? ?)?Uname: ?<user>$", "logon", _AUTH, "start", "success"),
    "611102": (r"User authentication failed: ?(?:IP(?: address)?[:,] ?(?:IP address ?: ?)?(?P<s>[^\s,]+)[,:]? ?)?Uname: ?<user>$", "logon", _AUTH, "start", "failure"),
    "611103": (r"User logged out: Uname: <user>$", "logoff", _AUTH, "end", "success"),
    "710001": (r"<proto> access requested from <sa> to <d>", "access-requested", _NET, "connection"),
    "710002": (r"<proto> access permitted from <sa> to <d>", "access-permitted", _NET, "connection allowed"),
    "710003": (r"<proto> access denied by ACL from <sa> to <d>", "access-denied", _NET, "connection denied"),
    "710005": (r"<proto> request discarded from <sa> to <d>", "request-discarded", _NET, "connection denied"),
    "710006": (r"<proto> request discarded from <sa> to <d>", "request-discarded", _NET, "connection denied"),
    "716001": (rf"{_SESSION}(?P<rest>.*)", "vpn-session-started", "session network", "start", "success"),
    "716002": (rf"{_SESSION}WebVPN session terminated: (?P<reason>.*?)\.?$", "vpn-session-ended", "session network", "end"),
    "716038": (rf"{_SESSION}Authentication: successful, Session Type: (?P<kind>.*?)\.?$", "logon", _AUTH, "start", "success"),
    "716039": (rf"{_SESSION}Authentication: rejected, Session Type: (?P<kind>.*?)\.?$", "logon", _AUTH, "start", "failure"),
    "722051": (rf"{_SESSION}(?:IPv4 )?Address <(?P<assigned>[^<>]*)>(?P<rest>.*)", "vpn-address-assigned", "session network", "start", "success"),
    "733100": (r"\[ ?(?P<object>[^\]]*?)\] drop rate-(?P<number>\d+) exceeded\. (?P<rest>.*)", "threat-rate-exceeded", "intrusion_detection", "info"),
    "733101": (r"(?P<object>Host|Subnet) (?P<s>\S+) is (?P<state>attacking|targeted)\. (?P<rest>.*)", "threat-rate-exceeded", "intrusion_detection", "info"),
    "733102": (r"Threat-detection adds host (?P<s>\S+) to shun list", "host-shunned", "intrusion_detection", "info denied"),
    "733103": (r"Threat-detection removes host (?P<s>\S+) from shun list", "host-unshunned", "intrusion_detection", "info"),
    "734001": (r"DAP: User <user>, Addr (?P<s>[^\s,]+), Connection (?P<kind>[^:]+): (?P<rest>.*)", "dap-selected", "session network", "info"),
    "805001": (_OFFLOAD, "flow-offloaded", _NET, "connection"),
    "805002": (_OFFLOAD, "flow-not-offloaded", _NET, "connection"),
    "805003": (_OFFLOAD, "flow-not-offloaded", _NET, "connection"),
}  # fmt: skip
# Chapters whose messages share a beginning: the first digits.
_CHAPTERS: Mapping[str, tuple[str, ...]] = {
    "338": (_FILTER, "botnet-traffic-filter", f"{_NET} intrusion_detection", "connection"),
    "400": (r"IPS:(?P<number>\d+) (?P<name>.*?) from (?P<s>\S+) to (?P<d>\S+) on interface (?P<si>\S+)", "ips-signature", f"{_NET} intrusion_detection", "info"),
    "713": (r"(?:Group = (?P<group>[^,]*), )?(?:Username = (?P<user>[^,]*), )?IP = (?P<s>[^\s,]+),? (?P<rest>.*)", "vpn-ike", _NET, "info"),
    "716": (rf"{_SESSION}(?P<rest>.*)", "vpn-session", "session network", "info"),
    "722": (rf"{_SESSION}(?P<rest>.*)", "vpn-session", "session network", "info"),
    "735": (r"(?P<rest>.*)", "hardware-status", "host", "info"),
    "750": (r"Local:(?P<d>\S+):(?P<dp>\d+) Remote:(?P<s>\S+):(?P<sp>\d+) Username:(?P<user>\S+) (?P<rest>.*)", "vpn-ike", _NET, "info"),
    "751": (r"Local:(?P<d>\S+):(?P<dp>\d+) Remote:(?P<s>\S+):(?P<sp>\d+) Username:(?P<user>\S+) (?P<rest>.*)", "vpn-ike", _NET, "info"),
}  # fmt: skip


def read_asa(number: str, text: str, ecs: Json, native: Json) -> bool:
    """Fill what a message of a number says; False where it is unknown or worded otherwise."""
    found = wordings().get(number) or wordings().get(number[:3])
    if found is None or not found(text, ecs, native):
        return False
    event = ecs["event"]
    event.update({name: value for name, value in found.event.items() if name not in event})
    said = _VERDICTS.get(native.get("verdict", ""))
    if said:
        event["type"] = [*event["type"], said]
    return True


@cache
def wordings() -> dict[str, Wording]:
    """Give the messages by number or by chapter, or by facility and mnemonic."""
    made = {
        number: replace(wording(*said), turned_by=_TURNED_BY.get(number, ""))
        for number, said in _MESSAGES.items()
    }
    return made | {chapter: wording(*said) for chapter, said in _CHAPTERS.items()}
