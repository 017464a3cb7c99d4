"""The message inside a syslog header: JSON, a format of its own, a known program's words, pairs."""

from collections.abc import Callable
from importlib import import_module
from typing import TypeAlias

from pipeline.model import Json
from pipeline.normalize.completing import complete
from pipeline.normalize.datasets import name_dataset, recognised
from pipeline.normalize.formats import json_document, windows_json
from pipeline.normalize.formats.signs import read_shown
from pipeline.normalize.jsontext import read_object
from pipeline.normalize.keyvalue import first_word, pairs
from pipeline.normalize.parsed import Context, Parsed, Refusal
from pipeline.normalize.programs import read_program
from pipeline.normalize.tree import put

CEE = "@cee:"  # the cookie before JSON of the Common Event Expression (rsyslog, lumberjack)
_FEWEST_PAIRS = 2  # one "=" is found in any prose
_FORMATS = "pipeline.normalize.formats"
# Structured data under a vendor's enterprise number: the format that reads it.
_ELEMENTS = {"event@23668": "kaspersky", "Fields@1.3.6.1.4.1.2620": "check_point"}
DataReader: TypeAlias = Callable[[dict[str, str], str, Parsed, Context], Parsed]
# Programs of a Unix system whose messages are pairs all the same.
_UNIX = frozenset({"kernel", "audit", "auditd", "systemd", "useradd", "groupadd", "usermod"})


def read_message(
    answer: Parsed, program: str, message: str, context: Context, *, plain: bool = False
) -> Parsed:
    """Complete what a header gave by what its message says; the message itself is kept.

    ``plain``: it is known to begin with no format's sign.
    """
    body = message.removeprefix(CEE).lstrip(" ")
    if body[:1] == "{" and body.rstrip()[-1:] == "}":
        inner = _read_json(body, context)
        if inner is not None:
            return _inside(answer, inner)
    shown = None if plain else read_shown(body, (), context)
    if isinstance(shown, Parsed):
        return _inside(answer, shown)
    if message:
        answer.ecs["message"] = message
    told = read_program(program, message)
    if told is not None:
        answer.native.update(told.native)
        answer.ecs["event"].update(told.event)
        for path, value in told.fields.items():
            put(answer.ecs, path, value)
        return answer
    vendor = pairs(message)
    if len(vendor) >= _FEWEST_PAIRS:
        _read_pairs(answer, program, message, vendor)
    return answer


def read_data(answer: Parsed, data: Json, message: str, context: Context) -> Parsed | None:
    """Read a message whose structured data is a vendor's own; None where none is known."""
    for element in data.keys() & _ELEMENTS.keys():
        reader: DataReader = import_module(f"{_FORMATS}.{_ELEMENTS[element]}").read_data
        fields = {
            name: value[0] if isinstance(value, list) else value
            for name, value in data[element].items()
        }
        return _inside(answer, reader(fields, message, answer, context))
    return None


def _read_json(body: str, context: Context) -> Parsed | None:
    found = read_object(body.encode("utf-8", "replace"))
    if isinstance(found, Refusal):
        return None
    reader = windows_json.reader(found[0]) or json_document.read
    inner = reader(found, context)
    return None if isinstance(inner, Refusal) else inner


def _inside(answer: Parsed, inner: Parsed) -> Parsed:
    """Let the inner event speak; the header adds itself, and host and time where these lack."""
    if inner.time is None:
        inner.time, inner.confidence = answer.time, answer.confidence
    syslog = answer.ecs.get("log", {}).get("syslog")
    if syslog:
        put(inner.ecs, "log.syslog", syslog)
    if "host" in answer.ecs and "name" not in inner.ecs.get("host", ()):
        inner.ecs["host"] = {**answer.ecs["host"], **inner.ecs.get("host", {})}
    if "process" in answer.ecs and inner.taxonomy != "windows":  # there it names the forwarder
        inner.ecs.setdefault("process", answer.ecs["process"])
    inner.notes = (*answer.notes, *inner.notes, f"inside:{answer.format}")
    return inner


def _read_pairs(answer: Parsed, program: str, message: str, vendor: Json) -> None:
    answer.native.update(vendor)
    word = first_word(message)
    if word:
        put(answer.ecs, "event.action", word)
    answer.ecs["event"]["dataset"] = "syslog.keyvalue"
    if program not in _UNIX:
        answer.taxonomy = "generic"
    entry = recognised(vendor)
    if entry is not None:
        name_dataset(answer, entry)
    complete(answer.ecs, vendor)
