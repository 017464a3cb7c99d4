"""What every chart is made of: the picture around it, shares of its width, its time axis."""

from collections.abc import Iterator
from datetime import UTC, datetime

from pipeline.model import NANOSECONDS
from pipeline.web.markup import Html, element

DAY = 86_400 * NANOSECONDS
TICKS = 4


def picture(title: str, height: int, *parts: Html, kind: str) -> Html:
    """Put a chart's parts into one picture with a title that is read aloud."""
    return element(
        "svg",
        element("title", title),
        *parts,
        class_=f"chart {kind}",
        width="100%",
        height=str(height),
        role="img",
        aria_label=title,
        focusable="false",
    )


def share(part: float, whole: float, least: float = 0.0, most: float = 100.0) -> str:
    """Give where a part of a whole lies between two shares of the width, in per cent."""
    at = part / whole if whole else 0.0
    return f"{least + (most - least) * min(max(at, 0.0), 1.0):.3f}%"


def line(x1: str, y1: float, x2: str, y2: float, kind: str) -> Html:
    """Draw a line."""
    return element("line", x1=x1, y1=f"{y1:g}", x2=x2, y2=f"{y2:g}", class_=kind)


def label(text: str, x: str, y: float, kind: str = "label", anchor: str = "middle") -> Html:
    """Write a text."""
    return element("text", text, x=x, y=f"{y:g}", class_=kind, text_anchor=anchor)


def clock_axis(
    begin: int, end: int, y: float, least: float = 0.0, most: float = 100.0
) -> Iterator[Html]:
    """Draw a time axis (UTC) with few labels; the first and last stand inside of the picture."""
    yield line(f"{least:g}%", y, f"{most:g}%", y, "axis")
    for index in range(TICKS + 1):
        at = begin + (end - begin) * index // TICKS
        anchor = "start" if index == 0 else "end" if index == TICKS else "middle"
        middle = index not in (0, TICKS)
        kind = "label tick" + (" spare" if middle and index != TICKS // 2 else "")
        x = share(index, TICKS, least, most)
        yield line(x, y, x, y + 4, "axis")
        yield label(moment_label(at, end - begin), x, y + 17, kind, anchor)


def moment_label(at: int, span: int) -> str:
    """Write an instant as short as a span of time allows: hours of a day, else the day as well."""
    moment = datetime.fromtimestamp(at // NANOSECONDS, UTC)
    if span <= 10 * 60 * NANOSECONDS:
        return f"{moment:%H:%M:%S}"
    if span <= DAY:
        return f"{moment:%H:%M}"
    return f"{moment:%m-%d %H:%M}" if span <= 14 * DAY else f"{moment:%Y-%m-%d}"
