"""The texts of dashboards in each language, from gettext catalogs."""

from functools import partial
from pathlib import Path

from dashboards.building import Say
from pipeline.notify.texts import LANGUAGES, read_texts

__all__ = ["LANGUAGES", "LOCALE", "saying"]

LOCALE = Path(__file__).parent / "locale"


def saying(language: str) -> Say:
    """Give what says texts in a language; ConfigurationError where the catalogs lack any."""
    return partial(read_texts(LOCALE).say, language)
