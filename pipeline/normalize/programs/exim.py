"""Lines of Exim's main log.

Source: Exim, "Specification", chapter 53 (log files): flags of message lines and fields.
"""

import re

from pipeline.model import Json
from pipeline.normalize.ecs_schema import number
from pipeline.normalize.programs.told import Told, authentication, first_said, party, saying, told

_LOG = "exim.main"
_ID = r"[0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4}"
_LINE = re.compile(
    rf"(?:\[\d{{1,10}}\] )?({_ID}) (<=|=>|->|>>|\*>|\*\*|==|Completed|SA:|removed|Frozen|cancelled)"
    r"(?: (.*))?",
    re.DOTALL,
)
_HOST = re.compile(r"\bH=(?:(\S{1,255}) )?(?:\(([^)]{0,255})\) )?\[([^\]]{2,64})\](?::(\d{1,5}))?")
_SENDER = re.compile(r" F=<([^>]{1,512})>")
_FIELD = re.compile(r"(?<= )([A-Za-z]{1,4})=(\"[^\"]{0,1024}\"|<[^>]{0,512}>|\S{0,512})")
_FLAGS = {"<=": ("mail_received", "success"), "=>": ("mail_sent", "success"),
          "->": ("mail_sent", "success"), ">>": ("mail_sent", "success"),
          "*>": ("mail_sent", "unknown"), "**": ("mail_bounced", "failure"),
          "==": ("mail_deferred", "unknown"), "Completed": ("mail_completed", "")}  # fmt: skip
_PEER = (
    r"(?:(?P<name>[^\s()\[\]]{1,255}) )?(?:\((?P<helo>[^)]{0,255})\) )?\[(?P<peer>[^\]]{2,64})"
    r"\](?::(?P<port>\d{1,5}))?"
)
_FAILED = {**authentication("smtp_login", "failure"), "dataset": _LOG, "module": "exim"}
_SAYINGS = (
    saying(
        rf"(?:\[\d{{1,10}}\] )?(?P<method>\S{{1,64}}) authenticator failed for {_PEER}(?: "
        rf"U=\S+)?(?: I=\S+)?: (?P<code>\d{{3}}) "
        r"(?P<reason>.{1,256}?)(?: \(set_id=(?P<user>[^)]{0,256})\))?",
        _FAILED,
        network__protocol="smtp",
    ),
    saying(
        rf"(?:\[\d{{1,10}}\] )?(?:{_ID} )?H={_PEER}(?: .{{0,800}}?)? "
        r"(?P<temporary>temporarily )?rejected (?P<stage>\S{2,32})(?: "
        r"<?(?P<recipient>[^>:\s]{1,512})>?)?(?:: (?P<reason>.{1,1024}))?",
        told("smtp_reject", "email", "info", "failure", _LOG),
        network__protocol="smtp",
    ),
    saying(
        rf"(?:\[\d{{1,10}}\] )?(?:SMTP connection from|no host name found for IP address|TLS "
        rf"error on connection from|SMTP protocol error in .{{1,64}}|unexpected disconnection "
        rf"while reading SMTP command from)"
        rf" {_PEER}(?P<detail>.{{0,512}})",
        told("smtp_connection", "network", "connection info", "", _LOG),
        network__protocol="smtp",
    ),
)


def read(message: str) -> Told | None:
    """Give what a line tells; None where it is none of these."""
    match = _LINE.fullmatch(message) if len(message) <= 65_536 else None
    if match is None:
        said = first_said(_SAYINGS, message)
        if said is not None and "name" in said.native:
            said.fields["source.domain"] = said.native["name"]
        if said is not None and (sender := _SENDER.search(message)):
            said.fields["email.from.address"] = [sender[1]]
        return said
    local_id, flag, rest = match.groups()
    action, outcome = _FLAGS.get(flag, ("mail_info", ""))
    event = told(action, "email", "info", outcome, _LOG)
    native: Json = {"flag": flag}
    fields: Json = {"email.local_id": local_id, "network.protocol": "smtp"}
    if rest:
        _message(flag, rest, event, fields, native)
    return Told(event, fields, native)


def _message(flag: str, rest: str, event: Json, fields: Json, native: Json) -> None:
    who = rest.partition(" ")[0].strip("<>:")
    side = "source" if flag == "<=" else "destination"
    if flag in _FLAGS and who:
        fields["email.from.address" if flag == "<=" else "email.to.address"] = [who]
    for name, value in _FIELD.findall(f" {rest[:4096]}"):
        native.setdefault(name, value.strip('"<>'))
    _host(rest, side, fields, native)
    if native.get("id"):
        fields["email.message_id"] = native["id"]
    if "A" in native:
        fields["user.name"] = native["A"].partition(":")[2] or native["A"]
    size = number(native.get("S", ""))
    if size is not None and size >= 0:
        fields[f"{side}.bytes"] = size
    if flag in ("**", "=="):
        event["reason"] = rest.partition(": ")[2] or rest


def _host(rest: str, side: str, fields: Json, native: Json) -> None:
    host = _HOST.search(rest)
    if host is None:
        return
    name, helo, peer, port = host.groups()
    fields |= party(peer, side)
    if name:
        fields[f"{side}.domain"] = name
    if helo:
        native["helo"] = helo
    if port and int(port) < 65_536:
        fields[f"{side}.port"] = int(port)
