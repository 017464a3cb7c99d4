"""The font of the card is found, or its absence is told with the way out."""

from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError
from pipeline.notify.exports.font import find_font


def problem(named: Path | None, *folders: str) -> str:
    with pytest.raises(ConfigurationError) as told:
        find_font(named, folders)
    return str(told.value)


def test_a_machine_without_it_is_told_what_to_install(tmp_path: Path) -> None:
    """Where no folder has the font, the message names a package and the option."""
    said = problem(None, str(tmp_path))
    assert "fonts-dejavu-core" in said
    assert "--font" in said


@pytest.mark.parametrize("data", [b"", b"no font", b"\x00\x01\x00\x00" + b"\xff" * 40])
def test_what_is_no_font_is_told(tmp_path: Path, data: bytes) -> None:
    """A file that is no font is named with the way out, and never another error."""
    file = tmp_path / "a.ttf"
    file.write_bytes(data)
    assert str(file) in problem(file)


def test_a_font_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A path to nothing is named with the way out."""
    assert "none.ttf" in problem(tmp_path / "none.ttf")
