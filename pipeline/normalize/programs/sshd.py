"""Messages of OpenSSH's server.

Source: OpenSSH portable, auth.c (auth_log), auth2.c, packet.c, session.c, sshd.c: the texts of the
log calls. A user name is what the peer sent and may imitate the rest of the line, so it reaches to
the last " from ".
"""

import re

from pipeline.model import Json
from pipeline.normalize.programs.told import Told, authentication, party, session

_ATTEMPT = re.compile(
    r"(Accepted|Failed|Postponed|Partial) (\S+) for (invalid user )?(.*) from (\S+)"
    r" port ([0-9]{1,5})(?: (ssh\d?))?(?: \[preauth\])?(?:: (.*))?"
)
_INVALID = re.compile(r"(?:Invalid|Illegal) user (.*) from (\S+)(?: port ([0-9]{1,5}))?")
_EXCEEDED = re.compile(
    r"(?:error: )?maximum authentication attempts exceeded for (invalid user )?(.*) from (\S+)"
    r" port ([0-9]{1,5}).*"
)
_NOT_ALLOWED = re.compile(r"User (.*) from (\S+) not allowed because (.*)")
_PAM = re.compile(r"error: PAM: (.*) for (illegal user )?(.*) from (\S+)")
_CLOSED = re.compile(
    r"(?:Connection (?:closed|reset) by|Disconnected from|Disconnecting|Received disconnect from)"
    r" (?:(?:authenticating |invalid )?user (.*) )?(\S+) port ([0-9]{1,5})"
    r"(?::\d+: .*| \[preauth\]|:.*)?"
)
_OPENED = re.compile(r"Connection from (\S+) port ([0-9]{1,5})(?: on (\S+) port ([0-9]{1,5}).*)?")
_NO_GREETING = re.compile(
    r"(?:Did not receive identification string from|"
    r"(?:error: )?kex_exchange_identification: .* from|"
    r"Bad protocol version identification '.*' from) (\S+?)(?: port ([0-9]{1,5}))?"
)


def read(message: str) -> Told | None:
    """Give what a message tells; None where it is none of those that name a peer."""
    for pattern, make in _READERS:
        match = pattern.fullmatch(message)
        if match is not None:
            return make(match)
    return None


def _peer(address: str, port: str | None, user: str | None = None) -> Json:
    found = party(address)
    if port:
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
    if verdict in ("Postponed", "Partial"):
        event = authentication("ssh_login_step", "unknown", "info")
    else:
        event = authentication("ssh_login", "success" if verdict == "Accepted" else "failure")
    return Told(event, {**_peer(address, port, user), "network.protocol": "ssh"}, native)


def _invalid(match: re.Match[str]) -> Told:
    user, address, port = match.groups()
    event = authentication("ssh_invalid_user", "failure", "info")
    return Told(event, {**_peer(address, port, user), "network.protocol": "ssh"})


def _exceeded(match: re.Match[str]) -> Told:
    _, user, address, port = match.groups()
    event = authentication("ssh_attempts_exceeded", "failure", "info")
    return Told(event, {**_peer(address, port, user), "network.protocol": "ssh"})


def _not_allowed(match: re.Match[str]) -> Told:
    user, address, reason = match.groups()
    event = {**authentication("ssh_login_denied", "failure", "info"), "reason": reason}
    return Told(event, {**_peer(address, None, user), "network.protocol": "ssh"})


def _pam(match: re.Match[str]) -> Told:
    reason, _, user, address = match.groups()
    event = {**authentication("pam_authentication", "failure", "info"), "reason": reason}
    return Told(event, {**_peer(address, None, user), "network.protocol": "ssh"})


def _closed(match: re.Match[str]) -> Told:
    user, address, port = match.groups()
    event = session("ssh_disconnected", "end")
    return Told(event, {**_peer(address, port, user), "network.protocol": "ssh"})


def _opened(match: re.Match[str]) -> Told:
    address, port, here, here_port = match.groups()
    fields = {**_peer(address, port), "network.protocol": "ssh"}
    if here:
        fields |= {
            name.replace("source", "destination"): value
            for name, value in _peer(here, here_port).items()
        }
    event = {
        "action": "ssh_connected",
        "category": ["network"],
        "type": ["connection", "start"],
        "dataset": "system.auth",
    }
    return Told(event, fields)


def _no_greeting(match: re.Match[str]) -> Told:
    event = {
        "action": "ssh_no_identification",
        "category": ["network"],
        "type": ["connection", "info"],
        "outcome": "failure",
        "dataset": "system.auth",
    }
    return Told(event, {**_peer(match[1], match[2]), "network.protocol": "ssh"})


_READERS = (
    (_ATTEMPT, _attempt),
    (_INVALID, _invalid),
    (_CLOSED, _closed),
    (_OPENED, _opened),
    (_EXCEEDED, _exceeded),
    (_NOT_ALLOWED, _not_allowed),
    (_PAM, _pam),
    (_NO_GREETING, _no_greeting),
)
