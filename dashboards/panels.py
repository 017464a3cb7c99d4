"""What a dashboard holds, before it is Grafana's: panels, their questions, variables.

A panel has a key; its title and description are texts of that key in each language.
"""

from dataclasses import dataclass
from typing import Literal

from dashboards.sources import Store

Kind = Literal["stat", "series", "bars", "table"]


@dataclass(frozen=True, slots=True)
class Prom:
    """A PromQL expression; ``legend`` in Grafana's own form. ``now``: its value now alone."""

    expr: str
    legend: str = ""
    now: bool = False


@dataclass(frozen=True, slots=True)
class Elastic:
    """A question to Elasticsearch: a Lucene query, then what its documents are counted by.

    ``by`` is a field, ``among`` (label, query) pairs instead of one. ``over_time`` counts in
    intervals of time, ``least`` gives the least value of a field. ``documents`` asks for the newest
    documents themselves.
    """

    store: Store
    query: str = "*"
    by: str = ""
    among: tuple[tuple[str, str], ...] = ()
    over_time: str = ""
    least: str = ""
    documents: int = 0


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel: how it is drawn, what it asks, its size in Grafana's units (24 wide).

    ``steps`` are thresholds: (from which value, colour). ``columns`` of a table are the fields
    that it shows, in order. ``since`` narrows the dashboard's time, as ``now/M``. ``link`` leads to
    the console.
    """

    key: str
    kind: Kind
    asks: tuple[Prom | Elastic, ...]
    unit: str = "short"
    width: int = 8
    height: int = 8
    steps: tuple[tuple[float, str], ...] = ()
    columns: tuple[str, ...] = ()
    since: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Variable:
    """A choice above a dashboard: a query of Prometheus (``label_values``) or a field's terms."""

    name: str
    query: str
    store: Store | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """One dashboard: its name, its rows of panels by key, its variables, what time it opens at."""

    name: str
    rows: tuple[tuple[str, tuple[Panel, ...]], ...]
    variables: tuple[Variable, ...] = ()
    begin: str = "now-24h"
    end: str = "now"
    refresh: str = "1m"

    @property
    def panels(self) -> tuple[Panel, ...]:
        """Give every panel, row by row."""
        return tuple(panel for _, panels in self.rows for panel in panels)


GREEN, YELLOW, ORANGE, RED = "green", "yellow", "orange", "red"


def above(warning: float, bad: float) -> tuple[tuple[float, str], ...]:
    """Give thresholds: the more the worse."""
    return ((0, GREEN), (warning, ORANGE), (bad, RED))


def below(warning: float, bad: float) -> tuple[tuple[float, str], ...]:
    """Give thresholds: the less the worse."""
    return ((0, RED), (bad, ORANGE), (warning, GREEN))


def stat(key: str, expr: str, unit: str = "short", height: int = 4, **more: object) -> Panel:
    """Make a panel with one number of Prometheus."""
    return Panel(key, "stat", (Prom(expr, now=True),), unit, 4, height, **more)  # type: ignore[arg-type] # fields of Panel


def series(key: str, *asks: Prom | Elastic, unit: str = "short", width: int = 8) -> Panel:
    """Make a panel with lines over time."""
    return Panel(key, "series", asks, unit, width)
