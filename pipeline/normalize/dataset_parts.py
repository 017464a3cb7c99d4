"""Parts of a dataset's entry that shape values before they fit ECS (``datasets/README.md``).

Nothing here fails on a value: what does not fit gives None.
"""

import re
from datetime import tzinfo
from functools import cached_property
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from pipeline.model import Json, instant
from pipeline.normalize.ecs_schema import fitting
from pipeline.normalize.members import is_path, members
from pipeline.normalize.pattern import Pattern, pattern_of
from pipeline.normalize.reshaping import SHAPES, Shape, moved, word
from pipeline.normalize.tree import put

_LONGEST_URL = 8192


def listed(value: object) -> object:
    """Give a list as it is and anything else as a list of one."""
    return value if isinstance(value, list | tuple) else [value]


Names = Annotated[tuple[str, ...], BeforeValidator(listed)]


class Made(BaseModel):
    """A value that is shaped before it fits: ``of`` the first name that is there, ``as`` a shape.

    ``prefix`` stands before a text; ``plus`` names a number of seconds that is added to a date;
    ``but`` are values that say nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    of: Names
    shape: Shape = Field(alias="as")
    prefix: str = ""
    plus: str = ""
    but: tuple[str, ...] = ()

    def __call__(self, native: Json, zone: tzinfo) -> Any:
        """Give the shaped value; None where none is there or fits."""
        shaped = SHAPES[self.shape]
        for name in self.of:
            value = members(native, name) if is_path(name) else native.get(name)
            made = None if value is None else shaped(value, zone)
            if made is None or made in self.but:
                continue
            if self.plus:
                return moved(made, native.get(self.plus))
            return made if not self.prefix or made.startswith(self.prefix) else self.prefix + made
        return None


class Part(BaseModel):
    """A part of a text: what stands behind ``after`` and before ``before`` ("": to the end).

    ``of``: names of the vendor's field, the first in which ``after`` stands counts; case aside.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    of: Names
    after: str
    before: str = ""

    def __call__(self, native: Json) -> str | None:
        """Give the part; None where no text has it."""
        for name in self.of:
            text = native.get(name)
            if isinstance(text, str):
                at = text.casefold().find(self.after.casefold())
                if at >= 0:
                    rest = text[at + len(self.after) :]
                    return (rest.partition(self.before)[0] if self.before else rest) or None
        return None


class Objects(BaseModel):
    """A vendor's list of objects as ECS has it; ``each``: ECS's member: the vendor's.

    Without ``of`` the vendor's members are lists beside each other, whose items belong together.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    of: str = ""
    each: dict[str, str]

    def __call__(self, native: Json) -> list[Json] | None:
        """Give the list; None where there is none, or nothing in it."""
        made = [
            {to: _plain(item[of]) for to, of in self.each.items() if item.get(of) is not None}
            for item in self._items(native)
        ]
        return [one for one in made if one] or None

    def _items(self, native: Json) -> list[Json]:
        if self.of:
            value = native.get(self.of)
            items = value if isinstance(value, list) else ()
            return [item for item in items if isinstance(item, dict)]
        columns = {name: native.get(name) for name in self.each.values()}
        lists = {name: items for name, items in columns.items() if isinstance(items, list)}
        most = max(map(len, lists.values()), default=0)
        return [
            {name: items[at] for name, items in lists.items() if at < len(items)}
            for at in range(most)
        ]


class Control(BaseModel):
    """By what a controller is written, operated, loaded, stopped or configured.

    ``of``: names of the operation, the first that is there counts; ``values``: those that change
    something; ``unless``: fields by which the record is an answer. Such a record is a change of
    configuration beside what else it is (ECS: ``configuration``, ``change``).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    of: Names
    values: tuple[str, ...]
    unless: dict[str, tuple[str, ...]] = {}

    def __call__(self, ecs: Json, native: Json) -> None:
        """Mark an event as a change where it is one."""
        text = next((_folded(native[name]) for name in self.of if name in native), "")
        if not any(pattern.fits(text) for pattern in self._patterns):
            return
        if any(_folded(native.get(name)) in texts for name, texts in self.unless.items()):
            return
        for path, value in (("category", "configuration"), ("type", "change")):
            said = ecs["event"].setdefault(path, [])
            if value not in said:
                said.append(value)

    @cached_property
    def _patterns(self) -> tuple[Pattern, ...]:
        return tuple(map(pattern_of, self.values))


def summed(ecs: Json, names: tuple[tuple[str, ...], ...]) -> int | None:
    """Add whole numbers that stand in ECS fields, by the steps to them; None where none does."""
    found = []
    for steps in names:
        at: Any = ecs
        for step in steps:
            at = at.get(step) if type(at) is dict else None
        if type(at) is int:
            found.append(at)
    return sum(found) if found else None


def put_duration(ecs: Json) -> None:
    """Put how long an event lasted, where its start and end are known and it does not say."""
    event = ecs["event"]
    if "duration" not in event and "start" in event and "end" in event:
        lasted = instant(event["end"]) - instant(event["start"])
        if lasted >= 0:
            event["duration"] = lasted


def put_flags(ecs: Json, path: str, words: dict[str, str], native: Json) -> None:
    """Put the words whose fields are true; nothing where none is."""
    said = [text for text, name in words.items() if native.get(name) is True]
    if said:
        put(ecs, path, said)


_PLACE = re.compile(r"\{([\w.]+):(\w+)\}")


def filled(name: str, native: Json) -> str:
    """Give a dataset's name with a value in place of ``{field:word}``, else the word."""
    if "{" not in name:
        return name

    def said(match: re.Match[str]) -> str:
        value = native.get(match[1])
        return (word(value) if isinstance(value, str) else "") or match[2]

    return _PLACE.sub(said, name)


def _plain(value: Any) -> Any:
    """Give a whole number that a writer gave a point as one."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _folded(value: object) -> str:
    if isinstance(value, list):
        return _folded(value[0]) if value else ""
    return str(value).casefold()


def put_url(ecs: Json, text: object) -> None:
    """Put an address, or the path of one as a request has it, and its parts."""
    if not isinstance(text, str) or not text or len(text) > _LONGEST_URL:
        return
    put(ecs, "url.original", text)
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        return
    if parts.scheme and host:
        put(ecs, "url.scheme", parts.scheme)
        put(ecs, "url.domain", host)
        if port is not None:
            put(ecs, "url.port", fitting("url.port", port))
    elif not text.startswith("/"):
        return
    for path, value in (
        ("url.path", parts.path),
        ("url.query", parts.query),
        ("url.fragment", parts.fragment),
    ):
        if value:
            put(ecs, path, value)
