"""What people may do with an incident: each step, from which states, by which roles, saying what.

new -> acknowledged -> investigating -> contained -> restored -> closed, and back by ``reopen``; a
step may be left out, for an incident that is contained at once was never only acknowledged. A
candidate is decided: *yes* makes it an incident at that moment, *no* closes it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from pipeline.incidents.silences import who
from pipeline.model import Command, IncidentState, Instant

PREFIX = "incident_"  # of the commands' names
ANALYST, DUTY_LEAD = "analyst", "duty_lead"  # SPEC 6: the centre's own people
ROLES = (ANALYST, DUTY_LEAD)
REPORT = "report"
"""The step that brings a report about; its entry says of which ``kind``, and ``to`` which roles."""
LINK_KINDS: Mapping[str, str] = {
    "related": "related",
    "serial": "serial",
    "parent": "child",
    "child": "parent",
}
"""What one incident is to another, and the other to it."""
_S = IncidentState
WORKING = frozenset({_S.NEW, _S.ACKNOWLEDGED, _S.INVESTIGATING, _S.CONTAINED, _S.RESTORED})
OPEN = WORKING | {_S.CANDIDATE}
STANDING = OPEN | {_S.CLOSED}
_Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
_Object = Annotated[str, StringConstraints(pattern=r"^[^@\x00-\x1f][^\x00-\x1f]{0,199}$")]
_Person = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{0,100}$")]
_Line = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,300}$")]
_Text = Annotated[str, StringConstraints(min_length=1, max_length=8_000)]
_Says = Annotated[dict[_Line, str], Field(min_length=1, max_length=40)]


class Asked(BaseModel):
    """Which incident a step is about; ``revision`` is the one that its author saw."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    object_id: _Object
    incident: _Id
    revision: Annotated[int, Field(ge=1)] | None = None


class AskedClose(Asked):
    """How it ends: true, or benign or false, which nobody is to be told as an incident."""

    verdict: Literal["true", "benign", "false"]


class AskedAssign(Asked):
    """Whose it is from now on; "" nobody's."""

    to: _Person


class AskedNote(Asked):
    """What somebody writes down."""

    text: _Text


class AskedEvidence(Asked):
    """A piece of evidence by its hash; ``kept``: beside the store, in the folder by hash."""

    name: _Line
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    size: Annotated[int, Field(ge=0)]
    description: _Text
    kept: bool = False


class AskedTask(Asked):
    """A task that is set (``text``, for whom, until when), or one that is ``done``."""

    text: Annotated[str, StringConstraints(max_length=1_000)] = ""
    who: _Person = ""
    due: Instant | None = None
    done: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{8})?$")] = ""

    @model_validator(mode="after")
    def _one_of_both(self) -> "AskedTask":
        if bool(self.text.strip()) == bool(self.done):
            raise ValueError("give a task's text, or the task that is done")
        return self


class AskedReport(Asked):
    """A report beside those that follow by themselves: ``by`` whom it was asked for, or how far."""

    kind: Literal["request", "progress"]
    by: Annotated[str, StringConstraints(pattern=r"^([a-z][a-z0-9_]{0,59})?$")] = ""

    @model_validator(mode="after")
    def _says_who_asked(self) -> "AskedReport":
        if (self.kind == "request") != bool(self.by):
            raise ValueError("say which role asked for it; a report of progress nobody asks for")
        return self


class AskedDecide(Asked):
    """A person's verdict, with the limbs that it rests on; ``closing``: as what a *no* ends."""

    says: _Says
    closing: Literal["benign", "false"] = "false"

    @model_validator(mode="after")
    def _has_a_verdict(self) -> "AskedDecide":
        if self.says.get("is_incident") not in ("yes", "no"):
            raise ValueError("the verdict is missing: yes or no")
        return self


