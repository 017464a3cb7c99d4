"""What happened when, one lane for each kind."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.web.console.charts.drawing import clock_axis, label, line, picture, share
from pipeline.web.markup import Html, element

LANE, AXIS, TOP = 40, 26, 6
LEAST, MOST = 1.0, 99.0  # marks at the ends stay whole


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing on a lane: from when until when (0: an instant), told by a text, in a tone.

    ``tone`` is a class of the style sheet: plain, good, due, bad.
    """

    lane: str
    begin: int
    text: str
    end: int = 0
    tone: str = "plain"


def timeline(lanes: Sequence[tuple[str, str]], marks: Sequence[Mark], now: int, title: str) -> Html:
    """Draw lanes (name, its words) of marks; times in nanoseconds, ``now`` as a line if within."""
    named = [lane for lane in lanes if any(mark.lane == lane[0] for mark in marks)]
    if not named:
        return picture(title, AXIS, kind="timeline")
    begin = min(mark.begin for mark in marks)
    end = max(max(mark.begin, mark.end) for mark in marks)
    if begin == end:
        end = begin + 1_000_000_000
    parts: list[Html] = []
    for index, (name, words) in enumerate(named):
        y = TOP + index * LANE + 28.0
        parts += [
            label(words, "0%", y - 14, "label lane", "start"),
            line("0%", y, "100%", y, "grid"),
        ]
        parts += [_mark(mark, y, begin, end - begin) for mark in marks if mark.lane == name]
    floor = TOP + len(named) * LANE + 4.0
    if begin < now < end:
        x = share(now - begin, end - begin, LEAST, MOST)
        parts.append(line(x, 2, x, floor, "now"))
    return picture(
        title, int(floor) + AXIS, *parts, *clock_axis(begin, end, floor), kind="timeline"
    )


def _mark(mark: Mark, y: float, begin: int, span: int) -> Html:
    x = share(mark.begin - begin, span, LEAST, MOST)
    said = element("title", mark.text)
    if mark.end > mark.begin:
        width = share(mark.end - mark.begin, span, 0, MOST - LEAST)
        return element(
            "rect", said, x=x, y=f"{y - 4:g}", width=width, height="8", rx="4",
            class_=f"mark {mark.tone}",
        )  # fmt: skip
    return element("circle", said, cx=x, cy=f"{y:g}", r="5", class_=f"mark {mark.tone}")
