"""A page of pictures of a dashboard's answers, for people to look at: plain HTML with SVG."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

from tests.dashboards.grafana import Answer

WIDTH, HEIGHT, UNIT = 1320, 30, 55  # pixels: of the page, of a grid row, of a grid column
COLOURS = ("#3b7dd8", "#d8703b", "#3ba55d", "#a53b8f", "#b8a022", "#5b5bd6", "#d63b5b", "#2aa198")
Drawn = Sequence[tuple[Mapping[str, Any], Sequence[Answer]]]


def page(document: Mapping[str, Any], drawn: Drawn) -> str:
    """Draw a dashboard from its JSON and the answers to each panel's targets."""
    answers = {panel["id"]: given for panel, given in drawn}
    boxes = "".join(_box(panel, answers.get(panel["id"], ())) for panel in document["panels"])
    tall = max(one["gridPos"]["y"] + one["gridPos"]["h"] for one in document["panels"]) * HEIGHT
    return (
        "<!doctype html><meta charset='utf-8'>"
        f"<title>{escape(document['title'])}</title>"
        "<style>body{font:13px sans-serif;background:#f4f5f5;margin:16px}"
        ".p{position:absolute;background:#fff;border:1px solid #d0d0d0;overflow:hidden;"
        "box-sizing:border-box;padding:4px 8px}.r{border:0;background:none;font-weight:bold}"
        "h2{font-size:13px;margin:0 0 2px}small{color:#777}td,th{font-size:11px;text-align:left;"
        "padding:0 8px 0 0;white-space:nowrap}b{font-size:26px}</style>"
        f"<h1>{escape(document['title'])}</h1><p>{escape(document['description'])}</p>"
        f"<div style='position:relative;width:{WIDTH}px;height:{tall}px'>{boxes}</div>\n"
    )


def _box(panel: Mapping[str, Any], answers: Sequence[Answer]) -> str:
    place = panel["gridPos"]
    wide, high = place["w"] * UNIT - 6, place["h"] * HEIGHT - 6
    style = f"left:{place['x'] * UNIT}px;top:{place['y'] * HEIGHT}px;width:{wide}px;height:{high}px"
    title = escape(panel["title"])
    if panel["type"] == "row":
        return f"<div class='p r' style='{style}'>{title}</div>"
    inner = _inner(panel, answers, wide - 18, high - 44)
    tip = escape(panel.get("description", ""), quote=True)
    return f"<div class='p' style='{style}' title='{tip}'><h2>{title}</h2>{inner}</div>"


def _inner(panel: Mapping[str, Any], answers: Sequence[Answer], wide: int, high: int) -> str:
    series = {name: points for one in answers for name, points in one.series.items()}
    documents = [document for one in answers for document in one.documents]
    if panel["type"] == "stat":
        last = next((points[-1][1] for points in series.values() if points), None)
        return f"<b style='color:{_colour(panel, last)}'>{_told(last, _unit(panel))}</b>"
    if documents or panel["type"] == "table":
        return _table(panel, documents or [_labels(name) for name in series])
    draw = _bars if panel["type"] == "bargauge" else _lines
    return draw(series, _unit(panel), wide, high)


def _unit(panel: Mapping[str, Any]) -> str:
    return str(panel["fieldConfig"]["defaults"].get("unit", "short"))


def _colour(panel: Mapping[str, Any], value: float | None) -> str:
    """Give the colour of the highest threshold that a value reaches."""
    steps = panel["fieldConfig"]["defaults"].get("thresholds", {}).get("steps", [])
    reached = [
        one["color"] for one in steps if value is not None and value >= (one["value"] or -math.inf)
    ]
    return str(reached[-1]) if reached else "#222"


def _labels(name: str) -> dict[str, str]:
    """Give the labels that a series without a legend is named by."""
    return dict(one.split("=", 1) for one in name.split(", ") if "=" in one)


def _table(panel: Mapping[str, Any], documents: Sequence[Mapping[str, Any]]) -> str:
    chosen = [
        name for one in panel["transformations"] for name in one["options"]["include"]["names"]
    ]
    head = "".join(f"<th>{escape(name)}</th>" for name in chosen)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(str(one.get(name, '')))[:28]}</td>" for name in chosen)
        for one in documents[:20]
    )
    return f"<table><tr>{head}</tr>{rows}</table>"


def _bars(
    series: Mapping[str, Sequence[tuple[float, float]]], unit: str, wide: int, high: int
) -> str:
    values = [(name, points[-1][1]) for name, points in series.items() if points]
    most = max((abs(value) for _, value in values), default=0) or 1
    step = min(22, max(9, high // max(1, len(values))))
    drawn = "".join(
        f"<rect x='0' y='{n * step}' height='{step - 2}' fill='{COLOURS[n % len(COLOURS)]}'"
        f" width='{max(1, abs(value) / most * wide * 0.45):.1f}' opacity='.75'/>"
        f"<text x='{wide * 0.47:.0f}' y='{n * step + step - 4}' font-size='{min(11, step)}'>"
        f"{escape(name)[:60]}: {_told(value, unit)}</text>"
        for n, (name, value) in enumerate(values)
    )
    return f"<svg width='{wide}' height='{high}'>{drawn}</svg>"


def _lines(
    series: Mapping[str, Sequence[tuple[float, float]]], unit: str, wide: int, high: int
) -> str:
    points = [point for line in series.values() for point in line if not math.isnan(point[1])]
    if not points:
        return "<small>-</small>"
    begin, end = min(at for at, _ in points), max(at for at, _ in points)
    least, most = min(0.0, *(v for _, v in points)), max(0.0, *(v for _, v in points))
    tall = high - 14 - (len(series) - 1) // 3 * 10  # the names stand below
    across, up = wide / ((end - begin) or 1), tall / ((most - least) or 1)
    drawn = []
    for n, (name, line) in enumerate(series.items()):
        path = " ".join(
            f"{(at - begin) * across:.1f},{tall - (value - least) * up:.1f}"
            for at, value in line
            if not math.isnan(value)
        )
        colour = COLOURS[n % len(COLOURS)]
        drawn.append(f"<polyline points='{path}' fill='none' stroke='{colour}'/>")
        drawn.append(
            f"<text x='{n % 3 * wide // 3}' y='{high - 2 - n // 3 * 10}' font-size='9'"
            f" fill='{colour}'>{escape(name)[:40]}</text>"
        )
    return (
        f"<small>{_told(least, unit)} .. {_told(most, unit)}</small>"
        f"<svg width='{wide}' height='{high}'>{''.join(drawn)}</svg>"
    )


def _told(value: float | None, unit: str) -> str:
    """Write a value in its unit, as Grafana would."""
    if value is None or math.isnan(value):
        return "-"
    if unit == "dateTimeAsIso":
        return datetime.fromtimestamp(value / 1000, UTC).isoformat(" ", "minutes")
    if unit == "percentunit":
        return f"{value:.1%}"
    for seconds, word in ((86_400, "d"), (3600, "h"), (60, "min")):
        if unit == "s" and abs(value) >= seconds:
            return f"{value / seconds:,.1f} {word}"
    rate = {"ops": "/s", "rps": "/s", "reqps": "/s", "s": " s"}.get(unit, "")
    return f"{value:,.4g}{rate}"
