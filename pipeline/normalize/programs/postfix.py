"""Messages of Postfix.

Source: Postfix, src/smtpd/smtpd.c (log_whatsup), smtpd_sasl_glue.c, src/cleanup, src/qmgr,
src/global/log_adhoc.c (deliveries), src/bounce, src/postscreen.
"""

import re

from pipeline.model import Json
from pipeline.normalize.ecs_schema import number
from pipeline.normalize.programs.told import (
    Told,
    authentication,
    first_said,
    party,
    saying,
    told,
)

_LOG = "postfix.log"
_QUEUED = re.compile(
    r"([0-9A-F]{5,16}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,20}|NOQUEUE): (.*)", re.DOTALL
)
_PEER = r"(?P<name>[^\s\[\]]{0,255})\[(?P<peer>[^\]]{2,64})\](?::(?P<port>\d{1,5}))?"
_PARTY = re.compile(r"([^\s\[\]]{0,255})\[([^\]]{2,64})\](?::(\d{1,5}))?")
_PAIR = re.compile(r"([a-z_-]{2,24})=(<[^>]{0,1024}>|[^,;\s(]{0,1024})")
_STATUS = re.compile(r"status=([a-z]{3,16}) \((.*)\)", re.DOTALL)
_REFUSED = re.compile(
    r"(reject|milter-reject|discard|hold|warn|reject_warning|redirect|filter|bcc): (\S{2,24}) from "
    r"([^\s\[\]]{0,255})\[([^\]]{2,64})\](?::(\d{1,5}))?: (.{0,2048})",
    re.DOTALL,
)
_CODE = re.compile(r"(\d{3}) (\d\.\d{1,3}\.\d{1,3})?")
_OUTCOMES = {"sent": "success", "deliverable": "success", "deferred": "unknown",
             "softbounce": "unknown"}  # fmt: skip
_MAIL = {"network.protocol": "smtp"}
_SAYINGS = (
    saying(
        rf"warning: {_PEER}: SASL (?P<method>\S{{1,32}}) authentication (?P<result>failed|aborted)"
        r"(?:: (?P<reason>[^,]{0,256}))?(?:, sasl_username=(?P<user>.{0,256}))?",
        {**authentication("smtp_login", "failure"), "dataset": _LOG, "module": "postfix"},
        network__protocol="smtp",
    ),
    saying(
        rf"connect from {_PEER}",
        told("smtp_connected", "network", "connection start", "", _LOG),
        network__protocol="smtp",
    ),
    saying(
        rf"disconnect from {_PEER}(?P<commands>(?: [a-z_]+=\d+(?:/\d+)?)*)",
        told("smtp_disconnected", "network", "connection end", "", _LOG),
        network__protocol="smtp",
    ),
    saying(
        rf"(?P<reason>lost connection|timeout|too many errors|improper command pipelining) after "
        rf"(?P<stage>\S{{1,32}})(?: \(.{{0,64}}\))? from {_PEER}.*",
        told("smtp_broken_off", "network", "connection end", "failure", _LOG),
        network__protocol="smtp",
    ),
    saying(
        rf"(?P<trust>Anonymous|Untrusted|Trusted|Verified) TLS connection established (?:from|to)"
        rf" {_PEER}(?::\d+)?: "
        r"(?P<tls_version>\S{3,16}) with cipher (?P<cipher>\S{3,64}).*",
        told("smtp_tls", "network", "info", "", _LOG),
        network__protocol="smtp",
    ),
    saying(
        r"warning: hostname (?P<claimed>\S{1,255}) does not resolve to address "
        r"(?P<peer>[^\s:]{2,64}?)(?:: .*)?",
        told("smtp_reverse_mapping", "network", "info", "failure", _LOG),
        network__protocol="smtp",
    ),
    saying(
        r"CONNECT from \[(?P<peer>[^\]]{2,64})\]:(?P<port>\d{1,5}) to \[(?P<dst>[^\]]{2,64})"
        r"\]:(?P<dst_port>\d{1,5})",
        told("smtp_connected", "network", "connection start", "", _LOG),
        network__protocol="smtp",
    ),
    saying(
        r"(?P<test>PREGREET|DNSBL|HANGUP|BARE NEWLINE|COMMAND PIPELINING|NON-SMTP COMMAND|"
        r"BLACKLISTED|DENYLISTED)"
        r"(?P<detail> .{0,64}?)? (?:from|for)? ?\[(?P<peer>[^\]]{2,64})\]:(?P<port>\d{1,5}).*",
        told("smtp_screened", "network", "denied", "failure", _LOG),
        network__protocol="smtp",
    ),
    saying(
        r"(?P<test>PASS (?:NEW|OLD)|WHITELISTED|ALLOWLISTED|DISCONNECT) \[(?P<peer>[^\]]{2,64})"
        r"\]:(?P<port>\d{1,5})",
        told("smtp_screened", "network", "info", "success", _LOG),
        network__protocol="smtp",
    ),
)


