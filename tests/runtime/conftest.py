"""What several tests of the runtime need."""

import logging
from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture
def logs_kept() -> Iterator[None]:
    """Put the process's logging back as it was: setting it up is a change to the whole process."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
