"""Cases that a pack would leave without anybody to tell, or without a time to tell them.

Every set of flags that routes ask for, every reporter and every span of time between two changes
of the pack is tried, so that what is refused here cannot come up in an assessment (SPEC 4).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeVar

from pipeline.assess.draft import PackDraft
from pipeline.assess.rows import CENTRE, KINDS, LegRow, RouteRow, Row, TermRow, When
from pipeline.assess.view import fits
from pipeline.documents import Document, Place
from pipeline.errors import Problem
from pipeline.model import rfc3339

_MOST_FLAGS = 14
_ANSWERED = ("incident", "candidate", "event")


@dataclass(frozen=True, slots=True)
class _Span:
    """Rows in force from one instant on."""

    begin: int
    routes: tuple[RouteRow, ...]
    terms: tuple[TermRow, ...]
    legs: tuple[LegRow, ...]
    reporters: tuple[str, ...]


def gaps(draft: PackDraft) -> Iterator[Problem]:
    """Give each kind of case without a route, and each leg of a route without a term."""
    places = {id(row): (doc, place) for _, (row, doc, place) in draft}
    told: set[str] = set()
    for span in _spans(draft):
        for problem in (*_routes(span, places), *_terms(span, places)):
            if problem.message not in told:
                told.add(problem.message)
                yield problem


def _spans(draft: PackDraft) -> Iterator[_Span]:
    """Give the spans in which an incident can be announced."""
    predicate = [row for row in draft.rows("predicate") if row.id == "incident"]
    sections = ("predicate", "routes", "terms", "legs", "reporters")
    edges = {
        edge for name in sections for row in draft.rows(name)
        for edge in (row.valid_from, row.valid_to)
    }  # fmt: skip
    for begin in sorted(edges):
        if not any(row.valid_from <= begin < row.valid_to for row in predicate):
            continue
        names = dict.fromkeys(
            row.id for row in draft.rows("reporters") if row.valid_from <= begin < row.valid_to
        )
        yield _Span(
            begin,
            _held(draft.of("routes", RouteRow), begin),
            _held(draft.of("terms", TermRow), begin),
            _held(draft.of("legs", LegRow), begin),
            (CENTRE, *names),
        )


_R = TypeVar("_R", bound=Row)


def _held(placed: Sequence[tuple[_R, Document, Place]], at: int) -> tuple[_R, ...]:
    return tuple(row for row, _, _ in placed if row.valid_from <= at < row.valid_to)


def _routes(span: _Span, places: dict[int, tuple[Document, Place]]) -> Iterator[Problem]:
    for subject in _ANSWERED:
        rows = [row for row in span.routes if row.subject == subject]
        if not rows:
            message = f"routes: no row has the subject {subject!r} from {rfc3339(span.begin)}"
            yield Problem("law pack", 0, message, "say who is told, or which role of ours")
            continue
        missing = _uncovered(rows, rows, span.reporters)
        if missing is not None:
            document, place = places[id(rows[0])]
            message = f"routes: nobody has the {subject} {missing}"
            yield document.problem(place, message, "add a row, or page duty_officer")


def _terms(span: _Span, places: dict[int, tuple[Document, Place]]) -> Iterator[Problem]:
    for route in span.routes:
        if route.effect != "notice":
            continue
        for kind in KINDS[:-1]:
            legs = {leg.id for leg in span.legs if leg.kind == kind}
            rows = [
                term for term in span.terms
                if term.leg in legs and route.role in term.recipients
                and term.duty_of == CENTRE and term.offset is not None
                and (not term.subjects or route.subject in term.subjects)
            ]  # fmt: skip
            missing = _uncovered([route], rows, route.reporters or span.reporters)
            if missing is not None:
                document, place = places[id(route)]
                named = ", ".join(sorted(legs)) or kind
                message = f"the leg {named!r} to {route.role!r} has no term {missing}".rstrip()
                yield document.problem(place, message, "add a row under terms")


def _uncovered(
    asked: Sequence[RouteRow], rows: Sequence[RouteRow | TermRow], reporters: Sequence[str]
) -> str | None:
    """Say for which flags and reporter no row fits; None where one always does.

    ``asked`` are routes of which one applies where it is asked for at all; for routes themselves
    every object is asked for.
    """
    if any(not row.when.flags and not row.when.without and not row.reporters for row in rows):
        return None
    routes_too = len(asked) == len(rows) and all(a is b for a, b in zip(asked, rows, strict=True))
    whens: list[When] = [*(row.when for row in asked), *(row.when for row in rows)]
    flags = sorted({flag for when in whens for flag in (*when.flags, *when.without)})
    if len(flags) > _MOST_FLAGS:
        return f"for sure: {len(flags)} flags are too many to try, leave one row without flags"
    for size in range(len(flags) + 1):
        for chosen in combinations(flags, size):
            held = frozenset(chosen)
            if not routes_too and not any(fits(row.when, held) for row in asked):
                continue
            for reporter in reporters:
                if not any(_speaks(row, held, reporter) for row in rows):
                    who = f"reported by {reporter!r}"
                    return f"{who} on an object with {', '.join(chosen) or 'no flag'}"
    return None


def _speaks(row: RouteRow | TermRow, flags: frozenset[str], reporter: str) -> bool:
    return fits(row.when, flags) and (not row.reporters or reporter in row.reporters)
