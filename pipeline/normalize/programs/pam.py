"""Messages of PAM modules, whichever program asked them.

Source: Linux-PAM, modules/ (pam_unix, pam_faillock, pam_tally2, pam_succeed_if, pam_access,
pam_listfile, pam_limits, pam_nologin, pam_securetty): the texts of pam_syslog calls; SSSD,
src/sss_client/pam_sss.c.
"""

import re

from pipeline.model import Json
from pipeline.normalize.keyvalue import pairs
from pipeline.normalize.programs.told import (
    Saying,
    Told,
    authentication,
    first_said,
    party,
    saying,
    session,
    told,
)

_HEAD = re.compile(r"(pam_\w+)\(([^:)]*):(\w+)\):? (.*)", flags=re.DOTALL)
_SESSION = re.compile(
    r"session (opened|closed) for user ([^\s(]+)(?:\(uid=(\d+)\))?(?: by (\S*?)\(uid=(\d+)\))?\s*"
)
_FAILED = authentication("pam_authentication", "failure", "info")
_LOCKED = authentication("pam_account_locked", "failure", "info")
_DENIED = authentication("pam_access_denied", "failure", "info")
_EXPIRED = authentication("pam_account_expired", "failure", "info")
_PASSWORD = told("changed-password", "iam", "user change", "success")
_USER = r"(?P<user>[^\s'`\"\[\]()]{1,256})"
_SAYINGS: tuple[Saying, ...] = (
    saying(r"check pass; user unknown", authentication("pam_unknown_user", "failure", "info")),
    saying(r"User unknown", authentication("pam_unknown_user", "failure", "info")),
    saying(rf"Consecutive login failures for user {_USER} account temporarily locked", _LOCKED),
    saying(rf"Account temporarily locked for user {_USER}.*", _LOCKED),
    saying(rf"user {_USER} \((?P<uid>\d+)\) tally (?P<tally>\d+), deny (?P<deny>\d+)", _LOCKED),
    saying(
        rf"user {_USER} \((?P<uid>\d+)\) has time limit \[(?P<reason>[^\]]{{1,128}})\].*", _LOCKED
    ),
    saying(
        rf"requirement \"(?P<reason>.{{1,256}})\" (?:not|was not) met by user \"{_USER}\"", _DENIED
    ),
    saying(rf"access denied for user [`']{_USER}' from [`'](?P<peer>[^']{{1,255}})'", _DENIED),
    saying(rf"Refused user {_USER} for service (?P<service>\S{{1,64}})", _DENIED),
    saying(r"access denied: tty '(?P<tty>[^']{1,64})' is not secure !", _DENIED),
    saying(rf"Too many logins \(max (?P<most>\d+)\) for {_USER}", _DENIED),
    saying(rf"account {_USER} has expired \((?P<reason>[^)]{{1,128}})\)", _EXPIRED),
    saying(rf"(?P<reason>expired password) for user {_USER}.*", _EXPIRED),
    saying(
        rf"password for user {_USER} will expire in (?P<days>\d+) days",
        authentication("pam_password_expires", "unknown", "info"),
    ),
    saying(rf"received for user {_USER}: (?P<code>\d+) \((?P<reason>[^)]{{1,128}})\)", _FAILED),
    saying(rf"auth could not identify password for \[{_USER}\]", _FAILED),
    saying(r"(?P<reason>conversation failed)", _FAILED),
    saying(r"bad username \[(?P<user>.{0,256})\]", _FAILED),
    saying(r"password changed for (?P<target>[^\s]{1,256})", _PASSWORD),
    saying(
        rf"Accepted google_authenticator code for {_USER}",
        authentication("pam_second_factor", "success"),
    ),
    saying(r"Invalid verification code.{0,256}", authentication("pam_second_factor", "failure")),
)

_CHECKED = saying(
    r"(?P<reason>password check failed|could not obtain user info) (?:for user )?"
    r"\((?P<user>[^)]{1,256})\)",
    _FAILED,
)


def read_chkpwd(message: str) -> Told | None:
    """Give what the helper of pam_unix tells that checks a password; None where it is more."""
    return first_said((_CHECKED,), message)


def read(message: str) -> Told | None:
    """Give what a message tells; None where it is of another kind."""
    head = _HEAD.fullmatch(message)
    if head is None:
        return None
    module, service, kind, body = head.groups()
    native: Json = {"pam_module": module, "pam_service": service, "pam_type": kind}
    if match := _SESSION.fullmatch(body):
        return _session(match, native)
    if body.startswith("authentication failure"):
        return _attempt(body, native, "failure")
    if body.startswith("authentication success"):
        return _attempt(body, native, "success")
    said = first_said(_SAYINGS, body)
    return None if said is None else Told(said.event, said.fields, native | said.native)


def _session(match: re.Match[str], native: Json) -> Told:
    state, user, user_id, by, by_id = match.groups()
    event = session(f"session_{state}", "start" if state == "opened" else "end")
    fields: Json = {"user.name": user}
    if user_id:
        fields["user.id"] = user_id
    if by:
        native["by_user"] = by
    if by_id:
        native["by_uid"] = by_id
    return Told(event, fields, native)


def _attempt(body: str, native: Json, outcome: str) -> Told:
    said = pairs(body)
    native.update(said)
    fields: Json = {}
    if said.get("user"):
        fields["user.name"] = said["user"]
    if said.get("rhost"):
        fields |= party(said["rhost"])
    kind = "start" if outcome == "success" else "info"
    return Told(authentication("pam_authentication", outcome, kind), fields, native)
