"""How a question stands in an address: ``q``, span, sort, cursor, bound; what is wrong in one."""

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Depends, Query

from pipeline.model import Instant, instant
from pipeline.model.conditions import EVERYTHING, Condition
from pipeline.ports.searching import Kind
from pipeline.query import QueryError, condition
from pipeline.web.api.problems import Problem
from pipeline.web.asked import Asked

LONGEST = 4_096
EARLIEST, LATEST = 0, instant("2201-01-01T00:00:00Z")
Text = Annotated[str, Query(max_length=LONGEST)]
Time = Annotated[
    str | None,
    Query(max_length=40, description="RFC 3339 with its zone.", examples=["2026-11-22T09:00:00Z"]),
]


class Asking(Exception):
    """A question that cannot be asked; carries the problem that is answered."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.detail)


@dataclass(frozen=True, slots=True)
class Asks:
    """The parameters of a question, as they came."""

    q: str
    begin: str | None
    end: str | None
    sort: str
    order: Literal["asc", "desc"]

    def asked(self, kind: Kind, now: Instant, *, cursor: str = "", limit: int = 50) -> Asked:
        """Give the question; Asking where it cannot be read."""
        return Asked(
            kind=kind,
            where=self._where(kind, now),
            query=self.q,
            begin=moment("begin", self.begin),
            end=moment("end", self.end),
            sort=self.sort,
            descending=self.order == "desc",
            after=cursor,
            limit=limit,
        )

    def _where(self, kind: Kind, now: Instant) -> Condition:
        if not self.q.strip():
            return EVERYTHING
        try:
            return condition(self.q, kind, now)
        except QueryError as error:
            more = (("position", error.position), ("way_out", error.way_out))
            raise Asking(Problem("bad-question", error.problem, more)) from error


def _asks(
    q: Annotated[Text, Query(description="A question: see /query-language.")] = "",
    begin: Time = None,
    end: Time = None,
    sort: Annotated[
        str, Query(max_length=200, description="A field; the kind's own time without one.")
    ] = "",
    order: Annotated[Literal["asc", "desc"], Query(description="Newest or largest first.")] = (
        "desc"
    ),
) -> Asks:
    """Read the parameters that every question has."""
    return Asks(q, begin, end, sort, order)


Question = Annotated[Asks, Depends(_asks)]


def moment(name: str, text: str | None) -> Instant | None:
    """Read a time of an address; Asking where it is none, or lies beyond what is counted."""
    if text is None:
        return None
    try:
        # An address that was not encoded turns + into a space.
        found = instant(text.replace(" ", "+"))
    except (ValueError, OverflowError) as error:
        what = f"{name} is no RFC 3339 time with its zone"
        raise Asking(Problem("bad-question", what, (("field", name),))) from error
    if not EARLIEST <= found < LATEST:
        what = f"{name} lies before 1970 or after 2200: no time of a row does"
        raise Asking(Problem("bad-question", what, (("field", name),)))
    return found


def names(text: str, most: int) -> tuple[str, ...]:
    """Read a list of fields, with commas between them; Asking where they are too many or none."""
    found = tuple(dict.fromkeys(one.strip() for one in text.split(",") if one.strip()))
    if not 1 <= len(found) <= most:
        raise Asking(Problem("bad-question", f"name 1 to {most} fields, with commas between"))
    return found
