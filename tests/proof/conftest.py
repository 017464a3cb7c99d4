"""SigmaHQ's content for the long comparisons, as the tests of matching unpack it."""

from tests.match.conftest import sigmahq, sigmahq_folder

__all__ = ["sigmahq", "sigmahq_folder"]
