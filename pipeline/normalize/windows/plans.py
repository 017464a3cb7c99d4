"""What each kind of Windows event fills, made ready from the table ``windows.yml``.

A plan is what the table says of one provider's event: constants of ``event.*`` and, by ECS object,
which field is filled from which value by which conversion.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from pipeline.model import Json
from pipeline.normalize.ecs_schema import address, fields, number
from pipeline.normalize.windows.plan_table import EventEntry, Table, listed, table
from pipeline.normalize.windows.values import KINDS

AUDITING = "Microsoft-Windows-Security-Auditing"

Convert: TypeAlias = Callable[[str], Any] | None


class Member:
    """A field's name ("" where its conversion fills several), its source, how that is read."""

    __slots__ = ("convert", "leaf", "source")

    def __init__(self, leaf: str, source: str, convert: Convert) -> None:
        self.leaf: str = leaf
        self.source: str = source
        self.convert: Convert = convert


class Group:
    """An ECS object and the members that fill it."""

    __slots__ = ("members", "path")

    def __init__(self, path: tuple[str, ...], members: list[Member]) -> None:
        self.path: list[str] = list(path)
        self.members: list[Member] = members


@dataclass(frozen=True, slots=True)
class Plan:
    """What to fill for one kind of event. ``event`` holds the constants of ``event.*``.

    ``joined`` are names of values that stand in several parts, with the parts' names. ``system``
    is the operating system, which also names the vocabulary.
    """

    event: Json
    category: list[str]
    type: list[str]
    groups: list[Group]
    constants: list[tuple[str, str]]
    audited: bool
    joined: list[tuple[str, list[str]]]
    system: str


def _member(target: str, text: str) -> tuple[tuple[str, ...], Member]:
    source, _, kind = text.partition(" as ")
    if kind:
        return tuple(target.split(".")), Member("", source, KINDS[kind].read)
    field = fields()[target]
    *path, leaf = target.split(".")
    convert = _CONVERSIONS.get(field.type)
    if leaf == "id" and field.type == "keyword":
        convert = _known_sid
    return tuple(path), Member(leaf, source, _alone if field.many else convert)


_CONVERSIONS: dict[str, Convert] = {"ip": address, "long": number}


def _known_sid(value: str) -> str | None:
    """Leave out the null SID, which is how auditing says that there is no account."""
    return None if value == "S-1-0-0" else value


def _alone(value: str) -> list[str]:
    return [value]


@lru_cache(maxsize=8192)
def plan(provider: str, channel: str, code: int) -> Plan:
    """Give the plan of an event; one that the table does not name gets the general plan."""
    found = table()
    named = provider or found.providers.get(channel.lower(), "")
    other = found.elsewhere.get(named)
    entry = found.events.get(other.events if other else named, {}).get(code)
    dataset = found.datasets.get(channel.lower()) or f"windows.{_slug(channel or named)}"
    event: Json = {
        "kind": entry.kind if entry else "event",
        "code": str(code),
        "dataset": dataset,
        "module": dataset.partition(".")[0],
    }
    if named:
        event["provider"] = named
    if entry is not None:
        event["action"] = entry.action
        if entry.outcome:
            event["outcome"] = entry.outcome
    groups = _groups(found, entry)
    return Plan(
        event=event,
        category=entry.category if entry else [],
        type=entry.type if entry else [],
        groups=groups,
        constants=list(entry.set.items()) if entry else [],
        audited=named == AUDITING and not (entry and entry.outcome),
        joined=_joined(groups),
        system=other.system if other else "windows",
    )


def _joined(groups: list[Group]) -> list[tuple[str, list[str]]]:
    r"""Give the sources that are several, written ``Key\Value``, with their parts."""
    sources = dict.fromkeys(one.source for group in groups for one in group.members)
    return [(one, one.split("\\")) for one in sources if "\\" in one]


def _groups(found: Table, entry: EventEntry | None) -> list[Group]:
    grouped: dict[tuple[str, ...], list[Member]] = {}
    used = entry.use if entry else ["writer"]
    for sources in (*(found.sets[name] for name in used), entry.fields if entry else {}):
        for target, source in sources.items():
            for text in listed(source):
                path, member = _member(target, text)
                grouped.setdefault(path, []).append(member)
    # An object stands before what stands inside it, so that the inner one is put into it.
    return [Group(path, grouped[path]) for path in sorted(grouped)]


def _slug(channel: str) -> str:
    return "_".join("".join(c if c.isalnum() else " " for c in channel.lower()).split()) or "event"
