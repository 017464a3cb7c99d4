"""The letters of the card: a font file of the system with Kazakh and Russian letters.

No font is shipped here. DejaVu Sans (Debian: ``fonts-dejavu-core``; Bitstream Vera licence, free to
embed) is looked for where systems put it; any other TrueType font can be named instead.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from fontTools.ttLib import TTFont, TTLibError

from pipeline.errors import ConfigurationError, Problem

KAZAKH = "ӘәҒғҚқҢңӨөҰұҮүҺһІі"
FOLDERS = (
    "/usr/share/fonts/truetype/dejavu",  # Debian, Ubuntu
    "/usr/share/fonts/dejavu-sans-fonts",  # Fedora, RHEL
    "/usr/share/fonts/dejavu",
    "/usr/share/fonts/TTF",  # Arch
    "/usr/local/share/fonts",
)
_REGULAR, _BOLD = "DejaVuSans.ttf", "DejaVuSans-Bold.ttf"
_WAY_OUT = "install fonts-dejavu-core, or name a font with --font"


@dataclass(frozen=True, slots=True)
class Font:
    """Files of the regular and the bold face, and the characters that both have."""

    regular: Path
    bold: Path
    characters: frozenset[int]

    def shown(self, text: str) -> str:
        """Give a text with an escape in place of what the font cannot show."""
        if all(ord(char) in self.characters for char in text):
            return text
        return "".join(char if ord(char) in self.characters else ascii(char)[1:-1] for char in text)


def find_font(named: Path | None = None, folders: Sequence[str] = FOLDERS) -> Font:
    """Give the named font, else the system's; ConfigurationError where it cannot serve."""
    if named is not None:
        return _font(named, named)
    for folder in folders:
        regular, bold = Path(folder) / _REGULAR, Path(folder) / _BOLD
        if regular.exists():
            return _font(regular, bold if bold.exists() else regular)
    problem = Problem(_REGULAR, 0, "no font for the card is on this machine", _WAY_OUT)
    raise ConfigurationError([problem])


def _font(regular: Path, bold: Path) -> Font:
    both = _characters(regular) & _characters(bold)
    missing = [letter for letter in KAZAKH if ord(letter) not in both]
    if missing:
        message = f"the font lacks the letters {' '.join(missing)}"
        raise ConfigurationError([Problem(str(regular), 0, message, _WAY_OUT)])
    return Font(regular, bold, both)


def _characters(path: Path) -> frozenset[int]:
    try:
        with TTFont(BytesIO(path.read_bytes()), lazy=True) as font:
            return frozenset(font.getBestCmap() or ())
    except (TTLibError, OSError, ValueError, KeyError, struct.error) as error:
        message = f"is no font that can be read: {error}"
        raise ConfigurationError([Problem(str(path), 0, message, _WAY_OUT)]) from error
