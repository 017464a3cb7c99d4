"""What is new or was not understood: the second limb of 1(30), for people to look at."""

from pipeline.model.conditions import Among, Either
from pipeline.ports.searching import Kind
from pipeline.web.console.pages.search import searched
from pipeline.web.console.parts import Page
from pipeline.web.console.scene import Scene


def unknown(scene: Scene) -> Page:
    """Show events whose format nothing knows."""
    strange = Either((Among("saqshy.format", ("unknown",)), Among("event.dataset", ("unknown",))))
    return searched(scene, "/unknown", (Kind.EVENTS,), "unknown", "week", strange)
