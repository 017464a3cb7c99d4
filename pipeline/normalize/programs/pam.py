"""Messages of PAM modules, whichever program asked them.

Source: Linux-PAM, modules/pam_unix (pam_unix_auth.c, pam_unix_sess.c, support.c).
"""

import re

from pipeline.model import Json
from pipeline.normalize.keyvalue import pairs
from pipeline.normalize.programs.told import Told, authentication, party, session

_HEAD = re.compile(r"(pam_\w+)\(([^:)]*):(\w+)\): (.*)", flags=re.DOTALL)
_SESSION = re.compile(
    r"session (opened|closed) for user ([^\s(]+)(?:\(uid=(\d+)\))?(?: by (\S*?)\(uid=(\d+)\))?\s*"
)
_UNKNOWN = re.compile(r"check pass; user unknown")


def read(message: str) -> Told | None:
    """Give what a message tells; None where it is of another kind."""
    head = _HEAD.fullmatch(message)
    if head is None:
        return None
    module, service, _, body = head.groups()
    native: Json = {"pam_module": module, "pam_service": service}
    if match := _SESSION.fullmatch(body):
        return _session(match, native)
    if body.startswith("authentication failure"):
        return _failure(body, native)
    if _UNKNOWN.fullmatch(body):
        return Told(authentication("pam_unknown_user", "failure", "info"), {}, native)
    return None


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


def _failure(body: str, native: Json) -> Told:
    said = pairs(body)
    native.update(said)
    fields: Json = {}
    if said.get("user"):
        fields["user.name"] = said["user"]
    if said.get("rhost"):
        fields |= party(said["rhost"])
    return Told(authentication("pam_authentication", "failure", "info"), fields, native)
