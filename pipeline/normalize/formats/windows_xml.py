"""Windows events as XML: ``<Event xmlns=…>``, on one line or many, rendered or not.

What WEF collectors, wevtutil, NXLog, rsyslog and syslog-ng send; Sysmon's events too. It becomes
the record that ``windows_event`` reads. Nothing stands before the first element but the XML
declaration, and no document type is taken, so that no entity can be declared.
Source: Microsoft, Windows Event Log Schema, "Event", "SystemPropertiesType", "EventDataType",
"RenderingInfo"; W3C, XML 1.0, section 2.2 (characters).
"""

import re
from typing import Any
from xml.etree.ElementTree import (
    Element,
    ParseError,
    TreeBuilder,
)

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import XMLParser

from pipeline.model import FailureCode, Json
from pipeline.normalize.formats import windows_event
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.text import decode

NAME = "windows_xml"
DEPTH = 32  # real events nest to about 8
_BEGIN = re.compile(
    r"(?:<\?xml[^<>]{0,200}\?>)?\s*(?:<Events(?:\s[^<>]{0,1000})?>\s*)?(?=<Event[\s>])"
)
_END = "</Event>"
_CONTROLS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]"
    r"|&#(?:x(?:[0-8bcefBCEF]|1[0-9a-fA-F])|[0-8]|1[1-24-9]|2[0-9]|3[01]);"
)
_TEXT = re.compile(r">[^<]++")
_NUMBERED = frozenset({"EventID", "Execution"})  # attributes of theirs are numbers
_NO_EVENT = Refusal(
    FailureCode.UNKNOWN_FORMAT,
    "is XML, but no <Event> of Windows: send events of the Windows event log, or render what this "
    "is as JSON",
)
_CUT = Refusal(
    FailureCode.TRUNCATED,
    "is an event in XML without its end: raise the sender's message size, or send it over a "
    "transport that does not cut",
)
_SEVERAL = Refusal(
    FailureCode.SYNTAX,
    "is several events in one record: send each as a record, or the whole as a file",
)
_TOO_DEEP = Refusal(
    FailureCode.TOO_DEEP,
    f"nests deeper than {DEPTH} levels, which no event of Windows does: check who sends it",
)


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one record of this shape."""
    found = decode(record)
    if isinstance(found, Refusal):
        return found
    text, notes = found
    return read(text.lstrip("\ufeff \t\r\n\x00"), notes, context) or _NO_EVENT


def read(text: str, notes: tuple[str, ...], context: Context) -> Parsed | Refusal | None:
    """Read a text that begins with the event; None where it is other XML."""
    begin = _BEGIN.match(text)
    if begin is None:
        return None
    stop = text.rfind(_END)
    if stop < 0:
        return _CUT
    text = _with_line_ends(text[begin.end() : stop + len(_END)])
    root: Element | Refusal = _element(text)
    if isinstance(root, Refusal) and _CONTROLS.search(text):
        root, notes = _element(_CONTROLS.sub("\ufffd", text)), (*notes, "xml_controls")
    if isinstance(root, Refusal):
        return root
    if _is_deep(root):
        return _TOO_DEEP
    answer = windows_event.read(({"Event": _event(root)}, notes, True), context)
    if isinstance(answer, Parsed):
        answer.format = NAME
    return answer


def _with_line_ends(text: str) -> str:
    """Write CR between tags so that it stays: a parser takes it from line ends (XML 1.0, 2.11)."""
    if "\r" not in text or "<![CDATA[" in text:
        return text
    return _TEXT.sub(lambda match: match[0].replace("\r", "&#13;"), text)


def _element(text: str) -> Element | Refusal:
    """Parse one element; a document type is refused, and with it every entity of one's own."""
    parser = XMLParser(target=TreeBuilder(), forbid_dtd=True)
    try:
        parser.feed(text)
        root: Element = parser.close()
    except ParseError as error:
        return _SEVERAL if "junk after" in str(error) else _broken(str(error))
    except (DefusedXmlException, ValueError) as error:
        return _broken(type(error).__name__)
    return root


def _broken(reason: str) -> Refusal:
    return Refusal(
        FailureCode.SYNTAX,
        f"is an event in broken XML ({reason}): export or send it again, as XML unchanged",
    )


def _is_deep(root: Element) -> bool:
    level = [root]
    for _ in range(DEPTH):
        level = [inner for outer in level for inner in outer]
        if not level:
            return False
    return True


def _event(root: Element) -> Json:
    event: Json = {}
    for part in root:
        name = _local(part.tag)
        if name == "EventData":
            event[name] = _data(part)
        elif name == "System":
            event[name] = {_local(one.tag): _system(one) for one in part}
        elif name not in event:
            event[name] = _value(part)
    return event


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _system(element: Element) -> Any:
    text = (element.text or "").strip()
    if not element.attrib:
        return text or None
    attributes: Json = dict(element.attrib)
    if _local(element.tag) in _NUMBERED:
        attributes = {name: _number(value) for name, value in attributes.items()}
    return {"#attributes": attributes, "#text": text} if text else {"#attributes": attributes}


def _number(value: str) -> int | str:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else value


def _data(element: Element) -> Json:
    """Give EventData: named values by their names, unnamed ones as a list in their order."""
    found: Json = {}
    unnamed: list[str] = []
    for one in element:
        name = one.get("Name")
        if len(one):
            _add(found, name or _local(one.tag), _value(one))
        elif name:
            _add(found, name, _plain(one))
        elif _local(one.tag) == "Data":
            unnamed.append(_plain(one))
        else:
            _add(found, _local(one.tag), one.text)
    if unnamed:
        found["Data"] = {"#text": unnamed}
    if element.get("Name"):
        found["#attributes"] = {"Name": element.get("Name")}
    return found


def _plain(element: Element) -> str:
    """Give an element's text; a line end and blanks alone are a printer's."""
    text = element.text or ""
    return text if "\n" not in text or text.strip() else ""


def _value(element: Element) -> Any:
    """Give any other element: its text, or its members by their names."""
    text = _plain(element)
    if not len(element) and not element.attrib:
        return text
    found: Json = {"#attributes": dict(element.attrib)} if element.attrib else {}
    for one in element:
        _add(found, _local(one.tag), _value(one))
    if text.strip():
        found["#text"] = text
    return found


def _add(found: Json, name: str, value: Any) -> None:
    """Put a member beside others; a name that stands twice holds a list."""
    if name not in found:
        found[name] = value
    elif isinstance(found[name], list):
        found[name].append(value)
    else:
        found[name] = [found[name], value]
