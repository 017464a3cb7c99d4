"""What a record says in the fields that may carry a secrecy mark, and whether it was read whole.

``peek`` passes over what it cannot read; a guard must not. Here every value counts that any reader
of the record could take for the field's, and what does not read to its end is told, so that the
guard never takes the unread for unmarked (State Secrets Law, article 18(2); RFC 5424, section 6.3;
RFC 8259, section 4: what a repeated name means is open).
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC
from functools import cache
from typing import Any

from pipeline.normalize.formats import check_point, rfc3164, rfc5424
from pipeline.normalize.formats.carried import CARRIERS, carried
from pipeline.normalize.formats.carried_line import carried_line
from pipeline.normalize.formats.names import JSON_FORMATS, TEXT_FORMATS, parser
from pipeline.normalize.formats.signs import format_shown
from pipeline.normalize.keyvalue import pairs
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.text import decode
from pipeline.normalize.windows.places import EVENT_DATA

MOST_INNER = 64  # JSON objects that are looked into in one text; one with more is not read whole
_OBJECT = re.compile(r'\{\s*["}]')  # how JSON begins inside text
_PRIORITY = re.compile(r"<[0-9]{1,3}>")
_MARKUP = re.compile(r"<(?![0-9])")
_NAME = r"[A-Za-z0-9_.@/-]"
# Behind an empty bare value: the end, or the next pair. A word that stands there may be the value.
_EMPTY_VALUE = re.compile(rf"[\s,;|)\]}}]*(?:$|{_NAME}+\s*=)")


class _Repeated(list[Any]):
    """The values of a name that stands more than once in one JSON object."""


def read_marks(
    record: bytes,
    format: str,  # noqa: A002 (the word of the port)
    fields: tuple[str, ...],
    preamble: bytes = b"",
) -> tuple[tuple[str, ...], bool]:
    """Give all values of the named fields, and whether the record was read whole; never raises.

    A name is followed nested, dotted and through lists, as in ``peek``; values that are no text are
    given as JSON. A name that stands twice in an object, structured data that break their grammar,
    a quote without its end, bytes without a character: all this is not whole.
    """
    decoded = decode(record)
    if isinstance(decoded, Refusal):
        return (), False
    text, notes = decoded
    looked = _Look(fields)
    looked.whole = not (notes and "\ufffd" in text)
    text = text.lstrip("\ufeff \t\r\n\x00").rstrip("\x00")
    try:
        if text[:1] == "{" or format in JSON_FORMATS:
            looked.into_json(json.loads(text, object_pairs_hook=_object))
        elif name := format_shown(text, preamble) if format in TEXT_FORMATS else format:
            looked.into_parsed(parser(name)(record, Context(0, 0, UTC, preamble)), text)
        else:
            looked.into_text(text)
    except (ValueError, RecursionError):
        looked.whole = False
    return tuple(looked.values), looked.whole


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(members)
    if len(made) == len(members):
        return made
    gathered: dict[str, Any] = {}
    for name, value in members:
        if name not in gathered:
            gathered[name] = _Repeated((value,))
        else:
            gathered[name].append(value)
    return {name: held if len(held) > 1 else held[0] for name, held in gathered.items()}


_JSON = json.JSONDecoder(object_pairs_hook=_object)


class _Look:
    """One look into a record: the values found, and whether all was read on the way."""

    def __init__(self, fields: tuple[str, ...]) -> None:
        self.fields = fields
        self.values: list[str] = []
        self.whole = True

    def into_json(self, document: Any) -> None:
        """Look into a JSON object; anything else is not what was declared."""
        if not isinstance(document, dict):
            self.whole = False
            return
        for holder in (document, *_event_data(document)):
            for name in self.fields:
                self._follow(holder, name)

        self._into_carried(document)

    def _into_carried(self, document: dict[str, Any]) -> None:
        """Look into a record that a shipper's document carries as text, as it will be read."""
        if any(isinstance(document.get(name), _Repeated) for name in CARRIERS):
            self.whole = False
        text, line = carried(document), carried_line(document)
        if text is not None:
            self.into_json(json.loads(text, object_pairs_hook=_object))
        elif line is not None and (name := format_shown(line)):
            record = line.encode("utf-8", "replace")
            self.into_parsed(parser(name)(record, Context(0, 0, UTC, b"")), line)
        elif line is not None:
            self.into_text(line)

    def into_text(self, text: str) -> None:
        """Look into structured data, JSON inside the text, and pairs."""
        start = rfc5424.data_start(text)
        known = any(
            (
                _PRIORITY.match(text),
                rfc3164.peek_host(text),
                pairs(text),
                rfc3164.begins_with_code(text),
            )
        )
        if not known or _MARKUP.match(text):
            self.whole = False  # nothing that a reader knows
        message = text[start:]
        if start and message[:1] in ("[", "-"):
            data, message = rfc5424.structured_data(message)
            if data is None:
                self._into_check_point(message)
            else:
                self.into_json(data)
        if _elements(self.fields).search(message):
            self.whole = False  # an element that a mark stands in, where nobody reads elements
        self._into_inner(text)
        self._into_pairs(text)

    def _into_check_point(self, message: str) -> None:
        """Look into what is no structured data, unless it is Check Point's own list of fields."""
        said = check_point.every_field(message)
        if said is None:
            self.whole = False
        for name, value in said or ():
            if name in self.fields:
                self._take(value)

    def into_parsed(self, answer: Parsed | Refusal, text: str) -> None:
        """Look into what a format's own reader found, and into pairs and JSON beside it."""
        if isinstance(answer, Refusal):
            self.whole = False
            return
        before = len(self.values)
        for name in self.fields:
            self._follow(answer.native, name)
        read = tuple(filter(None, self.values[before:]))
        # A row of CSV doubles the quotes of JSON inside it.
        self._into_inner(text.replace('""', '"') if '{""' in text else text)
        self._into_pairs(text, read)

    def _into_inner(self, text: str) -> None:
        at, left = 0, MOST_INNER
        while begin := _OBJECT.search(text, at):
            document, at = _JSON.raw_decode(text, begin.start())
            self.into_json(document)
            left -= 1
            if not left:
                self.whole = False
                return

    def _into_pairs(self, text: str, read: tuple[str, ...] = ()) -> None:
        """Look into pairs; ``read`` are values that the format's own reader gave.

        A value that reads on over its format's delimiter, or ends at a blank inside it, is read.
        """
        for match in _pairs_of(self.fields).finditer(text):
            double, single, bare = match.groups()
            value = next(part for part in (double, single, bare) if part is not None)
            if bare and any(_same(bare, one) for one in read):
                continue
            self.values.append(value)
            if bare is None:
                continue
            end = match.end()
            if text.startswith(('"', "'"), end) or not (bare or _EMPTY_VALUE.match(text, end)):
                self.whole = False

    def _follow(self, value: Any, name: str) -> None:
        """Take whatever stands under a dotted name, in every parting of it."""
        if isinstance(value, _Repeated):
            self.whole = False
        if isinstance(value, list):
            for one in value:
                self._follow(one, name)
        elif isinstance(value, dict):
            if name in value:
                self._take(value[name])
            at = name.find(".")
            while at > 0:
                if name[:at] in value:
                    self._follow(value[name[:at]], name[at + 1 :])
                at = name.find(".", at + 1)
        elif isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
            self.whole = False  # JSON as text on the way to the field

    def _take(self, value: Any) -> None:
        if isinstance(value, _Repeated):
            self.whole = False
        if isinstance(value, list):
            for one in value:
                self._take(one)
        elif isinstance(value, dict):
            self.whole = self.whole and not value  # a value with parts is none that is known
            for one in value.values():
                self._take(one)
        elif value is not None:
            self.values.append(value if isinstance(value, str) else json.dumps(value))


