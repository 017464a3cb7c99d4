"""Dashboards to Grafana's JSON, by its official builders, in one language each."""

import json
from collections.abc import Callable, Sequence

from grafana_foundation_sdk.builders import bargauge, common, dashboard, table, timeseries
from grafana_foundation_sdk.builders import stat as big
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import (
    BarGaugeDisplayMode,
    GraphDrawStyle,
    LegendDisplayMode,
    LegendPlacement,
    StackingMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLink,
    DashboardLinkType,
    DataSourceRef,
    DataTransformerConfig,
    FieldColorModeId,
    Threshold,
    ThresholdsConfig,
    ThresholdsMode,
    VariableHide,
    VariableModel,
    VariableOption,
    VariableRefresh,
    VariableSort,
)
from grafana_foundation_sdk.models.dashboard import Panel as Made

from dashboards.asking import queries
from dashboards.panels import Board, Elastic, Panel, Prom, Variable
from dashboards.sources import prometheus

Say = Callable[[str, str], str]
TAG = "saqshy"
CONSOLE = "https://localhost:8795"
_Panels = big.Panel | timeseries.Panel | bargauge.Panel | table.Panel


def uid(board: Board, language: str) -> str:
    """Give the dashboard's id, which stays."""
    return f"saqshy-{board.name}-{language}"


def written(board: Board, language: str, say: Say) -> str:
    """Write a dashboard's JSON; ``say`` gives a text by its context and name."""
    name = board.name
    made = dashboard.Dashboard(say(name, "title")).uid(uid(board, language))
    made.description(say(name, "description")).tags([TAG, f"{TAG}-{language}"])
    made.time(board.begin, board.end).refresh(board.refresh).timezone("browser").readonly()
    made.tooltip(DashboardCursorSync.CROSSHAIR)
    made.link(_siblings(say("dashboards", "others"), language))
    made.with_variable(_console(say("dashboards", "console")))
    for variable in board.variables:
        made.with_variable(_variable(variable, say(name, f"variable.{variable.name}")))
    number = 0
    for key, panels in board.rows:
        number += 1
        made.with_row(dashboard.Row(say(name, f"row.{key}")).id(number))
        for panel in panels:
            number += 1
            made.with_panel(_panel(panel, number, name, say))
    return json.dumps(made.build(), cls=JSONEncoder, indent=1, ensure_ascii=False) + "\n"


def _siblings(title: str, language: str) -> Builder[DashboardLink]:
    link = dashboard.DashboardLink(title).type(DashboardLinkType.DASHBOARDS)
    return link.tags([f"{TAG}-{language}"]).as_dropdown(True).keep_time(True)


def _console(label: str) -> Builder[VariableModel]:
    return dashboard.TextBoxVariable("console").label(label).default_value(CONSOLE)


def _variable(variable: Variable, label: str) -> Builder[VariableModel]:
    every = VariableOption(selected=True, text="All", value="$__all")
    if "(" not in variable.query and variable.store is None:
        listed = dashboard.CustomVariable(variable.name).label(label).values(variable.query)
        return listed.multi(True).include_all(True).all_value("*").current(every)
    made = dashboard.QueryVariable(variable.name).label(label).hide(VariableHide.DONT_HIDE)
    made.multi(True).include_all(True).current(every).sort(VariableSort.ALPHABETICAL_ASC)
    if variable.store is None:
        made.query(variable.query).datasource(prometheus()).all_value(".*")
        return made.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
    asked = json.dumps({"find": "terms", "field": variable.query})
    made.query(asked).datasource(variable.store.ref).all_value("*")
    return made.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)


def _panel(panel: Panel, number: int, board: str, say: Say) -> Builder[Made]:
    made = _drawn(panel)
    made.id(number).title(say(board, f"{panel.key}.title"))
    made.description(say(board, f"{panel.key}.description"))
    made.datasource(_source(panel)).span(panel.width).height(panel.height).unit(panel.unit)
    made.targets(queries(panel)).thresholds(_thresholds(panel.steps))
    if panel.steps:
        made.color_scheme(dashboard.FieldColor().mode(FieldColorModeId.THRESHOLDS))
    if panel.since:
        made.time_from(panel.since)
    if panel.columns:
        made.transformations([_organised(panel.columns)])
    if panel.link:
        url = "${console}/" + panel.link + "/${__data.fields." + _key_column(panel) + "}"
        link = dashboard.DashboardLink(say("dashboards", "open")).url(url).target_blank(True)
        made.data_links([link])
    return made


def _drawn(panel: Panel) -> _Panels:
    if panel.kind == "stat":
        reduced = common.ReduceDataOptions().calcs(["lastNotNull"]).values(False)
        return big.Panel().reduce_options(reduced)
    if panel.kind == "bars":
        reduced = common.ReduceDataOptions().calcs(["lastNotNull"])
        # A Prometheus answer has a series for each bar, Elasticsearch's a row.
        reduced.values(isinstance(panel.asks[0], Elastic)).limit(25)
        made = bargauge.Panel().reduce_options(reduced).orientation(VizOrientation.HORIZONTAL)
        return made.display_mode(BarGaugeDisplayMode.BASIC).show_unfilled(True)
    if panel.kind == "table":
        return table.Panel().show_header(True)
    legend = common.VizLegendOptions().show_legend(True).display_mode(LegendDisplayMode.LIST)
    lines = timeseries.Panel().legend(legend.placement(LegendPlacement.BOTTOM))
    if isinstance(panel.asks[0], Elastic):
        stacked = common.StackingConfig().mode(StackingMode.NORMAL)
        return lines.draw_style(GraphDrawStyle.BARS).fill_opacity(80).stacking(stacked)
    return lines.line_width(1).fill_opacity(10)


def _source(panel: Panel) -> DataSourceRef:
    first = panel.asks[0]
    return prometheus() if isinstance(first, Prom) else first.store.ref


def _thresholds(
    steps: Sequence[tuple[float, str]],
) -> Builder[ThresholdsConfig]:
    given = list(steps) or [(0, "green")]
    # Grafana's first step has no value: it reaches down without end.
    made = [Threshold(value=None, color=given[0][1])]
    made += [Threshold(value=value, color=colour) for value, colour in given[1:]]
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(made)


def _organised(columns: Sequence[str]) -> DataTransformerConfig:
    chosen = {"include": {"names": list(columns)}}
    return DataTransformerConfig(id_val="filterFieldsByName", options=chosen)


def _key_column(panel: Panel) -> str:
    return "incident_id" if "incident_id" in panel.columns else "id"
