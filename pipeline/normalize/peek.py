"""The little that a collector must know of a record before it may keep it: host and mark fields."""

from datetime import UTC
from typing import Any

import orjson

from pipeline.model import Json
from pipeline.normalize.formats import rfc3164, rfc5424, windows_json
from pipeline.normalize.formats.carried import carried, message_of
from pipeline.normalize.formats.carried_line import carried_line
from pipeline.normalize.formats.names import JSON_FORMATS, TEXT_FORMATS, parser
from pipeline.normalize.formats.signs import format_shown
from pipeline.normalize.jsontext import read_object
from pipeline.normalize.keyvalue import pairs
from pipeline.normalize.mark_fields import read_marks
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.text import decode
from pipeline.normalize.windows.places import EVENT_DATA

_WINDOWS_HOSTS: tuple[tuple[str, ...], ...] = (
    ("Computer",),
    ("Hostname",),
    ("computer_name",),
    ("winlog", "computer_name"),
    ("winlogbeat_winlog_computer_name",),
    ("_winlogbeat_winlog_computer_name",),
    ("winlogbeat_computer_name",),
    ("_winlogbeat_computer_name",),
    ("computer",),
    ("Event", "System", "Computer"),
    ("System", "Computer"),
)
_HOSTS: tuple[tuple[str, ...], ...] = (
    ("host", "name"),
    ("host.name",),
    ("host",),
    ("hostname",),
    ("host_name",),
    ("Host",),
    ("_HOSTNAME",),
)
_OCSF_HOSTS: tuple[tuple[str, ...], ...] = (("device", "hostname"), ("device", "name"))
_ONEC_HOSTS: tuple[tuple[str, ...], ...] = (("Server",), ("server",), ("ServerName",))
# What only Zeek writes, whose `host`, `host_name` and `hostname` are those of the watched, as these
# say themselves (RFC 9110, section 7.2; RFC 2132, section 3.14; MS-NLMP, section 2.2.1.3).
_ZEEK = frozenset(("id.orig_h", "id_orig_h", "uids", "_path", "software_type", "port_num"))
_MARKED_HOSTS: tuple[tuple[frozenset[str], tuple[tuple[str, ...], ...]], ...] = (
    (_ZEEK, _HOSTS[:2]),
    (frozenset(("http_user_agent",)), (*_HOSTS[:2], ("hostname",))),  # nginx's $host is asked for
    (frozenset(("class_uid",)), _OCSF_HOSTS),
    (frozenset(("TransactionStatus", "transactionStatus")), _ONEC_HOSTS),
)
_MARKS = frozenset[str]().union(*(marks for marks, _ in _MARKED_HOSTS))


class _Peek:
    """Two looks into a record: at what it names, and with care at what may be a secrecy mark."""

    __slots__ = ()

    def __call__(
        self,
        record: bytes,
        format: str,  # noqa: A002 (the word of the port)
        fields: tuple[str, ...] = (),
        preamble: bytes = b"",
    ) -> dict[str, str]:
        """Give ``host`` and the named fields of a record, as far as it has them; never raises.

        A field is named as the vendor does, dotted where it is nested; in syslog it is looked for
        in structured data (``element.parameter``), in JSON or in pairs of the message. The host is
        the one that ``Normalizer`` puts into ``host.name``: of a forwarded event the computer, not
        its collector. Values that are no text are given as JSON. ``preamble`` names the columns of
        records that are rows.
        """
        if record[:1] == b"{" or format in JSON_FORMATS:
            document = _document(record)
            return {} if document is None else _peek_json(document, fields)
        decoded = decode(record)
        if isinstance(decoded, Refusal):
            return {}
        text = decoded[0].lstrip("\ufeff \t\r\n\x00")
        if text[:1] == "{":
            found = read_object(record)
            return {} if isinstance(found, Refusal) else _peek_json(found[0], fields)
        name = format_shown(text, preamble) if format in TEXT_FORMATS else format
        if name:
            return _peek_parsed(_read_whole(record, name, preamble), fields)
        return _peek_syslog(text, fields)

    marks = staticmethod(read_marks)


peek = _Peek()


def _peek_text(text: str, fields: tuple[str, ...]) -> dict[str, str]:
    if name := format_shown(text):
        return _peek_parsed(_read_whole(text.encode("utf-8", "replace"), name, b""), fields)
    return _peek_syslog(text, fields)


