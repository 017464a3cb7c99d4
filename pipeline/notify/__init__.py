"""Notices: who is told what, when, in which words, and again until it is known to have come."""

from pipeline.notify.backoff import Backoff
from pipeline.notify.compose import Composer
from pipeline.notify.courier import Courier, lanes
from pipeline.notify.letter import Letter
from pipeline.notify.routing import Channels, Desk, notices_for
from pipeline.notify.texts import Texts, read_texts

__all__ = [
    "Backoff",
    "Channels",
    "Composer",
    "Courier",
    "Desk",
    "Letter",
    "Texts",
    "lanes",
    "notices_for",
    "read_texts",
]
