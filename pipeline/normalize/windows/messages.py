"""The fields of a Windows event out of its rendered message: the table ``windows_messages.yml``.

Snare and shippers that give an event's strings without their names leave nothing else. A message
in lines and one whose line ends became blanks read alike. Of a label that stands twice the first
counts: what stands in a value must not pass for another.
"""

import re
from functools import cache

from pydantic import BaseModel, ConfigDict

from pipeline.model import Json
from pipeline.normalize.taxonomy import validated_taxonomy
from pipeline.normalize.windows.plans import AUDITING

FILE = "windows_messages.yml"
MOST_LABELS = 256  # of one message
MOST_WORDS = 6  # of a label
LONGEST = 64  # characters of a label
_COLON = re.compile(r":(?=\s|$)")
_BLANK = re.compile(r"[\t\r\n]")
_PARAGRAPH = re.compile(r"\r?\n[ \t]*\r?\n")


class Table(BaseModel):
    """The whole file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    plain: dict[str, tuple[str, ...]]
    headings: dict[str, dict[str, str]]
    events: dict[str, dict[int, dict[str, str]]]
    ends: tuple[str, ...]


@cache
def table() -> Table:
    """Read the table; ConfigurationError where it is broken."""
    return validated_taxonomy(FILE, Table)[0]


def fields_of(provider: str, code: int, message: str) -> Json:
    """Give the fields that a rendered message names; {} where it is in no known words."""
    names = _plain().get(provider)
    found: Json = {}
    if names is not None:
        for name, value in _labelled(names, message, len(message)):
            found.setdefault(name, value)
        return found
    own = table().events.get(provider, {}).get(code, {})
    return _by_headings(own, message) if own or provider == AUDITING else {}


def _by_headings(own: dict[str, str], message: str) -> Json:
    headings = table().headings
    found: Json = {}
    under = everywhere = headings[""]
    for label, value in _labelled(_labels(), message, _end(message)):
        if label in headings and not value:
            under = headings[label]
            continue
        name = own.get(label) or under.get(label) or everywhere.get(label)
        if name is not None:
            found.setdefault(name, _PARAGRAPH.split(value, 1)[0].rstrip())
    return found


def _labelled(known: frozenset[str], message: str, end: int) -> list[tuple[str, str]]:
    """Give known labels with what stands behind each, up to the next one or to ``end``."""
    marks: list[tuple[str, int, int]] = []
    at = 0
    for colon in _COLON.finditer(message, 0, end):
        label = _label(message[max(at, colon.start() - LONGEST) : colon.start()], known)
        if label:
            at = colon.end()
            marks.append((label, colon.start() - len(label), at))
            if len(marks) == MOST_LABELS:
                break
    stops = [*(begin for _, begin, _ in marks), end][1:]
    return [
        (label, message[behind:stop].strip())
        for (label, _, behind), stop in zip(marks, stops, strict=True)
    ]


def _label(text: str, known: frozenset[str]) -> str:
    """Give the longest known label that a text ends with; "" where it ends with none."""
    words = _BLANK.sub(" ", text).rsplit(" ", MOST_WORDS)
    found = label = ""
    for word in reversed(words):
        if not word:
            break
        label = f"{word} {label}" if label else word
        if label in known:
            found = label
    return found


def _end(message: str) -> int:
    """Give where the explanation behind the last label begins."""
    begins = (message.find(words) for words in table().ends)
    return min((begin for begin in begins if begin >= 0), default=len(message))


@cache
def _plain() -> dict[str, frozenset[str]]:
    return {provider: frozenset(names) for provider, names in table().plain.items()}


@cache
def _labels() -> frozenset[str]:
    headings, events = table().headings, table().events
    names = {label for labels in headings.values() for label in labels} | headings.keys() - {""}
    names |= {label for codes in events.values() for labels in codes.values() for label in labels}
    return frozenset(names)