def _read_whole(record: bytes, format: str, preamble: bytes) -> Parsed | Refusal:  # noqa: A002
    """Read a record of a format of its own as the normaliser will, its time aside."""
    return parser(format)(record, Context(0, 0, UTC, preamble))


def _peek_parsed(answer: Parsed | Refusal, fields: tuple[str, ...]) -> dict[str, str]:
    if isinstance(answer, Refusal):
        return {}
    host = answer.ecs.get("host", {}).get("name")
    peeked = {"host": host} if isinstance(host, str) and host else {}
    for name in fields:
        value = lookup(answer.native, name)
        if value is not None:
            peeked[name] = _text(value)
    return peeked


def _document(record: bytes) -> Json | None:
    """Decode a JSON object, without looking how deep it is: nothing here follows it down."""
    try:
        document = orjson.loads(record)
    except orjson.JSONDecodeError:
        found = read_object(record)
        return None if isinstance(found, Refusal) else found[0]
    return document if isinstance(document, dict) else None


def _peek_json(document: Json, fields: tuple[str, ...]) -> dict[str, str]:
    host = document.get("Computer") or document.get("Hostname") if "EventID" in document else None
    if host.__class__ is str and not fields:
        return {"host": host}
    peeked = _peek_carried(document, fields)
    for path in () if "host" in peeked else _hosts_of(document):
        value = _at(document, path)
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if isinstance(value, str) and value:
            peeked["host"] = value
            break
    for name in fields:
        if name in peeked:
            continue
        value = lookup(document, name)
        if value is None:
            value = next(filter(None, (_at(document, (*path, name)) for path in EVENT_DATA)), None)
        if value is not None:
            peeked[name] = _text(value)
    return peeked


def _peek_carried(document: Json, fields: tuple[str, ...]) -> dict[str, str]:
    """Peek into the record that a shipper's document carries as text, as it will be read."""
    if message_of(document) is None and "category" not in document:
        return {}
    text = carried(document)
    if text is None:
        line = carried_line(document)
        return {} if line is None else _peek_text(line, fields)
    found = read_object(text.encode("utf-8", "replace"))
    return {} if isinstance(found, Refusal) else _peek_json(found[0], fields)


def _hosts_of(document: Json) -> tuple[tuple[str, ...], ...]:
    """Give where a document's own host stands, never where a watched one says who it is."""
    if "uid" in document and isinstance(document.get("id"), dict):
        return _HOSTS[:2]  # Zeek's, by a shipper that nests names
    if not document.keys().isdisjoint(_MARKS):
        return next(hosts for marks, hosts in _MARKED_HOSTS if not marks.isdisjoint(document))
    return _WINDOWS_HOSTS + _HOSTS if windows_json.reader(document) else _HOSTS


def _peek_syslog(text: str, fields: tuple[str, ...]) -> dict[str, str]:
    host = rfc5424.peek_host(text)
    peeked: dict[str, str] = {}
    rest = ""
    if host is None:
        host, rest = rfc3164.peek_message(text)
    if host:
        peeked["host"] = host
    if name := format_shown(rest):  # a device may name itself inside, behind a relay's header
        peeked |= _peek_parsed(_read_whole(rest.encode("utf-8", "replace"), name, b""), fields)
    fields = tuple(name for name in fields if name not in peeked)
    if not fields:
        return peeked
    data = rfc5424.peek_data(text)
    said = pairs(text)
    inner = _inner_json(text)
    for name in fields:
        for part in (data, inner, said):
            value = lookup(part, name)
            if value is not None:
                peeked[name] = _text(value)
                break
    return peeked


def _inner_json(text: str) -> Json:
    at = text.find("{")
    if at < 0:
        return {}
    found = read_object(text[at:].encode("utf-8", "replace"))
    return {} if isinstance(found, Refusal) else found[0]


def lookup(document: Json, name: str) -> Any:
    """Give what stands under a dotted name, whether its parts are nested, dotted or both."""
    if name in document:
        return document[name]
    at = name.find(".")
    while at > 0:
        inner = document.get(name[:at])
        if isinstance(inner, dict):
            found = lookup(inner, name[at + 1 :])
            if found is not None:
                return found
        at = name.find(".", at + 1)
    return None


def _at(document: Json, path: tuple[str, ...]) -> Any:
    value: Any = document
    for part in path:
        if not isinstance(value, dict):
            return None
        value = value.get(part)
    return value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
