"""Messages of Dovecot.

Source: Dovecot, "Event logging"; src/login-common/client-common.c (login_log_format_elements),
src/auth/auth-request.c, src/lmtp, src/imap.
"""

import re

from pipeline.model import Json
from pipeline.normalize.ecs_schema import address
from pipeline.normalize.programs.told import Told, authentication, first_said, party, saying, told

_LOG = "dovecot.log"
_LOGIN = re.compile(
    r"(imap|pop3|managesieve|submission)-login: (?:(?:Info|Warning|Error): )?"
    r"(Login|Disconnected|Aborted login|Login aborted|Maximum number of connections.*?)"
    r"(?:: ([^(]{0,128}?))?(?: \(([^)]{0,256})\))?(?: \(([^)]{0,64})\))?: ((?:user|method|rip)=.*)",
    re.DOTALL,
)
_PAIR = re.compile(r"([a-z_]{2,16})=(<[^>]{0,512}>|[^,]{0,512})")
_WHO = r"\((?P<user>[^,()]{1,256})(?:,(?P<peer>[^,()]{2,64}))?(?:,<(?P<session>[^>]{1,64})>)?\)"
_FAILED = {**authentication("mail_login", "failure", "info"), "dataset": _LOG, "module": "dovecot"}
_MAILBOX = (
    r"(?P<service>imap|pop3|lmtp|lda)\((?P<user>[^()]{1,256})"
    r"\)(?:<\d+>)?(?:<(?P<session>[^>]{1,64})>)?: "
)
_SAYINGS = (
    saying(
        rf"auth(?:-worker)?(?:\([\w-]{{1,32}}\))?: (?:(?:Info|Error|Warning): )?(?:conn \S{{1,64}} "
        rf"\(.{{0,64}}\): auth<\d+>: )?"
        rf"(?P<passdb>[a-z0-9_-]{{2,32}}){_WHO}: (?P<reason>.{{1,512}})",
        _FAILED,
    ),
    saying(
        rf"{_MAILBOX}(?:Info: )?(?:Logged out|Disconnected(?:: (?P<reason>[^,]{{0,128}}?))?)"
        r"(?: in=(?P<received>\d{1,18}) out=(?P<sent>\d{1,18}))?(?: .*)?",
        told("mail_logged_out", "session", "end", "success", _LOG),
    ),
    saying(
        rf"{_MAILBOX}.{{0,128}}?msgid=<?(?P<message_id>[^>:]{{0,512}})>?: saved mail to "
        rf"(?P<mailbox>.{{1,256}})",
        told("mail_delivered", "email", "info", "success", _LOG),
    ),
)


def read(message: str) -> Told | None:
    """Give what a message tells; None where it is none of these."""
    match = _LOGIN.fullmatch(message) if len(message) <= 8192 else None
    if match is None:
        return first_said(_SAYINGS, message)
    service, what, why, first, second, rest = match.groups()
    native: Json = {name: value.strip("<>") for name, value in _PAIR.findall(rest)}
    reason = first or why or ""
    event = authentication("mail_login", "success" if what == "Login" else "failure")
    event |= {"dataset": _LOG, "module": "dovecot"}
    if what == "Disconnected" and ("no auth attempts" in reason or not native.get("user")):
        event = told("mail_disconnected", "network", "connection end", "", _LOG)
    if reason:
        event["reason"] = reason
    if second:
        native["detail"] = second
    fields: Json = {"network.protocol": service}
    if native.get("user"):
        fields["user.name"] = native["user"]
    if native.get("rip"):
        fields |= party(native["rip"])
    if found := address(native.get("lip", "")):
        fields["destination.ip"] = found
    return Told(event, fields, native)
