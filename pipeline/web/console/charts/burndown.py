"""How many terms are still to be met, from now on: a step down at each due time."""

from collections.abc import Sequence
from itertools import pairwise

from pipeline.web.console.charts.drawing import clock_axis, label, line, picture, share
from pipeline.web.markup import Html, element

TOP, HEIGHT, AXIS = 18.0, 96.0, 24.0


def burndown(due: Sequence[int], now: int, until: int, title: str, most_said: str) -> Html:
    """Draw how many of the due times (nanoseconds) lie ahead at each instant in [now, until].

    What is past due stands as an area of its own at the left: it burns down no more.
    """
    late = sum(1 for at in due if at < now)
    ahead = sorted(at for at in due if now <= at)
    whole = len(due)
    floor = TOP + HEIGHT
    if not whole:
        return picture(title, int(TOP + AXIS), kind="burndown")
    parts: list[Html] = [line("0%", TOP, "100%", TOP, "grid")]
    steps = [now, *(at for at in ahead if at < until), until]
    for index, (begin, end) in enumerate(pairwise(steps)):
        left = len(ahead) - index
        for count, above, kind in ((left, late, "area"), (late, 0, "area bad")):
            if count and end > begin:
                tall = HEIGHT * count / whole
                parts.append(
                    element(
                        "rect",
                        x=share(begin - now, until - now),
                        y=f"{floor - tall - HEIGHT * above / whole:.1f}",
                        width=share(end - begin, until - now),
                        height=f"{tall:.1f}",
                        class_=kind,
                    )
                )
    return picture(
        title,
        int(floor + AXIS),
        *parts,
        label(most_said, "0%", TOP - 5, "label", "start"),
        *clock_axis(now, until, floor),
        kind="burndown",
    )
