"""Dead letters: records that a stage could not process, kept to be replayed."""

from pipeline.ports.searching import Kind
from pipeline.web.console.pages.search import searched
from pipeline.web.console.parts import Page
from pipeline.web.console.scene import Scene


def dead_letters(scene: Scene) -> Page:
    """Show what could not be processed."""
    return searched(scene, "/dead-letters", (Kind.FAILURES,), "dead_letters", "month")
