"""Messages of OpenSSH's server.

Source: OpenSSH portable, auth.c (auth_log), auth2.c, auth2-pubkey.c, auth-pam.c, canohost.c,
packet.c, session.c, sshd.c, srclimit.c: the texts of the log calls. A user name is what the peer
sent and may imitate the rest of the line, so it reaches to the last " from ".
"""

import re

from pipeline.model import Json
from pipeline.normalize.keyvalue import pairs
from pipeline.normalize.programs.told import (
    Told,
    authentication,
    first_said,
    party,
    saying,
    session,
    told,
)

_ATTEMPT = re.compile(
    r"(Accepted|Failed|Postponed|Partial) (\S+) for (invalid user )?(.*) from (\S+)"
    r" port ([0-9]{1,5})(?: (ssh\d?))?(?: \[preauth\])?(?:: (.*))?"
)
_KEY = re.compile(
    r"([A-Za-z0-9-]{2,24}) ((?:SHA256|MD5):\S+)(?: ID (.*) \(serial (\d+)\) CA (\S+) (\S+))?"
)
_INVALID = re.compile(r"(?:Invalid|Illegal) user (.*) from (\S+)(?: port ([0-9]{1,5}))?")
_EXCEEDED = re.compile(
    r"(?:error: )?maximum authentication attempts exceeded for (invalid user )?(.*) from (\S+)"
    r" port ([0-9]{1,5}).*"
)
_NOT_ALLOWED = re.compile(r"User (.*?)(?: from (\S+))? not allowed because (.*)")
_PAM = re.compile(r"error: PAM: (.*) for (illegal user )?(.*) from (\S+)")
_MORE = re.compile(r"PAM (\d{1,4}) more authentication failures?; (.*)")
_CLOSED = re.compile(
    r"(?:error: )?(?:Connection (?:closed|reset) by|Disconnected from|Disconnecting"
    r"|Received disconnect from)"
    r" (?:(authenticating |invalid )?user (.*) )?(\S+) port ([0-9]{1,5})"
    r"(?::\d+: .*| \[preauth\]|:.*)?"
)
_OPENED = re.compile(r"Connection from (\S+) port ([0-9]{1,5})(?: on (\S+) port ([0-9]{1,5}).*)?")
_NO_GREETING = re.compile(
    r"(?:Did not receive identification string from|"
    r"(?:error: )?kex_exchange_identification: .* from|"
    r"Bad protocol version identification '.*' from) (\S+?)(?: port ([0-9]{1,5}))?"
)
_PEER = r"(?P<peer>\S+?) port (?P<port>[0-9]{1,5})"
_SSH = "network__protocol"
_FATAL = told("ssh_protocol_error", "network", "connection info", "failure")
_KEY_REFUSED = authentication("ssh_key_refused", "failure", "info")
_SUSPECT = told("ssh_reverse_mapping", "network", "connection info", "failure")
_PENALTY = told("ssh_penalised", "network", "connection denied", "failure")
_FORWARD = told("ssh_forwarding_refused", "network", "denied", "failure")
_SERVICE = told("ssh_service", "process", "info")
_SAYINGS = (
    saying(
        r"Starting session: (?P<session>command|shell|forced-command|subsystem)(?: "
        r"'(?P<subsystem>[^']{1,64})')?"
        r"(?: \([^)]{0,64}\) '(?P<command>.{0,2048})')?(?: on (?P<tty>\S+))? for "
        r"(?P<user>.{1,256}?)"
        rf" from {_PEER}(?: id (?P<channel>\d+))?",
        session("ssh_session_started", "start"),
        **{_SSH: "ssh"},
    ),
    saying(
        rf"Close session: user (?P<user>.{{1,256}}?) from {_PEER}(?: id (?P<channel>\d+))?",
        session("ssh_session_closed", "end"),
        **{_SSH: "ssh"},
    ),
    saying(
        r"subsystem request for (?P<subsystem>\S{1,64})(?: by user (?P<user>.{1,256}?))? failed"
        r"(?:, (?P<reason>.{1,256}))?",
        told("ssh_subsystem", "session", "info", "failure"),
        **{_SSH: "ssh"},
    ),
    saying(
        r"subsystem request for (?P<subsystem>\S{1,64})(?: by user (?P<user>.{1,256}))?",
        session("ssh_subsystem", "info"),
        **{_SSH: "ssh"},
    ),
    saying(
        r"input_userauth_request: (?:invalid|illegal) user (?P<user>.{0,256}?)(?: \[preauth\])?",
        authentication("ssh_invalid_user", "failure", "info"),
        **{_SSH: "ssh"},
    ),
    saying(
        rf"ROOT LOGIN REFUSED FROM {_PEER}.*",
        authentication("ssh_login_denied", "failure", "info"),
        **{_SSH: "ssh", "user__name": "root"},
    ),
    saying(
        r"Disconnecting(?:: | authenticating user )Too many authentication failures(?: for "
        r"(?P<user>.{1,256}?))?(?: \[preauth\])?",
        authentication("ssh_attempts_exceeded", "failure", "info"),
        **{_SSH: "ssh"},
    ),
    saying(
        r"Authentication refused: (?P<reason>.{1,256}) for (?:directory|file) (?P<path>.{1,1024})",
        _KEY_REFUSED,
        **{_SSH: "ssh"},
    ),
    saying(
        r"(?:error: )?Authentication key (?P<key_type>\S+) (?P<fingerprint>\S+) "
        r"(?P<reason>revoked by .{1,512})",
        _KEY_REFUSED,
        **{_SSH: "ssh"},
    ),
    saying(
        r"(?:error: )?(?P<reason>Certificate invalid: .{1,512}|Refusing certificate .{1,512}|"
        r"cert: .{1,512}|Certificate lacks principal list.{0,64})",
        _KEY_REFUSED,
        **{_SSH: "ssh"},
    ),
    saying(
        r"Accepted (?:certificate|cert) ID \"?(?P<cert_id>.{0,256}?)\"? \(serial (?P<serial>\d+)"
        r"\) signed by "
        r"(?P<ca_type>\S+) CA (?P<ca>\S+) via (?P<path>.{1,512})",
        authentication("ssh_certificate_accepted", "success", "info"),
        **{_SSH: "ssh"},
    ),
    saying(
        r"reverse mapping checking getaddrinfo for (?P<claimed>\S{1,255}) \[(?P<peer>[^\]]{1,64})"
        r"\] failed.*",
        _SUSPECT,
        **{_SSH: "ssh"},
    ),
    saying(
        r"Address (?P<peer>\S{1,64}) maps to (?P<claimed>\S{1,255}), but this does not map back.*",
        _SUSPECT,
        **{_SSH: "ssh"},
    ),
    saying(
        rf"(?:fatal: )?Timeout before authentication for (?:connection from )?{_PEER}.*",
        authentication("ssh_login_timeout", "failure", "info"),
        **{_SSH: "ssh"},
    ),
    saying(
        r"(?:fatal: )?Timeout before authentication for connection from (?P<peer>\S+) to "
        r"(?P<dst>[^\s,]+).*",
        authentication("ssh_login_timeout", "failure", "info"),
        **{_SSH: "ssh"},
    ),
    saying(
        r"(?:fatal: )?Unable to negotiate with (?P<peer>\S+?)(?: port (?P<port>[0-9]{1,5}))?: "
        r"(?P<reason>.{1,1024}?)(?: \[preauth\])?",
        _FATAL,
        **{_SSH: "ssh"},
    ),
    saying(
        rf"(?:fatal: |error: )?(?:banner exchange|ssh_dispatch_run_fatal|"
        rf"ssh_packet_[a-z_]{{2,32}}): Connection"
        rf" (?:from|to) (?:(?:authenticating |invalid )?user .{{0,256}} )?{_PEER}: "
        rf"(?P<reason>.{{1,512}}?)(?: \[preauth\])?",
        _FATAL,
        **{_SSH: "ssh"},
    ),
    saying(
        r"Read error from remote host (?P<peer>[^\s:]{1,64}|[0-9a-fA-F:]{2,45}?)"
        r"(?: port (?P<port>[0-9]{1,5}))?: (?P<reason>.{1,256})",
        _FATAL,
        **{_SSH: "ssh"},
    ),
    saying(
        r"(?:error: )?drop connection #\d+ from \[?(?P<peer>[^\]\s]{1,64})\]?:(?P<port>\d{1,5}) "
        r"on .{1,128}? "
        r"(?P<reason>past \S+|penalty: .{1,256})",
        _PENALTY,
        **{_SSH: "ssh"},
    ),
    saying(
        r"srclimit_penalise: \S+ (?:new|active) (?P<peer>[^\s/]+)(?:/\d+)? .*penalty.* for "
        r"penalty: (?P<reason>.{1,256})",
        _PENALTY,
        **{_SSH: "ssh"},
    ),
    saying(
        r"(?:error: )?refused (?P<kind>local|remote) port forward: originator (?P<peer>\S+) port "
        r"(?P<port>\d+), "
        r"target (?P<dst>\S+) port (?P<dst_port>\d+)",
        _FORWARD,
        **{_SSH: "ssh"},
    ),
    saying(
        r"Server listening on (?P<listen>\S+) port (?P<listen_port>\d+)\.?",
        told("ssh_listening", "process", "start"),
    ),
    saying(
        r"(?:Received signal|Exiting on signal) (?P<signal>\d+)(?:; terminating)?\.?",
        told("ssh_stopped", "process", "end"),
    ),
    saying(r"Could not get shadow information for (?P<user>.{1,256})", _SERVICE, **{_SSH: "ssh"}),
)


