"""The list of incidents: everyone's by their mandate, with questions, facets and a histogram."""

from pipeline.ports.searching import Kind
from pipeline.web.console.pages.search import searched
from pipeline.web.console.parts import Page
from pipeline.web.console.scene import Scene


def incidents(scene: Scene) -> Page:
    """Show the incidents that the viewer may see."""
    return searched(scene, "/incidents", (Kind.INCIDENTS,), "incidents", "all")
