"""Messages of VPN servers: OpenVPN, strongSwan's charon, ocserv, pppd, xl2tpd, pptpd.

Source: OpenVPN, src/openvpn/{multi,ssl,ssl_verify,push,forward}.c; strongSwan, src/libcharon
(sa/ike_sa.c, sa/ikev2/tasks, bus listeners); ocserv, src/{main-auth,sec-mod-auth,worker-auth}.c;
ppp, pppd/{auth,main,ipcp}.c; xl2tpd, control.c; pptpd, pptpctrl.c.
"""

from pipeline.normalize.programs.told import Told, first_said, saying, told


def _login(outcome: str, dataset: str, kind: str = "start") -> dict[str, object]:
    return told("vpn_login", "authentication", kind, outcome, dataset)


_O = "openvpn.log"
_AF = r"(?:\[AF_INET6?\])?"
_CLIENT = (
    rf"(?:us=\d+ )?(?:(?P<user>[^\s/\[\]]{{1,256}})/)?{_AF}(?P<peer>[0-9.]{{7,15}}|"
    rf"\[?[0-9A-Fa-f:]{{2,45}}\]?):(?P<port>\d{{1,5}}) "
)
_OPENVPN = (
    saying(
        rf"(?:{_CLIENT})?\[(?P<name>[^\]]{{1,256}})\] Peer Connection Initiated "
        rf"with {_AF}(?P<client>[^\s]{{2,64}}?):(?P<client_port>\d{{1,5}}).*",
        told("vpn_connected", "session network", "start connection", "success", _O),
    ),
    saying(
        rf"{_CLIENT}TLS: Username/Password authentication succeeded for username "
        rf"'(?P<name>[^']{{0,256}})'.*",
        _login("success", _O),
    ),
    saying(rf"{_CLIENT}TLS Auth Error: (?P<reason>.{{1,256}})", _login("failure", _O)),
    saying(
        rf"(?:{_CLIENT})?SENT CONTROL \[(?P<name>[^\]]{{0,256}})\]: "
        rf"'(?P<reason>AUTH_FAILED[^']{{0,256}})'.*",
        _login("failure", _O, "info"),
    ),
    saying(
        rf"(?:{_CLIENT})?VERIFY ERROR: depth=(?P<depth>\d+), error=(?P<reason>[^:]{{1,256}}): "
        rf"(?P<certificate>.{{1,1024}})",
        told("vpn_certificate", "authentication", "info", "failure", _O),
    ),
    saying(
        rf"(?:{_CLIENT})?VERIFY (?:X509NAME |KU |EKU )?OK(?:: depth=(?P<depth>\d+), "
        rf"(?P<certificate>.{{1,1024}}))?",
        told("vpn_certificate", "authentication", "info", "success", _O),
    ),
    saying(
        rf"{_CLIENT}TLS: Initial packet from .*",
        told("vpn_connecting", "network", "connection start", "", _O),
    ),
    saying(
        rf"(?:{_CLIENT})?(?:TLS Error|TLS_ERROR): (?P<reason>.{{1,256}})",
        told("vpn_handshake", "network", "connection info", "failure", _O),
    ),
    saying(
        rf"{_CLIENT}MULTI_sva: pool returned IPv4=(?P<address>[^,\s]{{2,45}})(?:, "
        rf"IPv6=(?P<address6>.{{1,64}}))?",
        told("vpn_assigned", "session", "info", "success", _O),
    ),
    saying(
        rf"{_CLIENT}MULTI: (?:Learn: (?P<address>\S{{2,64}}) -> .*|primary virtual IP for "
        rf".{{1,256}}: (?P<address6>\S{{2,64}}))",
        told("vpn_assigned", "session", "info", "success", _O),
    ),
    saying(
        rf"{_CLIENT}(?P<reason>Connection reset, restarting.*|SIG(?:TERM|USR1)\[[^\]]{{1,64}}\] "
        rf"received.*|Inactivity timeout.*|\[[^\]]{{1,256}}\] Inactivity timeout.*)",
        told("vpn_disconnected", "session", "end", "", _O),
    ),
    saying(
        rf"{_CLIENT}peer info: (?P<peer_info>.{{1,256}})",
        told("vpn_peer_info", "session", "info", "", _O),
    ),
)
_S = "strongswan.log"
_THREAD = (
    r"(?:(?P<thread>\d{2})\[(?P<group_name>[A-Z]{2,4})\] )?(?:<(?P<connection>[^>]{1,128})> )?"
)
_SA = r"(?P<connection_name>[^\s\[]{1,128})\[(?P<sa>\d+)\]"
_BETWEEN = (
    r"between (?P<dst>[^\s\[]{2,64})\[(?P<local_id>[^\]]{0,256})"
    r"\]\.\.\.(?P<peer>[^\s\[]{2,64})\[(?P<user>[^\]]{0,256})\]"
)
_CHARON = (
    saying(
        rf"{_THREAD}(?P<peer>\S{{2,64}}) is initiating an? (?P<mode>.{{0,32}})IKE_SA.*",
        told("vpn_connecting", "network", "connection start", "", _S),
    ),
    saying(
        rf"{_THREAD}IKE_SA {_SA} (?:state change: .*|established {_BETWEEN})",
        told("vpn_connected", "session network", "start connection", "success", _S),
    ),
    saying(
        rf"{_THREAD}deleting IKE_SA {_SA} {_BETWEEN}",
        told("vpn_disconnected", "session network", "end", "", _S),
    ),
    saying(
        rf"{_THREAD}CHILD_SA (?P<child>[^\s{{]{{1,128}})\{{\d+\}} established with "
        r"SPIs (?P<spis>\S+ \S+) and TS (?P<selectors>.{1,512})",
        told("vpn_tunnel", "session network", "start connection", "success", _S),
    ),
    saying(
        rf"{_THREAD}closing CHILD_SA (?P<child>[^\s{{]{{1,128}})\{{\d+\}}.*",
        told("vpn_tunnel_closed", "session network", "end", "", _S),
    ),
    saying(
        rf"{_THREAD}(?:XAuth )?authentication of '(?P<user>[^']{{1,256}})' (?:\(myself\) "
        rf")?(?:with (?P<method>.{{1,64}}) )?successful.*",
        _login("success", _S),
    ),
    saying(
        rf"{_THREAD}(?:XAuth )?authentication of '(?P<user>[^']{{1,256}})' (?:with "
        rf"(?P<method>.{{1,64}}) )?failed.*",
        _login("failure", _S),
    ),
    saying(
        rf"{_THREAD}EAP method (?P<method>\S{{1,32}}) succeeded, .*", _login("success", _S, "info")
    ),
    saying(
        rf"{_THREAD}EAP method (?P<method>\S{{1,32}}) failed for peer '?(?P<user>[^']{{1,256}}?)'?",
        _login("failure", _S),
    ),
    saying(
        rf"{_THREAD}(?:RADIUS|EAP) authentication of '(?P<user>[^']{{1,256}})' "
        rf"(?P<verdict>successful|failed)",
        _login("unknown", _S),
    ),
    saying(
        rf"{_THREAD}(?P<reason>received AUTHENTICATION_FAILED notify error|no matching peer "
        rf"config found|tried \d+ shared keys? for .{{1,512}}|no shared key found for .{{1,512}}|"
        rf"no trusted .{{1,64}} public key found for .{{1,256}}|constraint check failed.{{0,256}})",
        _login("failure", _S, "info"),
    ),
    saying(
        rf"{_THREAD}no IKE config found for (?P<dst>[^\s.]\S{{1,62}}?)"
        rf"\.\.\.(?P<peer>[^\s,]{{2,64}}), sending (?P<reason>\S+)",
        told("vpn_handshake", "network", "connection denied", "failure", _S),
    ),
    saying(
        rf"{_THREAD}assigning virtual IP (?P<address>\S{{2,64}}) to peer '(?P<user>[^']{{1,256}})'",
        told("vpn_assigned", "session", "info", "success", _S),
    ),
    saying(
        rf"{_THREAD}lease (?P<address>\S{{2,64}}) by '(?P<user>[^']{{1,256}})' went offline",
        told("vpn_disconnected", "session", "end", "", _S),
    ),
)
_C = "ocserv.log"
_WORKER = (
    r"(?:main|worker|sec-mod)(?:\[(?P<user>[^\]]{1,256})\])?: ?(?:(?P<peer>[0-9.]{7,15}|"
    r"\[?[0-9A-Fa-f:]{3,45}?\]?)(?::(?P<port>\d{1,5}))? )?"
)
_OCSERV = (
    saying(
        rf"{_WORKER}(?:user logged in|new user session)(?P<detail>.{{0,256}})",
        told("vpn_connected", "authentication session", "start", "success", _C),
    ),
    saying(
        rf"{_WORKER}user disconnected \(reason: (?P<reason>[^,)]{{0,128}})(?:, rx: "
        rf"(?P<received>\d{{1,18}}), tx: (?P<sent>\d{{1,18}}))?\)",
        told("vpn_disconnected", "session", "end", "", _C),
    ),
    saying(
        rf"{_WORKER}(?:failed authentication (?:attempt )?for (?:user )?|authentication failed "
        rf"for user |error authenticating user |failed authentication for )"
        rf"'(?P<name>[^']{{0,256}})'.*",
        _login("failure", _C),
    ),
    saying(
        rf"{_WORKER}(?P<reason>failed to authenticate.{{0,128}}|authentication error.{{0,128}}|"
        rf"added .{{1,64}} points .*|.{{0,64}}banned.{{0,128}})",
        _login("failure", _C, "info"),
    ),
    saying(
        rf"{_WORKER}initiating session for user '(?P<name>[^']{{0,256}})'.*",
        told("vpn_connected", "authentication session", "start", "success", _C),
    ),
    saying(
        rf"{_WORKER}(?:temporarily closing|invalidating|permanently closing) session (?:for|of "
        rf"user) '?(?P<name>[^'\s]{{1,256}}).*",
        told("vpn_disconnected", "session", "end", "", _C),
    ),
    saying(
        rf"{_WORKER}(?:sending|assigned) IPv[46]:? (?P<address>\S{{2,64}})",
        told("vpn_assigned", "session", "info", "success", _C),
    ),
)
_P = "pppd.log"
_PPP = (
    saying(
        r"(?P<method>PAP|CHAP|MSCHAP(?:-v2)?|EAP) peer authentication (?P<verdict>succeeded) for "
        r"(?P<user>.{1,256})",
        _login("success", _P),
    ),
    saying(
        r"(?P<method>PAP|CHAP|MSCHAP(?:-v2)?|EAP) peer authentication failed for "
        r"(?P<user>.{1,256})",
        _login("failure", _P),
    ),
    saying(
        r"[Pp]eer (?P<user>\S{1,256}) failed (?P<method>\S{1,32}) authentication.*",
        _login("failure", _P),
    ),
    saying(
        r"(?P<method>PAP|CHAP|EAP) login failure for (?P<user>\S{1,256}).*", _login("failure", _P)
    ),
    saying(
        r"(?:peer from )?calling number (?P<peer>\S{2,64}) authorized",
        told("vpn_connecting", "network", "allowed", "", _P),
    ),
    saying(
        r"remote IP address (?P<address>\S{2,64})",
        told("vpn_assigned", "session", "info", "success", _P),
    ),
    saying(
        r"Sent (?P<sent>\d{1,18}) bytes, received (?P<received>\d{1,18}) bytes\.",
        told("vpn_disconnected", "session", "end", "", _P),
    ),
    saying(
        r"(?P<reason>Connection terminated\.|LCP terminated by peer.{0,128}|Modem hangup|"
        r"Terminating on signal \d+)",
        told("vpn_disconnected", "session", "end", "", _P),
    ),
)
_X = "xl2tpd.log"
_L2TP = (
    saying(
        r"(?:control_finish: )?Connection established to (?P<peer>[^\s,]{2,64}), (?P<port>\d{1,5})"
        r"\..*",
        told("vpn_connecting", "network", "connection start", "", _X),
    ),
    saying(
        r"(?:control_finish: )?Call established with (?P<peer>[^\s,]{2,64}), .*",
        told("vpn_connected", "session network", "start connection", "", _X),
    ),
    saying(
        r"(?:\w+: )?Connection closed to (?P<peer>[^\s,]{2,64}), (?:port \d+ "
        r"\((?P<reason>.{0,128})\)|serial \d+ \((?P<detail>.{0,128})\)).*",
        told("vpn_disconnected", "session network", "end", "", _X),
    ),
    saying(
        r"CTRL: Client (?P<peer>\S{2,64}) control connection (?P<state>started|finished)",
        told("vpn_connecting", "network", "connection info", "", "pptpd.log"),
    ),
)


