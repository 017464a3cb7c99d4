"""Messages of name servers: BIND's named, Unbound, dnsmasq.

Source: BIND 9, "Administrator Reference Manual", logging (categories queries, security,
query-errors, xfer-out, update-security, rpz, rate-limit), lib/ns/query.c (log_query), client.c;
Unbound, unbound.conf(5), log-queries, log-replies; dnsmasq(8), --log-queries, src/cache.c.
"""

import re

from pipeline.normalize.ecs_schema import address
from pipeline.normalize.programs.told import Told, first_said, saying, told

_HEAD = (
    r"(?:(?P<category>[a-z][a-z-]{1,24}): )?(?:(?P<level>info|notice|warning|error|critical|debug "
    r"\d+): )?"
)
_CLIENT = (
    r"client (?:@0x[0-9a-f]{1,16} )?(?P<peer>[^\s#]{2,64})#(?P<port>\d{1,5})(?:/key "
    r"(?P<key>\S{1,255}))?"
    r"(?: \((?P<name>[^)\s]{0,1024})\))?: (?:view (?P<view>[^:\s]{1,64}): )?"
)
_LOG = "bind.log"
_DNS = {"network__protocol": "dns"}
_QUERY = told("dns_query", "network", "protocol info", "", "bind.query")
_REFUSED = told("dns_refused", "network", "protocol denied", "failure", "bind.security")
_NAME = r"(?P<question>[^\s'/]{1,1024})"
_NAMED = (
    saying(
        rf"{_HEAD}{_CLIENT}query: {_NAME} (?P<qclass>[A-Z0-9]{{1,16}}) "
        rf"(?P<qtype>[A-Z0-9-]{{1,16}}) "
        r"(?P<flags>[+-]\S{0,32})(?: \((?P<dst>[^)#]{2,64})\))?(?: "
        r"\[ECS (?P<subnet>\S{1,64})\])?.*",
        _QUERY,
        **_DNS,
    ),
    saying(
        rf"{_HEAD}{_CLIENT}(?:(?P<what>query \(cache\)|query|zone transfer|update|notify|"
        rf"recursion|bad zone transfer request:"
        rf"|update forwarding)) ?'{_NAME}/(?P<qtype>[A-Z0-9-]{{1,16}})"
        rf"(?:/(?P<qclass>[A-Z0-9]{{1,16}}))?' "
        r"(?P<reason>denied.*|approved.*|.{1,128})",
        _REFUSED,
        **_DNS,
    ),
    saying(
        rf"{_HEAD}{_CLIENT}query failed \((?P<rcode>[A-Z]{{2,16}}|[a-z ]{{2,64}})\) "
        rf"for {_NAME}/(?P<qclass>[A-Z0-9]{{1,16}})/(?P<qtype>[A-Z0-9-]{{1,16}}) at .*",
        told("dns_failed", "network", "protocol info", "failure", "bind.query"),
        **_DNS,
    ),
    saying(
        rf"{_HEAD}{_CLIENT}transfer of '{_NAME}/(?P<qclass>[A-Z0-9]{{1,16}})': (?P<qtype>[AI]XFR)"
        rf"(?P<detail>.{{0,256}})",
        told("dns_transfer", "network", "protocol info", "success", "bind.log"),
        **_DNS,
    ),
    saying(
        rf"{_HEAD}{_CLIENT}(?:disabled )?rpz (?P<trigger>[A-Z-]{{2,16}}) "
        rf"(?P<policy>[A-Z-]{{2,24}}) rewrite "
        rf"{_NAME}/(?P<qtype>[A-Z0-9-]{{1,16}})/(?P<qclass>[A-Z0-9]{{1,16}}) via "
        rf"(?P<rule>\S{{1,1024}})",
        told("dns_rewritten", "network", "protocol denied", "success", "bind.rpz"),
        **_DNS,
    ),
    saying(
        rf"{_HEAD}{_CLIENT}(?:rate limit )?(?P<policy>drop|slip|truncat\w*|would \w+|limit) "
        rf"(?P<reason>.{{1,512}})",
        told("dns_rate_limited", "network", "protocol denied", "failure", "bind.log"),
        **_DNS,
    ),
    saying(
        rf"{_HEAD}{_CLIENT}updating zone '(?P<zone>[^']{{1,512}})': (?P<change>adding an RR|"
        rf"deleting an? (?:RR|rrset|RRset)) at '{_NAME}'(?: (?P<qtype>[A-Z0-9-]{{1,16}}))?.*",
        told("dns_updated", "network", "protocol info", "success", "bind.log"),
        **_DNS,
    ),
    saying(
        rf"{_HEAD}{_CLIENT}(?P<reason>.{{1,512}})",
        told("dns_client", "network", "protocol info", "", "bind.log"),
        **_DNS,
    ),
    saying(
        rf"{_HEAD}dropping source port zero packet from (?P<peer>\S{{2,64}}).*",
        told("dns_dropped", "network", "denied", "failure", "bind.log"),
        **_DNS,
    ),
)
_UNBOUND_HEAD = (
    r"(?:\[\d{1,12}\] )?(?:unbound)?(?:\[(?P<pid>\d{1,10}):(?P<thread>[0-9a-f]{1,4})\] "
    r")?(?P<level>info|query|reply): "
)
_UNBOUND = (
    saying(
        rf"{_UNBOUND_HEAD}(?P<peer>[0-9A-Fa-f.:]{{2,45}}) (?P<question>\S{{1,1024}}) "
        rf"(?P<qtype>[A-Z0-9]{{1,16}}) (?P<qclass>[A-Z0-9]{{1,16}}) "
        r"(?P<rcode>[A-Z]{2,16}) (?P<seconds>\d+\.\d+) (?P<cached>[01]) (?P<answer_bytes>\d+).*",
        told("dns_reply", "network", "protocol info", "", "unbound.log"),
        **_DNS,
    ),
    saying(
        rf"{_UNBOUND_HEAD}(?P<peer>[0-9A-Fa-f.:]{{2,45}}) (?P<question>\S{{1,1024}}) "
        rf"(?P<qtype>[A-Z0-9]{{1,16}}) (?P<qclass>[A-Z0-9]{{1,16}})",
        told("dns_query", "network", "protocol info", "", "unbound.log"),
        **_DNS,
    ),
    saying(
        rf"{_UNBOUND_HEAD}(?P<question>\S{{1,1024}}) (?P<policy>\S{{1,64}}) "
        rf"(?P<peer>[0-9A-Fa-f.:]{{2,45}})@(?P<port>\d{{1,5}}) \S+ (?P<qtype>[A-Z0-9]{{1,16}}) "
        rf"(?P<qclass>[A-Z0-9]{{1,16}})",
        told("dns_local_zone", "network", "protocol info", "", "unbound.log"),
        **_DNS,
    ),
)
_EXTRA = r"(?:(?P<serial>\d{1,12}) (?P<asker>[0-9A-Fa-f.:]{2,45})/(?P<port>\d{1,5}) )?"
_DNSMASQ = (
    saying(
        rf"{_EXTRA}query\[(?P<qtype>[^\]]{{1,24}})\] (?P<question>\S{{1,1024}}) from "
        rf"(?P<peer>\S{{2,64}})",
        told("dns_query", "network", "protocol info", "", "dnsmasq.log"),
        **_DNS,
    ),
    saying(
        rf"{_EXTRA}forwarded (?P<question>\S{{1,1024}}) to (?P<dst>[^\s#]{{2,64}})(?:#\d+)?",
        told("dns_forwarded", "network", "protocol info", "", "dnsmasq.log"),
        **_DNS,
    ),
    saying(
        rf"{_EXTRA}(?P<origin>reply|cached(?:-stale)?|config|DHCP|/\S{{1,256}}) "
        rf"(?P<question>\S{{1,1024}}) is (?P<answer>.{{1,1024}})",
        told("dns_reply", "network", "protocol info", "", "dnsmasq.log"),
        **_DNS,
    ),
    saying(
        r"possible DNS-rebind attack detected: (?P<question>\S{1,1024})",
        told("dns_rebind", "network", "protocol denied", "failure", "dnsmasq.log"),
        **_DNS,
    ),
)
_ANSWERED = re.compile(r"<?([A-Z]{2,16})(?:-IPv[46])?>?")


