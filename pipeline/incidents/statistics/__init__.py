"""Statistics of incidents: counts, times, own duties, coverage, and what of them may be public."""

from pipeline.incidents.statistics.counts import MULTIPLE, SINGLE, Counts
from pipeline.incidents.statistics.coverage import Coverage, Watched, coverage
from pipeline.incidents.statistics.known import Known, Verdict, known
from pipeline.incidents.statistics.legs import AtOnce, Legs
from pipeline.incidents.statistics.package import Edition, files
from pipeline.incidents.statistics.partial import Partial, Reason, Records, Span, partials
from pipeline.incidents.statistics.period import Period, days, month, year
from pipeline.incidents.statistics.public import (
    ADDING,
    OVERLAPPING,
    open_reasons,
    public_tables,
    publishable,
)
from pipeline.incidents.statistics.report import (
    Clock,
    Clocks,
    Frame,
    Group,
    History,
    Questions,
    Statistics,
    statistics,
)
from pipeline.incidents.statistics.spread import Spread
from pipeline.incidents.statistics.subject import UNREGISTERED, Subject

__all__ = [
    "ADDING",
    "MULTIPLE",
    "OVERLAPPING",
    "SINGLE",
    "UNREGISTERED",
    "AtOnce",
    "Clock",
    "Clocks",
    "Counts",
    "Coverage",
    "Edition",
    "Frame",
    "Group",
    "History",
    "Known",
    "Legs",
    "Partial",
    "Period",
    "Questions",
    "Reason",
    "Records",
    "Span",
    "Spread",
    "Statistics",
    "Subject",
    "Verdict",
    "Watched",
    "coverage",
    "days",
    "files",
    "known",
    "month",
    "open_reasons",
    "partials",
    "public_tables",
    "publishable",
    "statistics",
    "year",
]
