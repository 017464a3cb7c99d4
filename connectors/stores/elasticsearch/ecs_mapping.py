"""Which fields of ECS are indexed, and how; all others are kept in the document and not indexed.

ECS has 2,600 fields, and an index of a day that maps each of them is slow to open and to fill.
These are what people search and dashboards count by. A test holds the types equal to the schema's
own, but for those that not every edition of Elasticsearch has: ``wildcard`` and
``constant_keyword`` are ``keyword`` here, ``match_only_text`` is ``text``, ``scaled_float`` is
``float``.
"""

from typing import Final

from pipeline.model import Json

LONGEST_TERM: Final = 8191  # characters: of four bytes at most, so that Lucene takes every term

_HASHES = "hash.md5 hash.sha1 hash.sha256"
_FIELDS: Final = f"""
keyword agent id name type version
keyword client address domain
ip client ip
long client bytes packets port
keyword cloud account.id instance.id provider region
keyword container id image.name name
keyword destination address as.organization.name domain geo.country_iso_code user.name
ip destination ip nat.ip
long destination as.number bytes packets port
geo_point destination geo.location
keyword device id
keyword dll {_HASHES} name path pe.imphash
keyword dns answers.data answers.name question.name question.registered_domain question.type
keyword dns response_code
ip dns resolved_ip
keyword email from.address message_id subject to.address attachments.file.hash.sha256
keyword error code type
keyword event action category code dataset id kind module outcome provider reason timezone
keyword event type
date event created end start
long event duration sequence severity
float event risk_score
keyword file directory extension {_HASHES} name path pe.imphash
long file size
keyword group id name
keyword host hostname id mac name os.family os.name os.type os.version
ip host ip
keyword http request.method request.referrer version
long http request.bytes response.bytes response.status_code
keyword log file.path level logger syslog.appname syslog.hostname
keyword network application community_id direction protocol transport type vlan.id
long network bytes packets
keyword observer hostname name product serial_number type vendor
ip observer ip
keyword orchestrator namespace resource.name
keyword organization id name
keyword process command_line entity_id executable {_HASHES} name parent.command_line
keyword process parent.entity_id
keyword process parent.executable parent.name pe.imphash pe.original_file_name user.name
keyword process working_directory
long process parent.pid pid
keyword registry data.strings hive key path value
keyword related hash hosts user
ip related ip
keyword rule category id name ruleset
keyword server address domain
ip server ip
long server bytes packets port
keyword service name type version
keyword source address as.organization.name domain geo.country_iso_code mac user.name
ip source ip nat.ip
long source as.number bytes packets port
geo_point source geo.location
keyword threat indicator.type indicator.name tactic.id technique.id
keyword tls client.ja3 client.server_name server.ja3s version
keyword trace id
keyword url domain full original path query registered_domain scheme
keyword user domain email full_name id name target.name target.id effective.name effective.id
keyword user changes.name
keyword user_agent name original os.name
keyword vulnerability id severity
"""
# Names of the schema's first level under which nothing is indexed.
_KEPT: Final = (
    "data_stream", "ecs", "entity", "faas", "gen_ai", "package", "span", "transaction", "volume",
)  # fmt: skip


def ecs_properties() -> Json:
    """Give the mapping of an event's ECS fields, by the schema's names of the first level."""
    found: Json = {
        "@timestamp": {"type": "date"},
        "labels": flattened(),
        "message": {"type": "text", "norms": False, "index_options": "docs"},
        "tags": keyword(),
    }
    for row in _FIELDS.strip().splitlines():
        kind, above, *names = row.split()
        top = found.setdefault(above, {"type": "object", "dynamic": False, "properties": {}})
        for name in names:
            _place(top["properties"], name.split("."), kind)
    return found | {name: {"type": "object", "enabled": False} for name in _KEPT}


def keyword() -> Json:
    """Map text that is compared as a whole; what is too long for that is kept and not indexed."""
    return {"type": "keyword", "ignore_above": LONGEST_TERM}


def flattened() -> Json:
    """Map an object of any keys as one field: each value can be asked for, none adds a mapping."""
    return {"type": "flattened", "ignore_above": 1024, "depth_limit": 64, "doc_values": False}


def _place(properties: Json, path: list[str], kind: str) -> None:
    for name in path[:-1]:
        properties = properties.setdefault(name, {"properties": {}})["properties"]
    properties[path[-1]] = keyword() if kind == "keyword" else {"type": kind}