def read_named(message: str) -> Told | None:
    """Give what a message of BIND tells; None where it is none of these."""
    said = first_said(_NAMED, message)
    if said is not None:
        said.fields.pop("observer.ingress.interface.name", None)
        if "approved" in str(said.event.get("reason", "")):
            said.event.update({"outcome": "success", "type": ["protocol", "allowed"]})
    return said


def read_unbound(message: str) -> Told | None:
    """Give what a message of Unbound tells; None where it is none of these."""
    said = first_said(_UNBOUND, message)
    if said is not None:
        question = str(said.fields.get("dns.question.name", ""))
        said.fields["dns.question.name"] = question.removesuffix(".") or "."
        rcode = said.fields.get("dns.response_code")
        if rcode:
            said.event["outcome"] = "success" if rcode in ("NOERROR", "NXDOMAIN") else "failure"
    return said


def read_dnsmasq(message: str) -> Told | None:
    """Give what a message of dnsmasq's name service tells; None where it is none of these."""
    said = first_said(_DNSMASQ, message)
    answer = str(said.native.get("answer", "")) if said is not None else ""
    if said is not None and answer:
        if found := address(answer):
            said.fields["dns.resolved_ip"] = [found]
        said.fields["dns.answers"] = [{"data": answer}]
        code = _ANSWERED.fullmatch(answer)
        if code is not None and code[1] in ("NXDOMAIN", "SERVFAIL", "REFUSED"):
            said.fields["dns.response_code"] = code[1]
    return said
