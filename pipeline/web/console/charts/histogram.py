"""How many in each bucket of time."""

from collections.abc import Sequence

from pipeline.web.console.charts.drawing import clock_axis, label, line, picture, share
from pipeline.web.markup import Html, element

TOP, HEIGHT, AXIS = 16.0, 120.0, 24.0


def histogram(buckets: Sequence[tuple[int, int]], step: int, title: str, most_said: str) -> Html:
    """Draw buckets (begin in nanoseconds, count), each ``step`` wide, one after another.

    ``most_said`` is the greatest count in words: the only number on the vertical axis.
    """
    if not buckets:
        return picture(title, int(TOP + AXIS), kind="histogram")
    greatest = max(count for _, count in buckets)
    floor = TOP + HEIGHT
    bars = []
    for index, (_, count) in enumerate(buckets):
        if not count:
            continue
        tall = max(2.0, HEIGHT * count / greatest)
        bars.append(
            element(
                "rect",
                x=share(index + 0.06, len(buckets)),
                y=f"{floor - tall:.1f}",
                width=share(0.88, len(buckets)),
                height=f"{tall:.1f}",
                class_="bar",
            )
        )
    begin, end = buckets[0][0], buckets[-1][0] + step
    return picture(
        title,
        int(TOP + HEIGHT + AXIS),
        line("0%", TOP, "100%", TOP, "grid"),
        line("0%", TOP + HEIGHT / 2, "100%", TOP + HEIGHT / 2, "grid"),
        *bars,
        label(most_said, "0%", TOP - 4, "label", "start"),
        *clock_axis(begin, end, floor),
        kind="histogram",
    )
