"""Charts, drawn on the server as SVG: no script, no library, the same on screen and on paper.

Widths are shares of the page (per cent) and heights are pixels, so letters keep their size on a
phone. Colours are classes of the style sheet. Each chart bears its title; the numbers behind it
stand in a table beside it, which the pages write.
"""

from pipeline.web.console.charts.burndown import burndown
from pipeline.web.console.charts.graph import Node, Tie, graph
from pipeline.web.console.charts.histogram import histogram
from pipeline.web.console.charts.timeline import Mark, timeline

__all__ = ["Mark", "Node", "Tie", "burndown", "graph", "histogram", "timeline"]
