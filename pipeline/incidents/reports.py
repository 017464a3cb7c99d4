"""Reports that people enter by hand: an operator, a citizen's line, the response service.

A report is a record of the built-in source ``reports`` of its object, and travels like any other:
guarded, journalled, made an event, matched. The acts and harms that it names are in the words of
the law pack; the rules of ``rules/detection/reports`` carry one each, and open a candidate that a
person decides on. It shows no file: an attachment is its name, size and SHA-256.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from pipeline.incidents.silences import who
from pipeline.model import Command, Tri, instant, rfc3339, to_json

REPORT = "report"  # the command
ROLES = ("operator", "analyst", "duty_lead", "owner")
"""Owners and holders report of their own objects: whose these are the asker's way in has judged."""
MOST_ATTACHMENTS = 50
_Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
_Line = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class Attachment(BaseModel):
    """A file that belongs to a report and is kept elsewhere."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: _Line
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    size: Annotated[int, Field(ge=0)]


class Report(BaseModel):
    """What was reported, by whom, of which object and when; times are RFC 3339.

    ``kind`` is who reports, ``reporter`` how to reach them, ``channel`` how it came. ``entered_by``
    is role and author of who entered it. ``report`` is its id.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_: Literal["saqshy.report/1"] = Field("saqshy.report/1", alias="schema")
    report: _Line
    object: _Line
    kind: Literal["operator", "citizen", "response_service", "holder"]
    what: Annotated[str, StringConstraints(min_length=10, max_length=20_000)]
    happened_at: str
    entered_at: str
    entered_by: _Line
    reporter: Annotated[str, StringConstraints(max_length=500)] = ""
    channel: Annotated[str, StringConstraints(max_length=100)] = ""
    acts: tuple[_Word, ...] = ()
    harms: tuple[_Word, ...] = ()
    failure: Tri = Tri.UNKNOWN
    functioning_threat: Tri = Tri.UNKNOWN
    attachments: Annotated[tuple[Attachment, ...], Field(max_length=MOST_ATTACHMENTS)] = ()

    def record(self) -> bytes:
        """Give the record as it is journalled: JSON on one line."""
        return to_json(self.model_dump(by_alias=True, mode="json"))


def report_of(command: Command) -> Report:
    """Make the report of a command; ValueError with what its detail lacks or has too much."""
    given = {key: value for key, value in command.detail.items() if key not in _OURS}
    try:
        return Report.model_validate(
            {
                **given,
                "report": command.id,
                "entered_at": rfc3339(command.given_at),
                "entered_by": command.actor,
            }
        )
    except ValidationError as error:
        raise ValueError("; ".join(_told(error))) from error


_OURS = frozenset({"report", "entered_at", "entered_by", "schema"})


def _told(error: ValidationError) -> Iterator[str]:
    for one in error.errors(include_url=False, include_input=False):
        yield f"{'.'.join(map(str, one['loc']))}: {one['msg']}"


def report_problems(command: Command) -> Iterator[str]:
    """Give what is wrong with a report's command: who enters it, why, and what it says."""
    yield from who(command.role, command.author, command.reason, ROLES)
    try:
        report = report_of(command)
        happened = instant(report.happened_at)
    except ValueError as error:
        yield str(error)
        return
    if happened > command.given_at:
        yield "happened_at lies after the time of entering"
