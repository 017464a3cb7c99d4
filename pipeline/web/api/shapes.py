"""The shapes of answers and bodies, for the interface's description (OpenAPI 3.1)."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Reason = Annotated[str, StringConstraints(min_length=10, max_length=500)]


class RowShape(RootModel[dict[str, Any]]):
    """A document in its one JSON form, cut to what the viewer may see.

    A row's `id` names it in its kind's address. Of withheld content a stub is left, with
    `details_available: false`.
    """


class PageShape(BaseModel):
    """A page; `after` is the next one's `cursor`, empty where nothing follows.

    `complete` is false where the search's budget ended before the page was full.
    """

    rows: list[RowShape]
    after: str
    complete: bool


class RowsShape(BaseModel):
    """Documents."""

    rows: list[RowShape]


class CountShape(BaseModel):
    """How many; at least so many where it is not exact."""

    value: int
    exact: bool


class ValueShape(BaseModel):
    """A value and how many rows have it."""

    value: str
    count: int


class FacetsShape(BaseModel):
    """Values by field, most frequent first."""

    facets: dict[str, list[ValueShape]]
    exact: bool


class BucketShape(BaseModel):
    """A bucket of time."""

    begin: str
    count: int


class HistogramShape(BaseModel):
    """Counts by time, empty buckets included."""

    buckets: list[BucketShape]
    exact: bool


class ProblemShape(BaseModel):
    """A problem document (RFC 9457); the title is in the language that was asked for."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str = ""


class CommandBody(BaseModel):
    """A command for the running system: what, why, and its own details."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    reason: Reason
    detail: dict[str, Any] = Field(default_factory=dict)


class StepBody(BaseModel):
    """A step on an incident: why, the revision that was seen, and the step's own details."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason
    revision: Annotated[int, Field(ge=1)] | None = None
    detail: dict[str, Any] = Field(default_factory=dict)


class ReceivedBody(BaseModel):
    """That a notice was received and read."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason = "received and read through the interface"


class OutcomeShape(BaseModel):
    """What became of a command; ask again while it waits."""

    command: str
    state: Literal["waiting", "accepted", "refused"]
    incident: str = ""
    revision: int = 0
    problems: list[str] = Field(default_factory=list)
    at: str = ""
