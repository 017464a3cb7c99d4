"""A message's wording as a template, and what its words fill.

A template is a regular expression in which ``<s>`` and the like stand for the parts of ``PARTS``;
each named group fills the vendor-side name and the ECS fields of ``GROUPS``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.model import Json
from pipeline.normalize.placing import Placing, transport

_ADDRESS = r"[^\s/,()]+"
_PORT = r"[\w-]+"
# A user with the domain of the identity firewall (LOCAL where it is the device's own) and a tag.
_IDENTITY = r"(?: ?\((?!type )(?:(?P<{0}d>[^(),]*)\\)?(?P<{0}>[^(),\\]*)(?:, ?[^()]*)?\))?"

_TOKEN = re.compile(r"(?<!\?P)<\w+>")
MOST_CHARACTERS = 2048  # of a message that is read by its wording: a longer one is none of Cisco's

# What stands for what: an end of a connection with interface, with mapped address, bare.
PARTS: Mapping[str, str] = {
    "<s>": rf"(?P<si>[^\s:]+): ?(?P<s>{_ADDRESS})(?:/(?P<sp>{_PORT}))?",
    "<d>": rf"(?P<di>[^\s:]+): ?(?P<d>{_ADDRESS})(?:/(?P<dp>{_PORT}))?",
    "<sn>": rf"(?: \((?P<sn>{_ADDRESS})(?:/(?P<snp>{_PORT}))?\))?",
    "<dn>": rf"(?: \((?P<dn>{_ADDRESS})(?:/(?P<dnp>{_PORT}))?\))?",
    "<sa>": rf"(?P<s>{_ADDRESS})(?:/(?P<sp>{_PORT}))?",
    "<da>": rf"(?P<d>{_ADDRESS})(?:/(?P<dp>{_PORT}))?",
    "<su>": _IDENTITY.format("su"),
    "<du>": _IDENTITY.format("du"),
    "<proto>": r"(?P<proto>[\w-]+)",
    "<on>": r"(?: on interface (?P<si>[^\s.]+))?\.?",
    "<user>": r"['\"<]?(?P<user>.*?)['\">]?",
    "<group>": r"[<\"]?(?P<group>[^<>\"]*?)[>\"]?",
    "<ip>": r"<?(?P<s>[^\s<>,]+)>?",
    "<rest>": r"(?P<rest>.*)",
}
# Group: the vendor-side name and what it fills of ECS.
GROUPS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "si": ("source_interface", ("observer.ingress.interface.name",)),
    "s": ("source_address", ("source",)),
    "sp": ("source_port", ("source.port",)),
    "sn": ("mapped_source_address", ("source.nat.ip",)),
    "snp": ("mapped_source_port", ("source.nat.port",)),
    "su": ("source_user", ("source.user.name",)),
    "sud": ("source_user_domain", ("source.user.domain",)),
    "di": ("destination_interface", ("observer.egress.interface.name",)),
    "d": ("destination_address", ("destination",)),
    "dp": ("destination_port", ("destination.port",)),
    "dn": ("mapped_destination_address", ("destination.nat.ip",)),
    "dnp": ("mapped_destination_port", ("destination.nat.port",)),
    "du": ("destination_user", ("destination.user.name",)),
    "dud": ("destination_user_domain", ("destination.user.domain",)),
    "proto": ("protocol", ()),
    "way": ("direction", ("network.direction",)),
    "id": ("connection_id", ("event.id",)),
    "acl": ("access_list", ("rule.name",)),
    "duration": ("duration", ()),
    "bytes": ("bytes", ("network.bytes",)),
    "reason": ("reason", ("event.reason",)),
    "flags": ("tcp_flags", ()),
    "icmp_type": ("icmp_type", ()),
    "icmp_code": ("icmp_code", ()),
    "user": ("user", ("user.name",)),
    "group": ("group", ("user.group.name",)),
    "server": ("server", ("destination",)),
    "command": ("command", ("process.command_line",)),
    "verdict": ("verdict", ()),
    "hits": ("hit_count", ()),
    "sent": ("bytes_sent", ("destination.bytes",)),
    "received": ("bytes_received", ("source.bytes",)),
    "kind": ("session_type", ()),
    "url": ("url", ("url.original",)),
    "file": ("file", ("file.path",)),
    "domain": ("domain", ("destination.domain",)),
    "level": ("threat_level", ()),
    "category": ("threat_category", ()),
    "mac": ("mac_address", ("source.mac",)),
    "interface": ("interface", ("observer.ingress.interface.name",)),
    "state": ("state", ()),
    "line": ("line", ()),
    "terminal": ("line", ()),
    "packets": ("packets", ("network.packets",)),
    "privilege": ("privilege_level", ()),
    "object": ("object", ()),
    "rest": ("detail", ()),
    "name": ("signature", ("rule.name",)),
    "number": ("signature_id", ("rule.id",)),
    "assigned": ("assigned_address", ("source.nat.ip",)),
}
_OTHER_END = {
    "si": "di", "s": "d", "sp": "dp", "sn": "dn", "snp": "dnp", "su": "du", "sud": "dud",
    "di": "si", "d": "s", "dp": "sp", "dn": "sn", "dnp": "snp", "du": "su", "dud": "sud",
}  # fmt: skip
_place = Placing({name: to for name, (_, to) in GROUPS.items()})


@dataclass(frozen=True, slots=True)
class Wording:
    """One message: its pattern, and the fields of ``event.*`` that it stands for.

    Where the direction is ``turned_by``, the ends of the connection stand the other way round.
    """

    pattern: re.Pattern[str]
    event: Json
    turned_by: str = ""

    def __call__(self, text: str, ecs: Json, native: Json) -> bool:
        """Fill what a text says; False where it is worded otherwise."""
        match = self.pattern.match(text) if len(text) <= MOST_CHARACTERS else None
        if match is None:
            return False
        said = match.groupdict("")
        names = list(said)
        if self.turned_by and said["way"] == self.turned_by:
            names = [_OTHER_END.get(name, name) for name in names]
        values = list(said.values())
        _place(ecs, names, values)
        for name, value in zip(names, values, strict=True):
            if value:
                native[GROUPS[name][0]] = value
        fill_protocol(ecs, native.get("protocol", ""))
        return True


def wording(template: str, action: str, category: str, kinds: str, outcome: str = "") -> Wording:
    """Make a message of its template and its event's fields; ``kinds`` are parted by spaces."""
    pattern = _TOKEN.sub(lambda match: PARTS[match[0]], template)
    event: Json = {"action": action, "category": category.split(), "type": kinds.split()}
    if outcome:
        event["outcome"] = outcome
    return Wording(re.compile(pattern, flags=re.DOTALL), event)


def fill_protocol(ecs: Json, said: str) -> None:
    """Fill ``network.transport``, or the protocol above it, from a protocol's name or number."""
    if said:
        known = transport(said)
        network = ecs.setdefault("network", {})
        if known:
            network.setdefault("transport", known)
        elif not said.isdigit() and said.lower() != "ip":
            network.setdefault("protocol", said.lower())