class AskedCorrect(Asked):
    """Elements of class or severity as a person sees them; "" takes the own word back."""

    says: _Says

    @model_validator(mode="after")
    def _has_no_verdict(self) -> "AskedCorrect":
        if {"is_incident", "handover"} & self.says.keys():
            raise ValueError("a verdict is decided, not corrected")
        return self


class AskedMerge(Asked):
    """Which incident of the same object takes it in."""

    into: _Id


class AskedSplit(Asked):
    """Which of its findings go on as an incident of their own."""

    findings: Annotated[tuple[_Line, ...], Field(min_length=1, max_length=500)]


class AskedLink(Asked):
    """What another incident is to this one; ``to_object`` is that one's object."""

    kind: Literal["related", "serial", "parent", "child"]
    to: _Id
    to_object: _Object


@dataclass(frozen=True, slots=True)
class Step:
    """One step: the states that it may be taken in, the state it leads to, what it must say."""

    sources: frozenset[IncidentState]
    to: IncidentState | None = None
    detail: type[Asked] = Asked
    roles: tuple[str, ...] = ROLES


STEPS: Mapping[str, Step] = {
    "acknowledge": Step(frozenset({_S.NEW}), _S.ACKNOWLEDGED),
    "investigate": Step(WORKING - {_S.INVESTIGATING}, _S.INVESTIGATING),
    "contain": Step(WORKING - {_S.CONTAINED, _S.RESTORED}, _S.CONTAINED),
    "restore": Step(WORKING - {_S.RESTORED}, _S.RESTORED),
    "close": Step(OPEN, _S.CLOSED, AskedClose),
    "reopen": Step(frozenset({_S.CLOSED})),
    "assign": Step(STANDING, None, AskedAssign),
    "note": Step(STANDING, None, AskedNote),
    "evidence": Step(STANDING, None, AskedEvidence),
    "task": Step(STANDING, None, AskedTask),
    "handover": Step(WORKING),
    REPORT: Step(WORKING | {_S.CLOSED}, None, AskedReport),
    "decide": Step(OPEN, None, AskedDecide),
    "correct": Step(OPEN, None, AskedCorrect),
    "merge": Step(OPEN, None, AskedMerge),
    "split": Step(OPEN, None, AskedSplit),
    "link": Step(STANDING, None, AskedLink),
}
COMMANDS = frozenset(f"{PREFIX}{name}" for name in STEPS)


def step_of(command: Command) -> str:
    """Give the step that a command asks for; "" where it is another command."""
    return command.name.removeprefix(PREFIX) if command.name in COMMANDS else ""


def asked_of(command: Command) -> Asked:
    """Read what a command says of its step; ValueError with what it lacks or has too much."""
    try:
        return STEPS[step_of(command)].detail.model_validate(command.detail)
    except ValidationError as error:
        raise ValueError("; ".join(_told(error))) from error


def form_problems(command: Command) -> list[str]:
    """Give what stands against a command whatever its incident; empty where nothing."""
    step = STEPS[step_of(command)]
    problems = list(who(command.role, command.author, command.reason, step.roles))
    try:
        asked_of(command)
    except ValueError as error:
        problems.append(str(error))
    return problems


def says_problems(says: Mapping[str, str], sayable: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Give what a person says that the law pack has no words for."""
    for name, value in sorted(says.items()):
        known = sayable.get(name)
        if known is None:
            yield f"the law pack has no {name!r}; known: {', '.join(sorted(sayable))}"
        elif value and value not in known:
            yield f"{name} cannot be {value!r}; known: {', '.join(known)}"


def texts_of(command: Command) -> Sequence[str]:
    """Give what a person wrote freely in a command: for the guard, before it is kept."""
    detail = command.detail
    written = [detail.get(name) for name in ("text", "description", "name", "who", "to")]
    return [command.reason, *(one for one in written if isinstance(one, str))]


def _told(error: ValidationError) -> Iterator[str]:
    for one in error.errors(include_url=False, include_input=False):
        place = ".".join(map(str, one["loc"]))
        yield f"{place}: {one['msg']}" if place else one["msg"]
