"""Questions to what is stored, for people who look: pages, counts, facets, histograms.

Every store answers the same question equally (a contract test holds that). Whoever asks has put
what the viewer may see into ``Ask.where`` already: a store never counts, sorts or names a value of
a row that is outside of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from pipeline.model import Instant
from pipeline.model.conditions import EVERYTHING, Condition


class Kind(StrEnum):
    """What is asked for; findings and incidents by their latest revision."""

    EVENTS = "events"
    FINDINGS = "findings"
    INCIDENTS = "incidents"
    NOTICES = "notices"
    AUDIT = "audit"
    FAILURES = "failures"


@dataclass(frozen=True, slots=True)
class Ask:
    """Rows of one kind that fit ``where``, within [begin, end) of the kind's own time.

    That time: an event's, a finding's first event, an incident's opening, a notice's creation, an
    audit entry's ``at``, a failure's receipt. ``sort`` is a sortable field, "" the kind's time;
    times order to the millisecond, and rows that are equal go by the kind's time, then by id
    (events by batch and index), all in the one direction. ``after`` is the cursor of the page
    before ("" the first); it is of this question, whatever limit and budget.
    ``budget`` is how many rows a scan may open where no index answers; a page that stopped there
    has a cursor, and says so.
    """

    kind: Kind
    where: Condition = EVERYTHING
    begin: Instant | None = None
    end: Instant | None = None
    sort: str = ""
    descending: bool = True
    after: str = ""
    limit: int = 50
    budget: int = 20_000


@dataclass(frozen=True, slots=True)
class Page:
    """Documents as JSON, in order. ``after`` is "" where nothing follows.

    ``complete`` is False where the budget ended before the page was full.
    """

    rows: Sequence[bytes]
    after: str = ""
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows fit; at least so many where it is not ``exact``."""

    value: int
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Facets:
    """Values of fields with how many rows have them, most frequent first, then by value.

    Empty texts are no values; of a list each member counts once.
    Of rows beyond the budget nothing is said: then it is not ``exact``.
    """

    of: Mapping[str, Sequence[tuple[str, int]]]
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many rows fit in each bucket of time: (begin, count), empty buckets included.

    Buckets cover [begin, end) of the question, where it names none from the first row to the last.
    """

    buckets: Sequence[tuple[Instant, int]]
    exact: bool = True


class SearchedRows(Protocol):
    """Gives rows; ValueError for a cursor of another question, or a sort that cannot be."""

    def page(self, ask: Ask) -> Page:
        """Give one page."""

    def every(self, ask: Ask) -> Iterator[bytes]:
        """Give all rows that fit, in order, whatever ``limit`` and ``budget`` say: for exports."""

    def one(self, kind: Kind, row_id: str, where: Condition = EVERYTHING) -> bytes | None:
        """Give one document; None where there is none that fits: nobody learns which."""

    def revisions(self, kind: Kind, row_id: str) -> Sequence[bytes]:
        """Give every revision of a finding or incident, oldest first."""


class SearchedFigures(Protocol):
    """Counts rows, by nothing, by value and by time."""

    def count(self, ask: Ask) -> Count:
        """Count what fits."""

    def facets(self, ask: Ask, fields: Sequence[str], most: int = 20) -> Facets:
        """Count the values of fields."""

    def histogram(self, ask: Ask, step: int) -> Histogram:
        """Count by time, in buckets of ``step`` nanoseconds that begin at multiples of it."""


class Search(SearchedRows, SearchedFigures, Protocol):
    """Answers questions; for a process beside the writer that only reads.

    Each method raises StoreError where the store cannot be asked.
    """

    def mark(self) -> str:
        """Give a value that changes when anything was added or changed: for live lists."""

    def close(self) -> None:
        """Let go of files and connections; safe to call twice."""
