"""The policy table as it is written: kinds with their groups of fields, grants, acts, break-glass.

Data of ``rules/access/policy.yml``; whoever runs the system may name another file. Everything wrong
is told at once, with its line.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from pipeline.access.viewer import Role
from pipeline.documents import Place, read_yaml, validated
from pipeline.errors import ConfigurationError, Problem
from pipeline.model import NANOSECONDS

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Path_ = Annotated[str, StringConstraints(pattern=r"^[^.\s]+(\.[^.\s]+)*$")]
Basis = Annotated[str, StringConstraints(min_length=3, max_length=200)]
Left = Literal["full", "stub", "absent"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Group(_Part):
    """Fields that are given together.

    ``personal``: after several factors only (418-V 36(1)). ``own``: shown, and never asked by.
    """

    fields: Annotated[tuple[Path_, ...], Field(min_length=1)]
    personal: bool = False
    own: bool = False


class KindRow(_Part):
    """A kind of document: where it names its object, its time and its guard's decision.

    ``withheld`` is a field that says something where the row is withheld; ``stub`` is what is left
    of such a row.
    """

    object: Path_
    time: str
    guard: str = ""
    withheld: str = ""
    stub: tuple[Path_, ...] = ()
    groups: dict[Name, Group]


class Rows(_Part):
    """Which rows a grant gives; what is said holds together."""

    all: bool = False
    own: bool = False
    mandate: bool = False
    flags: tuple[str, ...] = ()
    commissioned: bool = False
    routed: tuple[Name, ...] = ()
    told: bool = False
    to: tuple[Name, ...] = ()
    addressed: tuple[Name, ...] = ()
    party: bool = False
    within: bool = False


class Withheld(_Part):
    """What a role sees of withheld rows: of which a record bore a mark, of no open object."""

    stub: Left = "absent"
    hold: Left = "absent"


class Grant(_Part):
    """What a role reads of a kind, and on which ground."""

    role: Role
    kind: Name
    rows: Rows
    groups: Annotated[tuple[Name, ...], Field(min_length=1)]
    withheld: Withheld = Withheld()
    basis: Basis
    set_by: Literal["statute", "by-law", "policy"] = "policy"


class PageRow(_Part):
    """A page that is no row of a store: statistics, versions, verification."""

    name: Name
    roles: tuple[Role, ...]
    basis: Basis


class ActsRow(_Part):
    """Commands that roles may leave."""

    roles: tuple[Role, ...]
    commands: tuple[Name, ...]
    basis: Basis


class GroundRow(_Part):
    """Roles that say on which ground they read (418-V 35(4))."""

    roles: tuple[Role, ...]
    basis: Basis


class GlassRow(_Part):
    """What a role sees once it broke the glass: what another does, or what is withheld."""

    role: Role
    sees_as: Role | None = None
    withheld: Left | None = None
    basis: Basis


class PolicyFile(_Part):
    """The whole table, with who set it and when."""

    schema_: Literal["saqshy.access/1"] = Field(alias="schema")
    author: Annotated[str, StringConstraints(min_length=1)]
    set_at: date
    longest_glass_minutes: Annotated[int, Field(ge=1, le=24 * 60)]
    live_seconds: Annotated[int, Field(ge=1, le=3600)]
    kinds: dict[Name, KindRow]
    grants: tuple[Grant, ...]
    pages: tuple[PageRow, ...]
    acts: tuple[ActsRow, ...]
    grounds: tuple[GroundRow, ...] = ()
    glass: tuple[GlassRow, ...] = ()


@dataclass(frozen=True)
class Policy:
    """A valid table, for look-ups."""

    file: PolicyFile

    @cached_property
    def _grants(self) -> Mapping[tuple[Role, str], Grant]:
        return {(one.role, one.kind): one for one in self.file.grants}

    def kind(self, kind: str) -> KindRow:
        """Give a kind's row; KeyError where there is none."""
        return self.file.kinds[kind]

    def grant(self, role: Role, kind: str) -> Grant | None:
        """Give what a role reads of a kind; None: nothing."""
        return self._grants.get((role, kind))

    def page(self, name: str) -> PageRow | None:
        """Give a page's row."""
        return next((one for one in self.file.pages if one.name == name), None)

    def acts(self, role: Role) -> frozenset[str]:
        """Give the commands that a role may leave."""
        rows = (one for one in self.file.acts if role in one.roles)
        return frozenset(name for one in rows for name in one.commands)

    def needs_ground(self, role: Role) -> bool:
        """Tell whether a role must say on which ground it reads."""
        return any(role in one.roles for one in self.file.grounds)

    def glass(self, role: Role) -> GlassRow | None:
        """Give what a role sees behind the glass; None: it may not break it."""
        return next((one for one in self.file.glass if one.role is role), None)

    @property
    def longest_glass(self) -> int:
        """Give for how long a glass stays broken at most, nanoseconds."""
        return self.file.longest_glass_minutes * 60 * NANOSECONDS

    @property
    def live(self) -> int:
        """Give within how long reads of the same thing are recorded as one, nanoseconds."""
        return self.file.live_seconds * NANOSECONDS


def load_policy(path: Path) -> Policy:
    """Read a policy table; ConfigurationError with everything that is wrong in it."""
    document = read_yaml(path)
    file = validated(PolicyFile, document)
    problems = [document.problem(place, message) for place, message in _contradictions(file)]
    if problems:
        raise ConfigurationError(_by_line(problems))
    return Policy(file)


def _by_line(problems: list[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda one: (one.line, one.message))


def _contradictions(file: PolicyFile) -> Iterator[tuple[Place, str]]:
    for name, kind in file.kinds.items():
        yield from _kind_problems(name, kind)
    seen: set[tuple[Role, str]] = set()
    for index, grant in enumerate(file.grants):
        place: Place = ("grants", index)
        if (grant.role, grant.kind) in seen:
            yield place, f"{grant.role} has a second grant of {grant.kind}: make one of both"
        seen.add((grant.role, grant.kind))
        yield from ((place, message) for message in _grant_problems(file, grant))
    glassed = [one.role for one in file.glass]
    for index, row in enumerate(file.glass):
        if glassed.count(row.role) > 1:
            yield ("glass", index), f"{row.role} stands twice"
        if (row.sees_as is None) == (row.withheld is None):
            yield ("glass", index), "say either sees_as or withheld"


def _kind_problems(name: str, kind: KindRow) -> Iterator[tuple[Place, str]]:
    owners: dict[str, str] = {}
    for group, row in kind.groups.items():
        for field in row.fields:
            if field in owners:
                message = f"the field {field!r} stands in {owners[field]!r} too: keep one"
                yield ("kinds", name, "groups", group), message
            owners[field] = group
    if (kind.guard or kind.withheld) and not kind.stub:
        yield ("kinds", name), "rows can be withheld, and no stub says what is left of them"


def _grant_problems(file: PolicyFile, grant: Grant) -> Iterator[str]:
    kind = file.kinds.get(grant.kind)
    if kind is None:
        yield f"no kind is named {grant.kind!r}; known: {', '.join(sorted(file.kinds))}"
        return
    for group in grant.groups:
        if group not in kind.groups:
            known = ", ".join(sorted(kind.groups))
            yield f"{grant.kind} has no group {group!r}; known: {known}"
    if not any(getattr(grant.rows, name) for name in type(grant.rows).model_fields):
        yield "rows says nothing: say all: true where every row is meant"
    if "stub" in (grant.withheld.stub, grant.withheld.hold) and not kind.stub:
        yield f"{grant.kind} has no stub"