def _event_data(document: dict[str, Any]) -> Iterator[Any]:
    """Give what holds a Windows event's own fields, one element further in user data too."""
    for path in EVENT_DATA:
        held: Any = document
        for part in path:
            held = held.get(part) if isinstance(held, dict) else None
        if held is None:
            continue
        yield held
        if isinstance(held, dict):
            yield from (inner for inner in held.values() if isinstance(inner, dict | list))
            yield from _named(held.get("Data"))


def _named(data: Any) -> Iterator[dict[str, Any]]:
    """Give the elements that carry their field's name as an attribute, as ``{name: value}``."""
    for element in data if isinstance(data, list) else [data]:
        if isinstance(element, dict):
            attributes = element.get("#attributes", element)
            if isinstance(attributes, dict):
                name = attributes.get("Name", attributes.get("@Name"))
                yield {str(name): element.get("#text")}


def _same(bare: str, read: str) -> bool:
    """Tell whether a bare pair is the value that was read, cut short or read on too far."""
    if read.startswith(bare):
        return True
    said = any(map(str.isalnum, read))
    return bare.startswith(read) and (said or bare[len(read)] in "^|")


@cache
def _pairs_of(fields: tuple[str, ...]) -> re.Pattern[str]:
    """Make the pattern of the fields' pairs, blanks before the sign allowed."""
    names = "|".join(map(re.escape, fields))
    return re.compile(
        rf"(?<!{_NAME})(?:{names})\s*="
        r"(?:\"((?:[^\"\\]|\\.)*+)\"|'([^']*+)'|([^\s,;|\"']*+))",
        flags=re.DOTALL,
    )


@cache
def _elements(fields: tuple[str, ...]) -> re.Pattern[str]:
    """Make the pattern of the beginning of an element that could hold one of the fields."""
    names = {re.escape(name[:at]) for name in fields for at, char in enumerate(name) if char == "."}
    return re.compile(rf"\[\s*(?:{'|'.join(sorted(names))})[\s\]]" if names else r"(?!)")