def read(message: str) -> Told | None:
    """Give what a message tells; None where it is none of those that are known."""
    for pattern, make in _READERS:
        match = pattern.fullmatch(message)
        if match is not None:
            return make(match)
    return first_said(_SAYINGS, message)


def _peer(address: str, port: str | None, user: str | None = None) -> Json:
    found = party(address) | {"network.protocol": "ssh"}
    if port and int(port) < 65_536:
        found["source.port"] = int(port)
    if user:
        found["user.name"] = user
    return found


def _attempt(match: re.Match[str]) -> Told:
    verdict, method, invalid, user, address, port, version, rest = match.groups()
    native = {"method": method}
    if version:
        native["protocol"] = version
    if invalid:
        native["invalid_user"] = "yes"
    if rest:
        native["signature"] = rest
        if key := _KEY.fullmatch(rest):
            names = ("key_type", "fingerprint", "cert_id", "serial", "ca_type", "ca")
            native |= {
                name: value for name, value in zip(names, key.groups(), strict=True) if value
            }
    if verdict in ("Postponed", "Partial"):
        event = authentication("ssh_login_step", "unknown", "info")
    else:
        event = authentication("ssh_login", "success" if verdict == "Accepted" else "failure")
    return Told(event, _peer(address, port, user), native)


def _invalid(match: re.Match[str]) -> Told:
    user, address, port = match.groups()
    event = authentication("ssh_invalid_user", "failure", "info")
    return Told(event, _peer(address, port, user))


