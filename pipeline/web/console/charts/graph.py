"""What stands on what, and what is joined with what: an object in the middle of its neighbours."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.web.console.charts.drawing import label, line, picture
from pipeline.web.markup import Html, element

ROW, TOP = 64, 30
LONGEST = 16  # characters below a node: what a phone has room for
_COLUMNS = {"under": "17%", "middle": "50%", "beside": "83%"}


@dataclass(frozen=True, slots=True)
class Node:
    """One object: where it stands (under, middle, beside), its code, and what it is to us.

    ``href`` is "" where it has no page of its own for whoever looks.
    """

    place: str
    code: str
    text: str
    href: str = ""
    tone: str = "plain"


@dataclass(frozen=True, slots=True)
class Tie:
    """How two objects are joined (their codes), and over what."""

    begin: str
    end: str
    text: str = ""
    kind: str = "integration"


def graph(nodes: Sequence[Node], ties: Sequence[Tie], title: str) -> Html:
    """Draw nodes in three columns and ties between them."""
    places: dict[str, tuple[str, float]] = {}
    columns = {
        name: [node for node in nodes if node.place == name]
        for name in ("under", "middle", "beside")
    }
    rows = max((len(column) for column in columns.values()), default=1) or 1
    height = TOP * 2 + (rows - 1) * ROW
    for name, column in columns.items():
        first = height / 2 - (len(column) - 1) * ROW / 2
        for index, node in enumerate(column):
            places[node.code] = (_COLUMNS[name], first + index * ROW)
    drawn = [_tie(tie, places) for tie in ties if tie.begin in places and tie.end in places]
    return picture(
        title, height, *drawn, *(_node(node, *places[node.code]) for node in nodes), kind="graph"
    )


def _tie(tie: Tie, places: dict[str, tuple[str, float]]) -> Html:
    (x1, y1), (x2, y2) = places[tie.begin], places[tie.end]
    return element("g", element("title", tie.text), line(x1, y1, x2, y2, f"tie {tie.kind}"))


def _node(node: Node, x: str, y: float) -> Html:
    dot = element("circle", cx=x, cy=f"{y:g}", r="8", class_=f"node {node.tone}")
    return element(
        "g",
        element("title", f"{node.code}: {node.text}" if node.text else node.code),
        dot,
        label(_short(node.code), x, y + 24, "label code"),
    )


def _short(code: str) -> str:
    return code if len(code) <= LONGEST else f"{code[: LONGEST - 1]}…"
