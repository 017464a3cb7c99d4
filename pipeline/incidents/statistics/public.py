"""What of the statistics may be public: few columns, no object, no person, no small number.

Aggregates of non-restricted facts are open (1(35), (36), 35(5), (6)). Left out entirely, also from
every total, is what the secrecy guard ever held or cut to a stub: a total that counted it would
tell by subtraction how many marked records there were, and that is none of the public's (State
Secrets Law 14(16), 14(19)). Left out as well are candidates, which are no incidents; trial
operation (39(4)); senders that no object knows; coverage and compliance of objects, which would
show an attacker the gaps; and each longest duration, which is a single incident's.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.incidents.statistics.counts import Counts
from pipeline.incidents.statistics.disclosure import Cell, labels, partition, quantile_allowed
from pipeline.incidents.statistics.known import Verdict
from pipeline.incidents.statistics.partial import Reason
from pipeline.incidents.statistics.report import Group, History, Statistics
from pipeline.incidents.statistics.spread import Spread

OPEN = "open"
TOTAL = "total"
ADDING = (
    "severity", "sector", "reach", "rsit_class", "occurrence", "origin", "intent", "reality",
)  # fmt: skip
OVERLAPPING = ("act", "harm", "object_class")
_OUTCOMES = ("on_time", "late", "missed", "waiting")
_QUANTILES = (50, 90)
_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Table:
    """A public table: its name, its columns with their types, its rows."""

    name: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str | int, ...], ...]


def publishable(histories: Iterable[History], known_at: int) -> Iterator[History]:
    """Give the histories that public tables may count: nothing that the guard ever withheld."""
    for history in histories:
        held = [one for one in history.revisions if one.changed_at <= known_at]
        if not held or held[-1].trial or held[-1].object_id.startswith("@"):
            continue
        if all(one.assessment.guard == OPEN for one in held):
            open_notices = [one for one in history.notices if one.guard.decision == OPEN]
            yield replace(history, notices=open_notices)


def public_tables(
    report: Statistics, vocabulary: Mapping[str, Sequence[str]], least: int
) -> tuple[Table, ...]:
    """Give the public tables of a report that was made of publishable histories alone.

    ``vocabulary`` has for each dimension, and for ``regime``, the values that may be named: a value
    of any other origin (a rule's, a record's) never appears. ``least`` is the smallest number that
    is shown. ValueError where ``least`` would protect nothing.
    """
    groups = [
        group for group in report.groups if not group.trial and group.regime in vocabulary["regime"]
    ]
    return (
        Table("incidents", _COUNTED, tuple(_incidents(groups, vocabulary, least))),
        Table("times", _TIMED, tuple(_times(groups, vocabulary["role"], least))),
        Table("notices", _TOLD, tuple(_notices(groups, least))),
    )


_COUNTED = (
    ("regime", "string"), ("dimension", "string"), ("value", "string"), ("count", "integer"),
)  # fmt: skip
_TIMED = (
    ("regime", "string"), ("measure", "string"), ("percent", "integer"), ("minutes", "integer"),
)  # fmt: skip
_TOLD = (("regime", "string"), ("outcome", "string"), ("count", "integer"))


def open_reasons(report: Statistics) -> list[str]:
    """Give why the figures are partial, as names alone: no object, and no time of an outage."""
    return sorted({part.reason.value for part in report.partial} & {one.value for one in Reason})


def _incidents(
    groups: Sequence[Group], vocabulary: Mapping[str, Sequence[str]], least: int
) -> Iterator[tuple[str | int, ...]]:
    for group in groups:
        counts = group.verdicts.get(Verdict.INCIDENT.value, Counts())
        if counts.total < least:
            continue
        yield group.regime, TOTAL, TOTAL, counts.total
        for dimension in (*ADDING, *OVERLAPPING):
            found = counts.by.get(dimension, {})
            words = vocabulary.get(dimension, ())
            cells: Sequence[Cell]
            if dimension in ADDING:
                cells = partition(found, words, least)
            else:
                cells = labels(found, counts.total, words, least)
            for cell in cells:
                yield group.regime, dimension, cell.value, cell.count


def _times(
    groups: Sequence[Group], roles: Sequence[str], least: int
) -> Iterator[tuple[str | int, ...]]:
    for group in groups:
        for measure, spread in group.times.items():
            role = measure.partition(".")[2]
            if role and role not in roles:
                continue
            for percent in _QUANTILES:
                minutes = _minutes(spread, percent)
                if minutes is not None and quantile_allowed(spread.count, percent, least):
                    yield group.regime, measure, percent, minutes


def _minutes(spread: Spread, percent: int) -> int | None:
    seconds = spread.p50_seconds if percent == _QUANTILES[0] else spread.p90_seconds
    return None if seconds is None else -int(-seconds // _MINUTE)  # begun minutes


def _notices(groups: Sequence[Group], least: int) -> Iterator[tuple[str | int, ...]]:
    """Give the outcomes of first notices of all roles together."""
    for group in groups:
        counts: Counter[str] = Counter()
        for legs in group.notices:
            if legs.leg == "first":
                counts.update({name: getattr(legs, name) for name in (*_OUTCOMES, "held")})
        for cell in partition(counts, _OUTCOMES, least):
            yield group.regime, cell.value, cell.count