def read(message: str) -> Told | None:
    """Give what a message tells; None where it is none of these."""
    match = _QUEUED.fullmatch(message) if len(message) <= 65_536 else None
    if match is None:
        said = first_said(_SAYINGS, message)
        return None if said is None else _named(said)
    queue_id, rest = match.groups()
    found = _refused(rest) or _delivered(rest) or _queued(rest)
    if found is None:
        return None
    if queue_id != "NOQUEUE":
        found.fields["email.local_id"] = queue_id
    return found


def _named(said: Told) -> Told:
    name = said.native.get("name", "")
    if name not in ("", "unknown"):
        said.fields["source.domain"] = name
    return said


def _refused(rest: str) -> Told | None:
    match = _REFUSED.fullmatch(rest)
    if match is None:
        return None
    verdict, stage, name, peer, port, reason = match.groups()
    refused = verdict in ("reject", "milter-reject", "discard")
    event = told(
        f"smtp_{verdict.replace('-', '_')}", "email", "info", "failure" if refused else "", _LOG
    )
    event["reason"] = reason.partition("; ")[0]
    native: Json = {"stage": stage} | _pairs(reason)
    code = _CODE.match(reason)
    if code is not None:
        event["code"] = code[1]
        native["dsn"] = code[2] or ""
    return Told(event, _from(name, peer, port) | _envelope(native), native)


def _delivered(rest: str) -> Told | None:
    """Read a delivery, or why there was none."""
    match = _STATUS.search(rest)
    if match is None or "to=" not in rest[:16]:
        return None
    status, reason = match.groups()
    native = _pairs(rest[: match.start()]) | {"status": status}
    event = told(f"mail_{status}", "email", "info", _OUTCOMES.get(status, "failure"), _LOG)
    event["reason"] = reason
    fields = _envelope(native)
    relay = _PARTY.fullmatch(native.get("relay", ""))
    if relay is not None:
        fields |= party(relay[2], "destination")
        fields["destination.domain"] = relay[1]
        if relay[3] and int(relay[3]) < 65_536:
            fields["destination.port"] = int(relay[3])
    return Told(event, fields, native)


def _queued(rest: str) -> Told | None:
    native = _pairs(rest)
    if rest == "removed":
        return Told(told("mail_removed", "email", "info", "", _LOG), dict(_MAIL))
    if "client" in native:
        peer = _PARTY.match(native["client"])
        fields = _from(*peer.groups()) if peer else {}
        event = told("mail_received", "email", "info", "success", _LOG)
        if native.get("sasl_username"):
            event = told("smtp_login", "authentication email", "start info", "success", _LOG)
            fields["user.name"] = native["sasl_username"]
        return Told(event, fields, native)
    if "status" in native and "from" in native:
        event = told("mail_returned", "email", "info", "failure", _LOG)
        return Told({**event, "reason": native["status"]}, _envelope(native), native)
    if "message-id" in native or "from" in native:
        return Told(told("mail_queued", "email", "info", "", _LOG), _envelope(native), native)
    if rest.startswith(("sender non-delivery", "sender delivery", "postmaster non-delivery")):
        return Told(told("mail_notified", "email", "info", "", _LOG), dict(_MAIL), {"notice": rest})
    return None


def _pairs(text: str) -> Json:
    found: Json = {}
    for name, value in _PAIR.findall(text):
        found.setdefault(name, value.strip("<>"))
    return found


def _from(name: str, peer: str, port: str | None) -> Json:
    fields: Json = dict(_MAIL) | party(peer)
    if name not in ("", "unknown"):
        fields["source.domain"] = name
    if port and int(port) < 65_536:
        fields["source.port"] = int(port)
    return fields


def _envelope(native: Json) -> Json:
    fields: Json = dict(_MAIL)
    for name, path in (("from", "email.from.address"), ("to", "email.to.address")):
        if native.get(name):
            fields[path] = [native[name]]
    if native.get("message-id"):
        fields["email.message_id"] = native["message-id"]
    size = number(native.get("size", ""))
    if size is not None and size >= 0:
        fields["source.bytes"] = size
    if native.get("uid"):
        fields["user.id"] = native["uid"]
    return fields
