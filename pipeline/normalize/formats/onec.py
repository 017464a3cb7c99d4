"""1C:Enterprise's event log as the platform exports it: one ``v8e:Event`` element.

Its members keep their names, structures of ``Data`` become ``Data.NAME``. The time has no zone.
What an event means for ECS stands in ``datasets/onec.yml``, which serves exports as JSON too.
Source: 1C:Enterprise 8.3, Administrator Guide, appendix 2 (namespace http://v8.1c.ru/eventLog).
"""

import re
from functools import cache
from xml.etree.ElementTree import Element, ParseError, fromstring

from pipeline.model import FailureCode, Json, TimeConfidence
from pipeline.normalize.dataset_entry import DatasetEntry
from pipeline.normalize.datasets import name_dataset, recognised, table
from pipeline.normalize.moments import moment
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.text import decode

NAME = "onec"
DATASET = "onec.event_log"

_MOST_VALUES = 512  # of one event; an array of rights may be long
_DEPTH = 24
_BEGIN = re.compile(r"\s*(?:<\?xml[^<>]{0,200}\?>\s*)?(?:<v8e:EventLog[^<>]{0,2000}>\s*)?")
_EVENT = re.compile(r"<v8e:Event[\s>]")
_END = "</v8e:Event>"
_TAG = re.compile(r"<[^<>:]*+:[^<>]*+>")  # with a prefix somewhere
# No document type, and so no entity of one's own: what defusedxml forbids, at a tenth of its cost.
_DECLARED = re.compile(r"<!(?!\[CDATA\[|--)")
_PREFIX = re.compile(r"(</?)[\w.-]{1,32}:")
_ATTRIBUTE = re.compile(
    r"\s(?:xmlns(?::[\w.-]{1,32})?=(?:\"[^\"]*+\"|'[^']*+')|[\w.-]{1,32}:(?=[\w.-]{1,32}=))"
)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_NO_USER = re.compile(r"0{8}-(?:0{4}-){3}0{12}")

_NO_EVENT = Refusal(
    FailureCode.UNKNOWN_FORMAT,
    "is no <v8e:Event> of 1C's event log: export the log as XML, or set the source's format",
)
_CUT = Refusal(
    FailureCode.TRUNCATED,
    "is an event of 1C in XML without its end: raise the sender's message size, or send the file",
)


def parse(record: bytes, context: Context) -> Parsed | Refusal:
    """Read one event."""
    found = decode(record)
    if isinstance(found, Refusal):
        return found
    return read(found[0].lstrip("\ufeff \t\r\n\x00"), found[1], context) or _NO_EVENT


def read(text: str, notes: tuple[str, ...], context: Context) -> Parsed | Refusal | None:
    """Read a text that begins with the event; None where it is other XML."""
    begin = _BEGIN.match(text)
    at = begin.end() if begin else 0
    if not _EVENT.match(text, at):
        return None
    stop = text.rfind(_END)
    if stop < 0:
        return _CUT
    root = _element(text[at : stop + len(_END)])
    if isinstance(root, Refusal):
        return root
    native: Json = {}
    for member in root:
        _keep(native, member.tag, member, 0)
    if not native:
        return _NO_EVENT
    if _NO_USER.fullmatch(str(native.get("User", ""))):
        del native["User"]
    answer = Parsed(NAME, "generic", None, TimeConfidence.RECEIVED, {}, native, notes)
    name_dataset(answer, recognised(native) or _entry(), context.zone)
    answer.ecs["event"].setdefault("kind", "event")
    answer.time, answer.confidence = moment(native.get("Date"), context.zone) or (
        None,
        TimeConfidence.RECEIVED,
    )
    return answer


@cache
def _entry() -> DatasetEntry:
    """Give the entry of events that no other one means: a configuration's own, or cut down ones."""
    return next(
        entry for entry in table().datasets if entry.dataset == DATASET and len(entry.when) > 1
    )


def _element(text: str) -> Element | Refusal:
    """Parse the event without its prefixes, which are declared at the log's root, elsewhere."""
    if _DECLARED.search(text):
        return _broken("a declaration")
    plain = text.replace("<v8e:", "<").replace("</v8e:", "</")
    plain = _TAG.sub(lambda tag: _ATTRIBUTE.sub(_unprefixed, _PREFIX.sub(r"\1", tag[0])), plain)
    try:
        root: Element = fromstring(_CONTROLS.sub("\ufffd", plain))  # noqa: S314 (see _DECLARED)
    except (ParseError, ValueError) as error:
        return _broken(type(error).__name__)
    return root


def _broken(reason: str) -> Refusal:
    return Refusal(
        FailureCode.SYNTAX, f"is an event of 1C in broken XML ({reason}): export it again"
    )


def _unprefixed(attribute: re.Match[str]) -> str:
    return "" if attribute[0].lstrip().startswith("xmlns") else " "


def _keep(native: Json, name: str, element: Element, depth: int) -> None:
    """Keep an element's text under its name; of a structure each property, of a list all texts."""
    if len(native) >= _MOST_VALUES or depth > _DEPTH:
        return
    properties = [inner for inner in element if "name" in inner.attrib]
    for inner in properties:
        _keep(native, f"{name}.{inner.attrib['name']}", inner, depth + 1)
    if properties:
        return
    texts = [text for inner in _leaves(element) if (text := (inner.text or "").strip())]
    if texts:
        native[name] = texts if len(texts) > 1 else texts[0]


def _leaves(element: Element) -> list[Element]:
    return [inner for inner in element.iter() if not len(inner)][:_MOST_VALUES]
