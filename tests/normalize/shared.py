"""Data of others, beside the project."""

from pathlib import Path

import pytest

DATA = Path(__file__).parents[2].parent / "shared" / "data"
ABSENT = "../shared/data is not on this machine"


def shared(name: str) -> Path:
    """Give a file of the shared data; skips the test where it is absent."""
    path = DATA / name
    if not path.exists():
        pytest.skip(ABSENT)
    return path
