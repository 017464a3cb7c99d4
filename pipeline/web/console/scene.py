"""What every page is made from: who looks, in which language, at what time, through which desk."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from functools import cached_property

from starlette.requests import Request

from pipeline.access import NotAskable, Viewer
from pipeline.model import NANOSECONDS, Instant, Json
from pipeline.model.conditions import EVERYTHING, All, Condition
from pipeline.ports.searching import Kind
from pipeline.query import QueryError, condition
from pipeline.web.console.lists import Lists
from pipeline.web.console.moments import Moments
from pipeline.web.console.parts import Message
from pipeline.web.console.record import Record
from pipeline.web.console.words import Words
from pipeline.web.console.zones import ZONE, zone_of
from pipeline.web.desk import Asked, Desk, Listed
from pipeline.web.markup import Html, element


class Absent(Exception):
    """There is no such page or thing for who looks; whether for others is not told."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What the wiring tells beside the desk's rows; a page asks only where its viewer may.

    ``duties`` gives the countdowns of an object (``pipeline.registry.Duty`` as documents),
    ``clocks`` the terms that run for an incident (``notify.clock.TermClock`` as documents),
    ``changes`` the revisions of an object's record with who, when, why and the fields that differ,
    ``health`` the state of sources and parts, ``contents`` the bundles of content in force,
    ``marked`` whether a file's bytes bear a secrecy mark (None: it cannot be looked into).
    ``at_once`` is how many nanoseconds count as *at once*: a policy of the centre, since the law
    gives no number. ``zone`` is the centre's.
    """

    duties: Callable[[str], Sequence[Json]] = lambda _object: ()
    clocks: Callable[[str], Sequence[Json]] = lambda _incident: ()
    changes: Callable[[str], Sequence[Json]] = lambda _object: ()
    health: Callable[[], Json] = dict
    contents: Callable[[], Json] = dict
    marked: Callable[[bytes], bool | None] = lambda _data: False
    at_once: int = 60 * NANOSECONDS
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file that came with a form: measured here, and kept nowhere."""

    name: str
    sha256: str
    size: int
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Scene:
    """One request of one viewer."""

    request: Request
    viewer: Viewer
    desk: Desk
    beside: Beside
    words: Words
    now: Instant
    form: Mapping[str, Sequence[str]] = field(default_factory=dict)
    files: Mapping[str, Uploaded] = field(default_factory=dict)

    @cached_property
    def at(self) -> Moments:
        """Write times."""
        return Moments(self.words, self.now)

    @cached_property
    def record(self) -> Record:
        """Write records of objects, their times in the reader's zone, else in the centre's."""
        return Record(self.words, zone_of(self.request.cookies.get(ZONE, ""), self.beside.zone))

    @cached_property
    def lists(self) -> Lists:
        """Write lists."""
        return Lists(self.words, self.at, self.beside.at_once)

    @cached_property
    def me(self) -> Json:
        """Tell what there is for the viewer: kinds, pages, commands."""
        return self.desk.me(self.viewer)

    @property
    def query(self) -> Mapping[str, str]:
        """Give the address's query."""
        return self.request.query_params

    def path(self, name: str) -> str:
        """Give a part of the address's path."""
        return str(self.request.path_params[name])

    def has(self, kind: Kind) -> bool:
        """Tell whether the viewer has rows of a kind."""
        return kind.value in self.me["kinds"]

    def condition(self, text: str, kind: Kind, *more: Condition) -> Condition:
        """Read what somebody typed; QueryError where it is no question."""
        asked = condition(text, kind, self.now) if text.strip() else EVERYTHING
        parts = tuple(one for one in (asked, *more) if one != EVERYTHING)
        return parts[0] if len(parts) == 1 else All(parts)

    def page(self, kind: Kind, *more: Condition, limit: int = 50, sort: str = "") -> Listed:
        """Give the newest rows of a kind that fit."""
        where = more[0] if len(more) == 1 else All(more)
        return self.desk.page(self.viewer, Asked(kind, where, sort=sort, limit=limit))

    def mistaken(self, error: QueryError | NotAskable | ValueError, text: str) -> Message:
        """Tell what is wrong with a question, at its place in it."""
        say = self.words
        if isinstance(error, NotAskable):
            return Message([say("search.no_field", field=error.field)], "bad")
        if isinstance(error, QueryError):
            at = error.position
            marked: Html | str = element(
                "code", text[:at], element("mark", text[at : at + 1] or "…"), text[at + 1 :]
            )
            why = element("span", f"{error.problem}; {error.way_out}", lang="en")
            return Message([say("search.wrong", place=str(at + 1)), marked, why], "bad")
        return Message([say("search.refused"), element("span", str(error), lang="en")], "bad")