def _exceeded(match: re.Match[str]) -> Told:
    _, user, address, port = match.groups()
    event = authentication("ssh_attempts_exceeded", "failure", "info")
    return Told(event, _peer(address, port, user))


def _not_allowed(match: re.Match[str]) -> Told:
    user, address, reason = match.groups()
    event = {**authentication("ssh_login_denied", "failure", "info"), "reason": reason}
    return Told(event, _peer(address or "", None, user))


def _pam(match: re.Match[str]) -> Told:
    reason, _, user, address = match.groups()
    event = {**authentication("pam_authentication", "failure", "info"), "reason": reason}
    return Told(event, _peer(address, None, user))


def _more(match: re.Match[str]) -> Told:
    """Read the failures that PAM counted beyond those that stand in the log."""
    said = pairs(match[2])
    event = authentication("pam_authentication", "failure", "info")
    return Told(
        event, _peer(said.get("rhost", ""), None, said.get("user")), {"more": match[1], **said}
    )


def _closed(match: re.Match[str]) -> Told:
    state, user, address, port = match.groups()
    event = session("ssh_disconnected", "end")
    if state:  # nobody was logged in
        event["outcome"] = "failure"
    return Told(
        event, _peer(address, port, user), {"invalid_user": "yes"} if state == "invalid " else {}
    )


def _opened(match: re.Match[str]) -> Told:
    address, port, here, here_port = match.groups()
    fields = _peer(address, port)
    if here:
        fields |= party(here, "destination")
        if int(here_port) < 65_536:
            fields["destination.port"] = int(here_port)
    return Told(told("ssh_connected", "network", "connection start"), fields)


def _no_greeting(match: re.Match[str]) -> Told:
    event = told("ssh_no_identification", "network", "connection info", "failure")
    return Told(event, _peer(match[1], match[2]))


_READERS = (
    (_ATTEMPT, _attempt),
    (_INVALID, _invalid),
    (_CLOSED, _closed),
    (_OPENED, _opened),
    (_EXCEEDED, _exceeded),
    (_NOT_ALLOWED, _not_allowed),
    (_PAM, _pam),
    (_MORE, _more),
    (_NO_GREETING, _no_greeting),
)