def read_openvpn(message: str) -> Told | None:
    """Give what a message of OpenVPN tells; None where it is none of these."""
    said = _one_user(first_said(_OPENVPN, message))
    if said is not None:
        said.fields.setdefault("network.protocol", "openvpn")
        peer = said.fields.pop("client.ip", None)
        port = said.native.pop("client_port", "")
        if peer:
            said.fields.setdefault("source.ip", peer)
            if int(port) < 65_536:
                said.fields.setdefault("source.port", int(port))
    return said


def read_charon(message: str) -> Told | None:
    """Give what a message of strongSwan tells; None where it is none of these."""
    said = first_said(_CHARON, message)
    if said is not None:
        said.fields["network.protocol"] = "ike"
        if "verdict" in said.native:
            done = said.native["verdict"] == "successful"
            said.event["outcome"] = "success" if done else "failure"
    return said


def read_ocserv(message: str) -> Told | None:
    """Give what a message of ocserv tells; None where it is none of these."""
    return _one_user(first_said(_OCSERV, message))


def read_pppd(message: str) -> Told | None:
    """Give what a message of pppd tells; None where it is none of these."""
    return first_said(_PPP, message)


def read_l2tp(message: str) -> Told | None:
    """Give what a message of xl2tpd or pptpd tells; None where it is none of these."""
    return first_said(_L2TP, message)


def _one_user(said: Told | None) -> Told | None:
    """Let the name that a message gives be the user's, before the session's own."""
    if said is not None and said.native.get("name"):
        said.fields["user.name"] = said.native.pop("name")
    return said
